//! Requests that wait while their people are at the old system's site: several tabs, big requests, and how little a browser keeps of them.

use axum::http::Method;

use crate::support::answers::error_of;
use crate::support::browser::{Browser, Shown};
use crate::support::house::House;
use crate::support::members::is_signed_in;

const WEB: &str = "https://web.example/callback";
const STATE: &str = "sign_in_url = \"{base_url}/sso?returnurl={/return_url}\"";

/// A tab in which the web app sends the browser to the site; what it was sent there with.
async fn opens_tab(house: &House, browser: &mut Browser, state: &str) -> Shown {
    let away = browser.get(&house.web().request(&[("state", state)])).await;
    assert!(away.location().unwrap().starts_with(&house.legacy.base_url), "{away:?}");
    away
}

#[tokio::test]
async fn each_of_two_tabs_comes_to_its_own_end() {
    let house = House::of_site("legacy_site", "").await;
    let mut browser = house.browser();
    opens_tab(&house, &mut browser, "first").await;
    opens_tab(&house, &mut browser, "second").await;
    // The site gives nothing back that tells them apart: the last one that began is the first to be answered.
    for state in ["second", "first"] {
        let token = house.handed_to_alice().await;
        let sent = house.hands_over(&mut browser, &token).await.sent_to(WEB);
        assert!(sent["state"] == state && sent.contains_key("code"), "{sent:?}");
    }
    assert!(!browser.cookies.contains_key("passerelle_pending"));
    let token = house.handed_to_alice().await;
    assert!(house.hands_over(&mut browser, &token).await.is_page("handover-page"), "nothing waits any more");
}

#[tokio::test]
async fn where_the_site_gives_state_back_each_tab_is_answered_itself() {
    let house = House::of_site("legacy_site", STATE).await;
    let mut browser = house.browser();
    let mut away = Vec::new();
    for state in ["first", "second", "third"] {
        let shown = opens_tab(&house, &mut browser, state).await;
        let (_, given) = shown
            .location()
            .unwrap()
            .split_once("state%3D")
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .unwrap();
        away.push((state, given));
    }
    let origin = house.legacy.base_url.clone();
    for (state, given) in away {
        let body = format!("refresh_token={}", house.handed_to_alice().await);
        browser.posts_from_elsewhere(&[("origin", &origin)], &format!("/handover?state={given}"), body).await;
        let sent = browser.send(Method::GET, "/handover/resume", None).await.sent_to(WEB);
        assert_eq!(sent["state"], state);
    }
}

#[tokio::test]
async fn what_waits_never_grows_beyond_one_cookie_and_the_last_one_is_always_there() {
    let house = House::of_site("legacy_site", "").await;
    let mut browser = house.browser();
    for number in 0..12 {
        opens_tab(&house, &mut browser, &format!("{number}-{}", "s".repeat(number * 150))).await;
        let all: usize = browser.cookies.iter().map(|(name, value)| name.len() + value.len() + 3).sum();
        assert!(all < 4300, "{all} bytes after {number}");
    }
    let token = house.handed_to_alice().await;
    let sent = house.hands_over(&mut browser, &token).await.sent_to(WEB);
    assert!(sent["state"].starts_with("11-"), "{sent:?}");
}

#[tokio::test]
async fn of_a_cookie_that_somebody_wrote_themselves_only_the_beginning_is_looked_at() {
    let house = House::of_site("legacy_site", "").await;
    for (before, looked_at) in [(7, true), (8, false), (9000, false)] {
        let mut browser = house.browser();
        opens_tab(&house, &mut browser, "s").await;
        let mine = browser.cookies["passerelle_pending"].clone();
        browser.cookies.insert("passerelle_pending".to_owned(), format!("{}{mine}", "x.".repeat(before)));
        let token = house.handed_to_alice().await;
        let shown = house.hands_over(&mut browser, &token).await;
        assert_eq!(!shown.is_page("handover-page"), looked_at, "{before}: {shown:?}");
    }
}

#[tokio::test]
async fn a_farewell_and_a_waiting_request_do_not_add_up() {
    let house = House::of_site("both", "sign_out_there = true").await;
    let mut browser = house.browser();
    house.web().code(&mut browser, &[]).await;
    let page = browser.get(&house.web().request(&[("prompt", "login")])).await;
    browser.send(Method::GET, &format!("/sign-in/legacy?request={}", page.sealed()), None).await;
    let ask = browser.get("/sign-out").await;
    browser.sign_out(&ask, "logout").await;
    let kept = |browser: &Browser, name: &str| browser.cookies.contains_key(name);
    assert!(kept(&browser, "passerelle_leaving") && !kept(&browser, "passerelle_pending"));
    let page = browser.get(&house.web().request(&[])).await;
    browser.send(Method::GET, &format!("/sign-in/legacy?request={}", page.sealed()), None).await;
    assert!(!kept(&browser, "passerelle_leaving") && kept(&browser, "passerelle_pending"));
}

fn claims(bytes: usize) -> String {
    let value = "v".repeat(bytes - 50);
    format!(r#"{{"id_token":{{"name":{{"value":"{value}"}}}}}}"#)
}

#[tokio::test]
async fn a_state_of_two_thousand_bytes_comes_back_from_the_site() {
    let house = House::of_site("legacy_site", "").await;
    let mut browser = house.browser();
    let state = "s".repeat(2048);
    opens_tab(&house, &mut browser, &state).await;
    let token = house.handed_to_alice().await;
    assert_eq!(house.hands_over(&mut browser, &token).await.sent_to(WEB)["state"], state);
}

#[tokio::test]
async fn an_app_that_asks_for_too_much_to_wait_hears_it_or_gets_the_form() {
    let (state, claims) = ("s".repeat(2048), claims(1024));
    let more = [("state", state.as_str()), ("claims", claims.as_str())];
    let house = House::of_site("legacy_site", "").await;
    let mut browser = house.browser();
    let shown = browser.get(&house.web().request(&more)).await;
    assert_eq!(error_of(&shown, WEB), "invalid_request");
    let sent = shown.sent_to(WEB);
    assert!(sent["state"] == state && sent["error_description"].contains("too long to wait"), "{sent:?}");
    assert!(!browser.cookies.contains_key("passerelle_pending"));
    // The form carries it itself, so there the way to the site is not offered.
    let house = House::of_site("both", "").await;
    let mut browser = house.browser();
    let small = browser.get(&house.web().request(&[])).await;
    assert!(small.body.contains("/sign-in/legacy?"), "{small:?}");
    let page = browser.get(&house.web().request(&more)).await;
    assert!(page.is_page("login-page") && !page.body.contains("/sign-in/legacy?"), "{page:?}");
    let by_hand = browser.get(&format!("/sign-in/legacy?request={}", page.sealed())).await;
    assert_eq!(error_of(&by_hand, WEB), "invalid_request");
    assert_eq!(browser.sign_in(&page, "alice", "wonderland").await.sent_to(WEB)["state"], state);
    assert!(is_signed_in(&browser).await);
}

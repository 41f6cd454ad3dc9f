//! The account page: a person sees and ends their own sessions and apps, and nobody else's.

use axum::http::Method;
use regex::Regex;

use crate::support::app::{Tokens, error};
use crate::support::browser::{Browser, Shown, form};
use crate::support::house::House;
use crate::support::members::is_signed_in;

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const SAFARI: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15";

/// A browser of this kind in which the person opened the account page, and the page.
async fn opens(house: &House, agent: &str, user_name: &str, password: &str) -> (Browser, Shown) {
    let mut browser = house.browser();
    browser.headers = vec![("user-agent", agent.to_owned())];
    let page = browser.get("/account").await;
    let shown = browser.sign_in(&page, user_name, password).await;
    assert!(shown.is_page("account-page"), "{shown:?}");
    (browser, shown)
}

async fn alice(house: &House, agent: &str) -> (Browser, Shown) {
    opens(house, agent, "alice", "wonderland").await
}

/// The sessions that the page lets one end.
fn others(page: &Shown) -> Vec<String> {
    let button = Regex::new(r#"name="end_session" value="([^"]+)""#).unwrap();
    button.captures_iter(&page.body).map(|found| found[1].to_owned()).collect()
}

async fn presses(browser: &mut Browser, sealed: &str, button: (&str, &str)) -> Shown {
    browser.send(Method::POST, "/account", Some(form(&[("request", sealed), button]))).await
}

#[tokio::test]
async fn whoever_is_not_signed_in_signs_in_first() {
    let house = House::open().await;
    let mut browser = house.browser();
    let page = browser.get("/account").await;
    assert!(page.is_page("login-page") && !page.body.contains("alice"), "{page:?}");
    let shown = browser.sign_in(&page, "alice", "wonderland").await;
    assert!(shown.is_page("account-page") && shown.body.contains("<strong>alice</strong>"), "{shown:?}");
    assert!(others(&shown).is_empty());
}

#[tokio::test]
async fn a_person_sees_each_browser_and_ends_another_one() {
    let house = House::open().await;
    let (mut here, _) = alice(&house, FIREFOX).await;
    let (there, _) = alice(&house, SAFARI).await;
    let page = here.get("/account").await;
    assert!(page.body.contains("Firefox") && page.body.contains("Safari"), "{page:?}");
    let [other] = others(&page).try_into().unwrap();
    let shown = presses(&mut here, &page.sealed(), ("end_session", &other)).await;
    assert_eq!((shown.status.as_u16(), shown.location().as_deref()), (303, Some("/account")));
    assert!(!is_signed_in(&there).await);
    let page = here.get("/account").await;
    assert!(page.is_page("account-page") && !page.body.contains("Safari"), "{page:?}");
}

#[tokio::test]
async fn all_others_end_and_this_one_stays() {
    let house = House::open().await;
    let (first, _) = alice(&house, SAFARI).await;
    let (second, _) = alice(&house, SAFARI).await;
    let (bob, _) = opens(&house, SAFARI, "bob", "builder").await;
    let (mut here, page) = alice(&house, FIREFOX).await;
    assert_eq!(others(&page).len(), 2);
    presses(&mut here, &page.sealed(), ("end_others", "yes")).await;
    assert!(!is_signed_in(&first).await && !is_signed_in(&second).await);
    assert!(is_signed_in(&here).await && is_signed_in(&bob).await);
}

#[tokio::test]
async fn an_app_that_is_disconnected_sees_nothing_any_more_and_has_to_ask_again() {
    let house = House::open().await;
    let mut browser = house.browser();
    let scope = [("scope", "openid email offline_access"), ("prompt", "consent")];
    let spa = house.spa().tokens(&mut browser, &scope).await;
    let web = house.web().tokens(&mut browser, &[("scope", "openid offline_access")]).await;
    let page = browser.get("/account").await;
    assert!(page.body.contains(r#"name="disconnect" value="spa""#), "{page:?}");
    presses(&mut browser, &page.sealed(), ("disconnect", "spa")).await;
    assert_eq!(error(&house.spa().refresh(spa.refresh()).await), (400, "invalid_grant".to_owned()));
    assert!(!browser.get("/account").await.body.contains(r#"value="spa""#));
    assert!(browser.get(&house.spa().request(&[("scope", "openid email")])).await.is_page("consent-page"));
    Tokens::of(house.web().refresh(web.refresh()).await);
}

#[tokio::test]
async fn nobody_ends_somebody_elses_session_or_app() {
    let house = House::open().await;
    let (mut here, _) = alice(&house, FIREFOX).await;
    let (there, page) = alice(&house, SAFARI).await;
    let [alices] = others(&page).try_into().unwrap();
    assert!(is_signed_in(&here).await);
    let spa =
        house.spa().tokens(&mut here, &[("scope", "openid offline_access"), ("prompt", "consent")]).await;
    opens(&house, SAFARI, "bob", "builder").await;
    let (mut bob, bobs_page) = opens(&house, FIREFOX, "bob", "builder").await;
    for button in [("end_session", alices.as_str()), ("disconnect", "spa"), ("end_others", "yes")] {
        presses(&mut bob, &bobs_page.sealed(), button).await;
    }
    assert!(is_signed_in(&here).await && is_signed_in(&there).await);
    Tokens::of(house.spa().refresh(spa.refresh()).await);
}

#[tokio::test]
async fn a_form_of_another_person_or_browser_or_none_changes_nothing() {
    let house = House::open().await;
    let (mut there, _) = alice(&house, SAFARI).await;
    let (mut here, page) = alice(&house, FIREFOX).await;
    let theirs = there.get("/account").await;
    let [other] = others(&page).try_into().unwrap();
    opens(&house, SAFARI, "bob", "builder").await;
    let (_, bobs) = opens(&house, FIREFOX, "bob", "builder").await;
    let sign_out = here.get("/sign-out").await.sealed();
    let seals = [theirs.sealed(), bobs.sealed(), sign_out, String::new(), "v1.made-up".to_owned()];
    for sealed in &seals {
        for button in [("end_session", other.as_str()), ("end_others", "yes"), ("disconnect", "web")] {
            let shown = presses(&mut here, sealed, button).await;
            assert_eq!(shown.status, 400, "{button:?}: {shown:?}");
        }
    }
    let fields = form(&[("end_others", "yes")]);
    assert_eq!(here.send(Method::POST, "/account", Some(fields)).await.status, 400);
    assert_eq!(presses(&mut here, &page.sealed(), ("nothing", "yes")).await.status, 400);
    assert!(is_signed_in(&here).await && is_signed_in(&there).await);
}

#[tokio::test]
async fn a_form_that_was_made_for_the_person_before_does_nothing_for_the_next_one() {
    let house = House::open().await;
    alice(&house, SAFARI).await;
    let (mut shared, alices) = alice(&house, FIREFOX).await;
    let page = shared.get("/sign-out").await;
    shared.sign_out(&page, "logout").await;
    let page = shared.get("/account").await;
    let shown = shared.sign_in(&page, "bob", "builder").await;
    assert!(shown.is_page("account-page"), "{shown:?}");
    let (bobs_other, _) = opens(&house, SAFARI, "bob", "builder").await;
    presses(&mut shared, &alices.sealed(), ("end_others", "yes")).await;
    assert!(is_signed_in(&bobs_other).await);
}

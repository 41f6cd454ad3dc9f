//! Signing out: at the wish of an app, with and without proof of it, and by a person's own wish. Told by browsers.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use passerelle::model::client::{Appearance, Client};

use crate::support::front::{Browser, Front, IDLE, Page, SignedIn, with_query};
use crate::support::parts::{Parts, spa, web};

const BYE: &str = "https://web.example/bye";

async fn front() -> (Front, SignedIn, Browser) {
    let front = Front::new().await;
    let alice = front.signs_in("alice").await;
    let browser = front.browser_of(&alice);
    (front, alice, browser)
}

fn asks(page: &Page) -> bool {
    page.status == StatusCode::OK && page.body.contains("id=\"logout-page\"")
}

fn says_signed_out(page: &Page) -> bool {
    page.status == StatusCode::OK && page.body.contains("id=\"signed-out-page\"")
}

fn refuses(page: &Page) -> bool {
    page.status == StatusCode::BAD_REQUEST && page.body.contains("id=\"error-page\"")
}

async fn presses(browser: &mut Browser, page: &Page, decision: &str) -> Page {
    browser.post("/sign-out", &[("request", &page.hidden("request")), ("decision", decision)]).await
}

#[tokio::test]
async fn the_app_of_this_session_signs_out_at_once_and_gets_its_state_back() {
    let (front, alice, mut browser) = front().await;
    let hint = front.id_token(&web(), &alice).await;
    let page = browser
        .get(&with_query(
            "/end-session",
            &[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE), ("state", "a b&c=d")],
        ))
        .await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!(page.header("location"), "https://web.example/bye?state=a+b%26c%3Dd");
    assert!(!front.is_signed_in(&alice).await);
    assert!(!browser.cookies.contains_key("passerelle"), "{:?}", browser.cookies);
}

#[tokio::test]
async fn the_old_cookie_finds_nothing_afterwards() {
    let (front, alice, mut browser) = front().await;
    let hint = front.id_token(&web(), &alice).await;
    assert!(says_signed_out(&browser.get(&with_query("/end-session", &[("id_token_hint", &hint)])).await));
    let mut copied = front.browser_of(&alice);
    assert!(says_signed_out(&copied.get("/sign-out").await), "there is nobody to ask");
}

#[tokio::test]
async fn an_expired_hint_is_as_good() {
    let (front, alice, mut browser) = front().await;
    let hint = front.id_token(&web(), &alice).await;
    front.parts.clock.forward(Duration::from_mins(30));
    browser.get(&with_query("/end-session", &[("id_token_hint", &hint)])).await;
    assert!(!front.is_signed_in(&alice).await);
}

#[tokio::test]
async fn a_hint_of_another_session_only_asks() {
    let (front, alice, mut browser) = front().await;
    let bob = front.signs_in("bob").await;
    let hint = front.id_token(&web(), &bob).await;
    let address = with_query("/end-session", &[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE)]);
    let page = browser.get(&address).await;
    assert!(asks(&page), "{}", page.body);
    assert!(page.body.contains("<strong>alice</strong>") && page.body.contains("Web asks"), "{}", page.body);
    assert!(front.is_signed_in(&alice).await && front.is_signed_in(&bob).await);

    let gone = presses(&mut browser, &page, "logout").await;
    assert_eq!((gone.status, gone.header("location")), (StatusCode::SEE_OTHER, BYE));
    assert!(!front.is_signed_in(&alice).await, "the browser's session ends");
    assert!(front.is_signed_in(&bob).await, "and not the hint's");
}

#[tokio::test]
async fn a_hint_that_we_did_not_sign_asks_and_leads_nowhere() {
    let (front, alice, mut browser) = front().await;
    let other = Front::new().await.at("https://other.example", "");
    let foreign = other.id_token(&web(), &alice).await;
    let ours = front.id_token(&web(), &alice).await;
    let mut forged = ours.clone();
    forged.replace_range(ours.len() - 6..ours.len() - 1, "AAAAA");
    for hint in [foreign.as_str(), forged.as_str(), "nonsense"] {
        let address = with_query(
            "/end-session",
            &[("id_token_hint", hint), ("client_id", "web"), ("post_logout_redirect_uri", BYE)],
        );
        let page = browser.get(&address).await;
        assert!(asks(&page), "{hint}: {}", page.body);
        assert!(front.is_signed_in(&alice).await);
        assert!(!page.header("content-security-policy").contains("web.example"));
    }
}

#[tokio::test]
async fn without_a_session_there_is_nothing_to_end_and_the_app_gets_its_user_back() {
    let front = Front::new().await;
    let mut browser = front.browser();
    let address = with_query("/end-session", &[("client_id", "web"), ("post_logout_redirect_uri", BYE)]);
    let page = browser.get(&address).await;
    assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, BYE));
    assert!(says_signed_out(&browser.get("/end-session").await));
}

#[tokio::test]
async fn a_session_that_nobody_used_for_long_is_nothing_to_end() {
    let (front, _, mut browser) = front().await;
    front.parts.clock.forward(IDLE);
    assert!(says_signed_out(&browser.get("/sign-out").await));
}

#[tokio::test]
async fn an_unregistered_redirect_is_a_page_and_the_session_stays() {
    let (front, alice, mut browser) = front().await;
    let hint = front.id_token(&web(), &alice).await;
    let bend = ["https://evil.example/", "https://web.example/bye/", "https://web.example/callback"];
    for uri in bend {
        let address =
            with_query("/end-session", &[("id_token_hint", &hint), ("post_logout_redirect_uri", uri)]);
        let page = browser.get(&address).await;
        assert!(refuses(&page), "{uri}");
        assert_eq!(page.header("location"), "");
        assert!(!page.body.contains("registered"), "only in development mode");
    }
    let bent = [("client_id", "web"), ("post_logout_redirect_uri", bend[0]), ("ui_locales", "fr-CH de")];
    let page = browser.get(&with_query("/end-session", &bent)).await;
    assert!(page.body.contains("Vous n’avez pas été déconnecté"), "in the app's language: {}", page.body);
    assert!(front.is_signed_in(&alice).await);
    assert!(browser.cookies.contains_key("passerelle"));
}

#[tokio::test]
async fn in_development_mode_the_page_shows_both_values() {
    let front = Front::new().await.in_development();
    let address = with_query(
        "/end-session",
        &[("client_id", "web"), ("post_logout_redirect_uri", "https://evil.example/<b>")],
    );
    let page = front.browser().get(&address).await;
    assert!(refuses(&page));
    assert!(
        page.body.contains("https://evil.example/&#60;b&#62;") && page.body.contains(BYE),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn requests_that_contradict_themselves_are_refused() {
    let (front, alice, mut browser) = front().await;
    let hint = front.id_token(&web(), &alice).await;
    for fields in [
        &[("id_token_hint", hint.as_str()), ("client_id", "spa")][..],
        &[("client_id", "nobody")],
        &[("client_id", "web"), ("client_id", "web")],
    ] {
        assert!(refuses(&browser.get(&with_query("/end-session", fields)).await), "{fields:?}");
    }
    assert!(front.is_signed_in(&alice).await);
}

#[tokio::test]
async fn a_form_of_another_site_becomes_the_same_request_with_cookies() {
    let (front, alice, mut browser) = front().await;
    let hint = front.id_token(&web(), &alice).await;
    let fields =
        [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE), ("state", "ä +"), ("x", "")];
    let page = browser.posts_from_elsewhere("/end-session", &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!(page.header("location"), with_query("/end-session", &fields));
    assert!(front.is_signed_in(&alice).await, "nothing has happened yet");
    let page = browser.get(page.header("location")).await;
    assert_eq!(page.header("location"), "https://web.example/bye?state=%C3%A4+%2B");
    assert!(!front.is_signed_in(&alice).await);
}

#[tokio::test]
async fn a_form_that_is_no_form_encoding_is_refused() {
    let (front, alice, mut browser) = front().await;
    for form in ["state=a b", "state=ä", "state=a\r\nLocation: https://evil.example/"] {
        let page = browser.send(Method::POST, "/end-session", Body::from(form)).await;
        assert!(refuses(&page) && page.header("location").is_empty(), "{form:?}");
    }
    assert!(front.is_signed_in(&alice).await);
}

#[tokio::test]
async fn a_person_signs_out_by_their_own_wish() {
    let (front, alice, mut browser) = front().await;
    let page = browser.get("/sign-out").await;
    assert!(asks(&page) && front.is_signed_in(&alice).await);
    let page = presses(&mut browser, &page, "logout").await;
    assert!(says_signed_out(&page), "{}", page.body);
    assert!(!front.is_signed_in(&alice).await);
    assert!(!browser.cookies.contains_key("passerelle"));
}

#[tokio::test]
async fn a_person_stays() {
    let (front, alice, mut browser) = front().await;
    let page = browser.get("/sign-out").await;
    for decision in ["stay", "", "LOGOUT"] {
        let page = presses(&mut browser, &page, decision).await;
        assert!(page.status.is_success() && !says_signed_out(&page), "{decision}");
        assert!(front.is_signed_in(&alice).await);
        assert!(browser.cookies.contains_key("passerelle"));
    }
}

#[tokio::test]
async fn who_stays_goes_home_to_the_app_and_the_policy_lets_them() {
    let home = "https://web.example/home".to_owned();
    let appearance = Appearance { client_uri: Some(home.clone()), ..web().appearance };
    let front = Front::of(Parts::with_clients(vec![Client { appearance, ..web() }]).await);
    let alice = front.signs_in("alice").await;
    let mut browser = front.browser_of(&alice);
    let page = browser.get(&with_query("/end-session", &[("client_id", "web")])).await;
    assert!(
        page.header("content-security-policy").contains("form-action 'self' https://web.example;"),
        "{}",
        page.header("content-security-policy")
    );
    let page = presses(&mut browser, &page, "stay").await;
    assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, home.as_str()));
    assert!(front.is_signed_in(&alice).await);
}

#[tokio::test]
async fn the_page_that_asks_may_lead_to_the_app_afterwards() {
    let (_, _, mut browser) = front().await;
    let address = with_query(
        "/end-session",
        &[("client_id", "spa"), ("post_logout_redirect_uri", &spa().post_logout_redirect_uris[0])],
    );
    let page = browser.get(&address).await;
    assert!(page.header("content-security-policy").contains("form-action 'self' https://spa.example;"));
}

#[tokio::test]
async fn a_form_that_was_not_made_for_this_browser_signs_nobody_out() {
    let (front, alice, mut browser) = front().await;
    let theirs = browser.get("/sign-out").await.hidden("request");

    // An attacker's own form, planted in alice's browser; and hers, changed.
    let mallory = front.signs_in("mallory").await;
    let planted = front.browser_of(&mallory).get("/sign-out").await.hidden("request");
    let changed = format!("{}AAAA", &theirs[..theirs.len() - 4]);
    for request in [planted.as_str(), changed.as_str(), "", "v1.sample"] {
        let page = browser.post("/sign-out", &[("request", request), ("decision", "logout")]).await;
        assert!(refuses(&page), "{request}");
    }
    // From another site her browser brings neither of its cookies.
    let page =
        browser.posts_from_elsewhere("/sign-out", &[("request", &theirs), ("decision", "logout")]).await;
    assert!(refuses(&page));
    assert!(front.is_signed_in(&alice).await);
}

#[tokio::test]
async fn a_form_that_was_open_too_long_has_expired() {
    let (front, alice, mut browser) = front().await;
    let page = browser.get("/sign-out").await;
    front.parts.clock.forward(Duration::from_mins(10));
    let page = presses(&mut browser, &page, "logout").await;
    assert!(refuses(&page) && page.body.contains("This page has expired"), "{}", page.body);
    assert!(front.is_signed_in(&alice).await);
}

#[tokio::test]
async fn the_request_cannot_be_changed_while_the_person_is_asked() {
    let (_, _, mut browser) = front().await;
    let address = with_query("/end-session", &[("client_id", "web"), ("post_logout_redirect_uri", BYE)]);
    let page = browser.get(&address).await;
    let fields = [
        ("request", page.hidden("request")),
        ("decision", "logout".to_owned()),
        ("post_logout_redirect_uri", "https://evil.example/".to_owned()),
        ("state", "evil".to_owned()),
    ];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = browser.post("/sign-out", &fields).await;
    assert_eq!(page.header("location"), BYE);
}

#[tokio::test]
async fn the_pages_speak_the_language_that_the_app_asks_for() {
    let (_, _, mut browser) = front().await;
    browser.headers.push(("accept-language", "de".to_owned()));
    let address = with_query("/end-session", &[("ui_locales", "pt fr-CA"), ("logout_hint", "alice")]);
    let page = browser.get(&address).await;
    assert!(asks(&page) && page.body.contains("<html lang=\"fr\">"), "{}", page.body);
    let page = presses(&mut browser, &page, "logout").await;
    assert!(says_signed_out(&page) && page.body.contains("<html lang=\"fr\">"), "{}", page.body);
    assert!(browser.get("/sign-out").await.body.contains("<html lang=\"de\">"));
}

#[tokio::test]
async fn under_https_the_cookie_is_taken_back_in_a_way_that_browsers_heed() {
    let front = Front::new().await.at("https://login.example", "/base");
    let alice = front.signs_in("alice").await;
    let mut browser = front.browser_of(&alice);
    let page = browser.get("/base/sign-out").await;
    assert!(page.body.contains("action=\"/base/sign-out\""));
    assert!(browser.cookies.contains_key("__Host-passerelle"));
    let fields = [("request", page.hidden("request")), ("decision", "logout".to_owned())];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert!(says_signed_out(&browser.post("/base/sign-out", &fields).await));
    assert!(!browser.cookies.contains_key("__Host-passerelle"), "{:?}", browser.cookies);
    assert!(!front.is_signed_in(&alice).await);
}

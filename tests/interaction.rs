//! When a person is asked for their password, and when they are not: prompts, ages, hints.

use std::time::Duration;

use crate::support::answers::error_of;
use crate::support::app::{App, Tokens};
use crate::support::browser::Shown;
use crate::support::house::{CONFIG, House};

const WEB: &str = "https://web.example/callback";

async fn tokens_after(app: &App, shown: &Shown) -> Tokens {
    Tokens::of(app.redeem(&shown.sent_to(app.redirect)["code"]).await)
}

#[tokio::test]
async fn prompt_none_shows_nothing_whatever_happens() {
    let house = House::open().await;
    let mut browser = house.browser();
    let silent = [("prompt", "none")];
    assert_eq!(error_of(&browser.get(&house.web().request(&silent)).await, WEB), "login_required");
    house.web().code(&mut browser, &[]).await;
    assert!(browser.get(&house.web().request(&silent)).await.sent_to(WEB).contains_key("code"));
    let shown = browser.get(&house.spa().request(&silent)).await;
    assert_eq!(error_of(&shown, house.spa().redirect), "consent_required");
    house.forward(Duration::from_secs(61));
    let old = browser.get(&house.web().request(&[("prompt", "none"), ("max_age", "60")])).await;
    assert_eq!(error_of(&old, WEB), "login_required");
}

#[tokio::test]
async fn prompt_login_asks_once_even_within_the_same_second() {
    let house = House::open().await;
    let mut browser = house.browser();
    house.web().code(&mut browser, &[]).await;
    for more in [("prompt", "login"), ("max_age", "0")] {
        let page = browser.get(&house.web().request(&[more])).await;
        assert!(page.is_page("login-page"), "{more:?}: {page:?}");
        assert!(page.body.contains(r#"value="alice""#), "who is known need not type their name: {more:?}");
        let shown = browser.sign_in(&page, "alice", "wonderland").await;
        assert!(shown.sent_to(WEB).contains_key("code"), "{more:?}");
    }
    // An app that wants consent as well: the sign-in counts while the person reads that page, however long.
    let page = browser.get(&house.spa().request(&[("prompt", "login"), ("max_age", "1")])).await;
    let page = browser.sign_in(&page, "alice", "wonderland").await;
    house.forward(Duration::from_secs(600));
    let shown = browser.consent(&page, "allow").await;
    assert!(shown.sent_to(house.spa().redirect).contains_key("code"));
}

#[tokio::test]
async fn max_age_asks_again_only_when_the_sign_in_is_older() {
    let house = House::open().await;
    let mut browser = house.browser();
    house.web().code(&mut browser, &[]).await;
    house.forward(Duration::from_secs(60));
    let young = browser.get(&house.web().request(&[("max_age", "60")])).await;
    assert!(young.sent_to(WEB).contains_key("code"));
    let old = browser.get(&house.web().request(&[("max_age", "59")])).await;
    assert!(old.is_page("login-page"), "{old:?}");
}

#[tokio::test]
async fn an_apps_default_max_age_counts_when_its_request_says_nothing() {
    let config = CONFIG.replace("id = \"web\"", "id = \"web\"\ndefault_max_age = \"1min\"");
    let house = House::of(&config).await;
    let mut browser = house.browser();
    house.web().code(&mut browser, &[]).await;
    house.forward(Duration::from_secs(61));
    assert!(browser.get(&house.web().request(&[])).await.is_page("login-page"));
    let said = browser.get(&house.web().request(&[("max_age", "3600")])).await;
    assert!(said.sent_to(WEB).contains_key("code"));
}

#[tokio::test]
async fn select_account_lets_another_person_sign_in() {
    let house = House::open().await;
    let mut browser = house.browser();
    let alice = house.web().tokens(&mut browser, &[]).await;
    let page = browser.get(&house.web().request(&[("prompt", "select_account")])).await;
    assert!(!page.body.contains("alice"), "{page:?}");
    let shown = browser.sign_in(&page, "bob", "builder").await;
    let bob = tokens_after(&house.web(), &shown).await;
    assert_ne!(bob.id_claims()["sub"], alice.id_claims()["sub"]);
}

#[tokio::test]
async fn login_hint_fills_the_user_name_in_and_is_text_only() {
    let house = House::open().await;
    let hint = r#""><script>alert(1)</script>"#;
    let page = house.browser().get(&house.web().request(&[("login_hint", hint)])).await;
    assert!(page.is_page("login-page") && !page.body.contains("<script"), "{page:?}");
    let page = house.browser().get(&house.web().request(&[("login_hint", "bob")])).await;
    assert!(page.body.contains(r#"value="bob""#), "{page:?}");
}

#[tokio::test]
async fn a_hint_of_the_person_who_is_signed_in_needs_no_page() {
    let house = House::open().await;
    let mut browser = house.browser();
    let alice = house.web().tokens(&mut browser, &[]).await;
    let sub = alice.id_claims()["sub"].as_str().unwrap().to_owned();
    let claims = format!(r#"{{"id_token":{{"sub":{{"value":"{sub}"}}}}}}"#);
    // An ID token of long ago is as good (OpenID Connect Core §3.1.2.1).
    house.forward(Duration::from_secs(3600));
    for more in [("id_token_hint", alice.id()), ("claims", claims.as_str())] {
        let shown = browser.get(&house.web().request(&[more, ("prompt", "none")])).await;
        assert!(shown.sent_to(WEB).contains_key("code"), "{more:?}: {shown:?}");
    }
}

#[tokio::test]
async fn a_hint_of_somebody_else_asks_for_them_and_takes_nobody_else() {
    let house = House::open().await;
    let alice = house.web().tokens(&mut house.browser(), &[]).await;
    let sub = alice.id_claims()["sub"].as_str().unwrap().to_owned();
    let one = format!(r#"{{"id_token":{{"sub":{{"value":"{sub}"}}}}}}"#);
    let several = format!(r#"{{"id_token":{{"sub":{{"values":["nobody","{sub}"]}}}}}}"#);
    for more in [("id_token_hint", alice.id()), ("claims", &one), ("claims", &several)] {
        let mut browser = house.browser();
        let page = browser.get(&house.web().request(&[])).await;
        browser.sign_in(&page, "bob", "builder").await.sent_to(WEB);
        let silent = browser.get(&house.web().request(&[more, ("prompt", "none")])).await;
        assert_eq!(error_of(&silent, WEB), "login_required");
        let page = browser.get(&house.web().request(&[more])).await;
        let shown = browser.sign_in(&page, "bob", "builder").await;
        assert_eq!(error_of(&shown, WEB), "login_required", "bob is not alice");
        let page = browser.get(&house.web().request(&[more])).await;
        let shown = browser.sign_in(&page, "alice", "wonderland").await;
        assert_eq!(tokens_after(&house.web(), &shown).await.id_claims()["sub"], sub.as_str());
    }
}

#[tokio::test]
async fn a_hint_and_a_wanted_subject_that_contradict_each_other_mean_nobody() {
    let house = House::open().await;
    let mut browser = house.browser();
    let alice = house.web().tokens(&mut browser, &[]).await;
    let claims = r#"{"id_token":{"sub":{"value":"somebody-else"}}}"#;
    let request =
        house.web().request(&[("id_token_hint", alice.id()), ("claims", claims), ("prompt", "none")]);
    assert_eq!(error_of(&browser.get(&request).await, WEB), "login_required");
}

#[tokio::test]
async fn a_hint_must_be_an_id_token_for_this_very_app() {
    let house = House::open().await;
    let mut browser = house.browser();
    let web = house.web().tokens(&mut browser, &[]).await;
    let spa = house.spa().tokens(&mut browser, &[]).await;
    let (head, tail) = web.id().rsplit_once('.').unwrap();
    let forged = format!("{head}.{}{tail}", "AA");
    for hint in [spa.id(), web.access(), &forged] {
        let shown = browser.get(&house.web().request(&[("id_token_hint", hint)])).await;
        assert_eq!(error_of(&shown, WEB), "invalid_request");
    }
}

#[tokio::test]
async fn an_app_that_joins_on_user_names_hints_by_user_name() {
    let house = House::open().await;
    let mut browser = house.browser();
    let old = house.old();
    let bare = [("code_challenge", ""), ("code_challenge_method", "")];
    old.code(&mut browser, &bare).await;
    let asks = |name: &str| {
        let claims = format!(r#"{{"id_token":{{"sub":{{"value":"{name}"}}}}}}"#);
        old.request(&[bare[0], bare[1], ("prompt", "none"), ("claims", &claims)])
    };
    assert!(browser.get(&asks("alice")).await.sent_to(old.redirect).contains_key("code"));
    assert_eq!(error_of(&browser.get(&asks("bob")).await, old.redirect), "login_required");
}

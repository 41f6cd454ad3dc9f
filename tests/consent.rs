//! The consent page: who is asked, what a yes is remembered for, and whose yes counts.

use crate::support::browser::{Browser, Shown};
use crate::support::house::{CONFIG, House};

const SPA: &str = "https://spa.example/callback";

/// The consent page of the browser app, for alice in a browser that was never here.
async fn asked(house: &House, more: &[(&str, &str)]) -> (Browser, Shown) {
    let mut browser = house.browser();
    let page = browser.get(&house.spa().request(more)).await;
    let page = browser.sign_in(&page, "alice", "wonderland").await;
    assert!(page.is_page("consent-page"), "{page:?}");
    (browser, page)
}

fn has_code(shown: &Shown) -> bool {
    shown.sent_to(SPA).contains_key("code")
}

/// In another tab of the same browser somebody else signs in.
async fn bob_takes_over(house: &House, browser: &mut Browser) {
    let page = browser.get(&house.web().request(&[("prompt", "select_account")])).await;
    browser.sign_in(&page, "bob", "builder").await.sent_to("https://web.example/callback");
}

#[tokio::test]
async fn the_page_says_who_asks_for_what_and_where_the_answer_goes() {
    let house = House::open().await;
    let scope = ("scope", "openid profile offline_access events.read events.write");
    let (_, page) = asked(&house, &[scope]).await;
    for words in ["Spa", "alice", "spa.example", "Register you for events", "events.read"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https://spa.example;"), "{policy}");
}

#[tokio::test]
async fn a_scope_is_described_in_the_readers_language() {
    let words = r#"{ en = "Register you for events", de = "Sie zu Veranstaltungen anmelden" }"#;
    let config = CONFIG.replace("\"Register you for events\"", words);
    let config = config.replace(
        "[legacy]\n",
        "[scope_descriptions]\nroles = { fr = \"Voir vos rôles\", de = \"Ihre Rollen sehen\" }\n[legacy]\n",
    );
    let house = House::of(&config).await;
    let scope = ("scope", "openid roles events.write");
    for (language, events, roles) in [
        ("de-AT", "Sie zu Veranstaltungen anmelden", "Ihre Rollen sehen"),
        ("en", "Register you for events", "Voir vos rôles"),
        ("fr", "Register you for events", "Voir vos rôles"),
    ] {
        let mut browser = house.browser();
        let page = browser
            .get(&house.web().request(&[scope, ("prompt", "consent"), ("ui_locales", language)]))
            .await;
        let page = browser.sign_in(&page, "alice", "wonderland").await;
        assert!(page.is_page("consent-page"), "{page:?}");
        for words in [events, roles] {
            assert!(page.body.contains(words), "{language}: {words}: {}", page.body);
        }
    }
}

#[tokio::test]
async fn a_yes_is_remembered_and_grows_and_a_no_is_not() {
    let house = House::open().await;
    let (mut browser, page) = asked(&house, &[("scope", "openid profile")]).await;
    assert_eq!(browser.consent(&page, "deny").await.sent_to(SPA)["error"], "access_denied");
    let page = browser.get(&house.spa().request(&[("scope", "openid profile")])).await;
    assert!(has_code(&browser.consent(&page, "allow").await));
    assert!(has_code(&browser.get(&house.spa().request(&[("scope", "openid")])).await));
    let page = browser.get(&house.spa().request(&[("scope", "openid email")])).await;
    assert!(has_code(&browser.consent(&page, "allow").await));
    // Both yeses stand, in every browser of hers.
    let mut elsewhere = house.browser();
    let page = elsewhere.get(&house.spa().request(&[("scope", "openid profile email")])).await;
    assert!(has_code(&elsewhere.sign_in(&page, "alice", "wonderland").await));
}

#[tokio::test]
async fn a_claim_asked_for_by_name_wants_a_yes_of_its_own() {
    let house = House::open().await;
    let (mut browser, page) = asked(&house, &[("scope", "openid")]).await;
    browser.consent(&page, "allow").await;
    let claims = ("claims", r#"{"userinfo":{"phone_number":null}}"#);
    let page = browser.get(&house.spa().request(&[("scope", "openid"), claims])).await;
    assert!(page.is_page("consent-page"), "{page:?}");
    assert!(has_code(&browser.consent(&page, "allow").await));
    assert!(has_code(&browser.get(&house.spa().request(&[("scope", "openid"), claims])).await));
}

#[tokio::test]
async fn prompt_consent_asks_again_even_for_a_first_party_app() {
    let house = House::open().await;
    let (mut browser, page) = asked(&house, &[]).await;
    browser.consent(&page, "allow").await;
    let page = browser.get(&house.spa().request(&[("prompt", "consent")])).await;
    assert!(has_code(&browser.consent(&page, "allow").await), "once");
    let page = browser.get(&house.web().request(&[("prompt", "consent")])).await;
    assert!(page.is_page("consent-page"), "{page:?}");
}

#[tokio::test]
async fn only_the_button_that_says_so_is_a_yes() {
    let house = House::open().await;
    for decision in ["", "deny", "ALLOW", "yes", "allow "] {
        let (mut browser, page) = asked(&house, &[]).await;
        let shown = browser.consent(&page, decision).await;
        assert_eq!(shown.sent_to(SPA)["error"], "access_denied", "{decision:?}");
    }
    let (mut browser, page) = asked(&house, &[]).await;
    let looked = browser.get(&format!("/consent?request={}&decision=allow", page.sealed())).await;
    assert!(looked.is_page("consent-page"), "a link is no button: {looked:?}");
}

#[tokio::test]
async fn a_yes_counts_for_the_person_who_was_asked_only() {
    let house = House::open().await;
    let (mut browser, page) = asked(&house, &[]).await;
    bob_takes_over(&house, &mut browser).await;
    let shown = browser.consent(&page, "allow").await;
    assert!(shown.is_page("consent-page"), "bob is asked himself: {shown:?}");
    assert!(shown.body.contains("bob"), "{}", shown.body);
    assert!(has_code(&browser.consent(&shown, "allow").await));
    // Alice has not agreed to anything by that.
    let mut alice = house.browser();
    let page = alice.get(&house.spa().request(&[])).await;
    assert!(alice.sign_in(&page, "alice", "wonderland").await.is_page("consent-page"));
}

#[tokio::test]
async fn a_no_counts_whoever_is_signed_in_by_now() {
    let house = House::open().await;
    let (mut bob, page) = {
        let mut browser = house.browser();
        let page = browser.get(&house.spa().request(&[])).await;
        let page = browser.sign_in(&page, "bob", "builder").await;
        browser.consent(&page, "allow").await;
        let alice = browser.get(&house.web().request(&[("prompt", "login")])).await;
        browser.sign_in(&alice, "alice", "wonderland").await;
        let page = browser.get(&house.spa().request(&[])).await;
        (browser, page)
    };
    bob_takes_over(&house, &mut bob).await;
    // He agreed long ago, and yet "no" must not give the app a code.
    assert_eq!(bob.consent(&page, "deny").await.sent_to(SPA)["error"], "access_denied");
}

#[tokio::test]
async fn a_yes_after_the_session_ended_leads_to_the_sign_in_page() {
    let house = House::open().await;
    let (mut browser, page) = asked(&house, &[]).await;
    browser.cookies.remove("passerelle");
    let shown = browser.consent(&page, "allow").await;
    assert!(shown.is_page("login-page"), "{shown:?}");
    let shown = browser.sign_in(&shown, "alice", "wonderland").await;
    assert!(shown.is_page("consent-page"), "nothing was agreed to: {shown:?}");
}

#[tokio::test]
async fn the_page_lets_another_person_sign_in_who_is_then_asked_too() {
    let house = House::open().await;
    let (mut browser, page) = asked(&house, &[]).await;
    let link = format!("/sign-in?request={}&prompt=login", page.sealed());
    assert!(page.body.contains(&link.replace('&', "&#38;")), "{}", page.body);
    let sign_in = browser.get(&link).await;
    let shown = browser.sign_in(&sign_in, "bob", "builder").await;
    assert!(shown.is_page("consent-page") && shown.body.contains("bob"), "{shown:?}");
}

#[tokio::test]
async fn reading_and_answering_the_page_keeps_the_session_awake() {
    let house = House::open().await;
    let (mut browser, _) = asked(&house, &[]).await;
    let hours = std::time::Duration::from_hours;
    house.forward(hours(7));
    let page = browser.get(&house.spa().request(&[])).await;
    assert!(has_code(&browser.consent(&page, "allow").await));
    house.forward(hours(7));
    assert!(has_code(&browser.get(&house.spa().request(&[])).await));
}

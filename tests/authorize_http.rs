//! The authorization endpoint in one sweep: what is told on a page and never by redirect, what travels back, and what the pages refuse to be used for.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::Method;

use crate::support::app::{App, Tokens};
use crate::support::browser::{Browser, Shown, form};
use crate::support::house::{House, ISSUER};

const WEB: &str = "https://web.example/callback";

/// Who asks, what is changed in the request, and the error that comes back.
type Case<'a> = (&'a App, &'a [(&'a str, &'a str)], &'a str);

async fn signed_in(house: &House) -> Browser {
    let mut browser = house.browser();
    house.web().code(&mut browser, &[]).await;
    browser
}

async fn refusal(browser: &mut Browser, app: &App, more: &[(&str, &str)]) -> BTreeMap<String, String> {
    browser.get(&app.request(more)).await.sent_to(app.redirect)
}

#[tokio::test]
async fn whatever_is_wrong_about_client_or_redirect_is_a_page_and_never_a_redirect() {
    let house = House::open().await;
    let mut browser = house.browser();
    let web = house.web();
    for (what, path) in [
        ("no client", web.request(&[("client_id", "")])),
        ("unknown client", web.request(&[("client_id", "nobody")])),
        ("client of markup", web.request(&[("client_id", "<script>alert(1)</script>")])),
        ("no redirect", web.request(&[("redirect_uri", "")])),
        ("another redirect", web.request(&[("redirect_uri", "https://evil.example/callback")])),
        ("slash at the end", web.request(&[("redirect_uri", "https://web.example/callback/")])),
        ("query", web.request(&[("redirect_uri", "https://web.example/callback?x=1")])),
        ("fragment", web.request(&[("redirect_uri", "https://web.example/callback#x")])),
        ("upper case", web.request(&[("redirect_uri", "https://WEB.example/callback")])),
        ("another client's", web.request(&[("redirect_uri", "https://spa.example/callback")])),
        ("client twice", format!("{}&client_id=web", web.request(&[]))),
        ("redirect twice", format!("{}&redirect_uri=https://evil.example", web.request(&[]))),
        ("a service", house.service().request(&[("redirect_uri", "https://web.example/callback")])),
        ("broken UTF-8", format!("{}&x=%ff", web.request(&[]))),
        ("NUL", format!("{}&x=%00", web.request(&[]))),
        ("endless", format!("{}&x={}", web.request(&[]), "x".repeat(40_000))),
    ] {
        let shown = browser.get(&path).await;
        assert!(shown.is_page("error-page"), "{what}: {shown:?}");
        assert_eq!((shown.status.as_u16(), shown.location()), (400, None), "{what}");
        assert!(!shown.body.contains("<script>alert"), "{what}");
        assert!(!shown.body.contains("evil.example"), "{what}: details are for development mode");
    }
}

#[tokio::test]
async fn in_development_mode_the_page_shows_what_was_sent_and_what_is_registered() {
    let config = crate::support::house::CONFIG.replace("[server]", "[server]\ndevelopment = true");
    let house = House::of(&config).await;
    let path = house.web().request(&[("redirect_uri", "https://web.example/callback/<b>")]);
    let shown = house.browser().get(&path).await;
    assert!(shown.body.contains("https://web.example/callback/&#60;b&#62;"), "{shown:?}");
    assert!(shown.body.contains("<code>https://web.example/callback</code>"));
    assert!(shown.body.contains("redirect_uri_not_registered"));
}

#[tokio::test]
async fn everything_else_travels_back_with_its_code_state_and_issuer() {
    let house = House::open().await;
    let (web, spa, old) = (house.web(), house.spa(), house.old());
    let challenge = ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    let long = "x".repeat(2049);
    let cases: [Case<'_>; 27] = [
        (&web, &[("response_type", "")], "invalid_request"),
        (&web, &[("response_type", "token")], "unsupported_response_type"),
        (&web, &[("response_type", "code id_token")], "unsupported_response_type"),
        (&web, &[("response_mode", "fragment")], "invalid_request"),
        (&web, &[("request", "eyJ")], "request_not_supported"),
        (&web, &[("request_uri", "https://web.example/r")], "request_uri_not_supported"),
        (&web, &[("registration", "{}")], "registration_not_supported"),
        (&web, &[("code_challenge", "")], "invalid_request"),
        (&web, &[("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
        (&spa, &[("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
        (&web, &[("code_challenge_method", "plain")], "invalid_request"),
        (&web, &[("code_challenge_method", "")], "invalid_request"),
        (&web, &[challenge, ("code_challenge_method", "S512")], "invalid_request"),
        (&web, &[("code_challenge", "short")], "invalid_request"),
        (&old, &[("code_challenge", ""), ("code_challenge_method", ""), ("nonce", "")], "invalid_request"),
        (&web, &[("prompt", "create")], "invalid_request"),
        (&web, &[("prompt", "none login")], "invalid_request"),
        (&web, &[("max_age", "soon")], "invalid_request"),
        (&web, &[("max_age", "-1")], "invalid_request"),
        (&web, &[("claims", "no json")], "invalid_request"),
        (
            &web,
            &[("claims", r#"{"id_token":{"acr":{"essential":true,"value":"gold"}}}"#)],
            "unmet_authentication_requirements",
        ),
        (&web, &[("scope", "openid \"")], "invalid_scope"),
        (&spa, &[("scope", "openid ledger.read")], "invalid_scope"),
        (&web, &[("resource", "https://evil.example")], "invalid_target"),
        (&web, &[("resource", "no-uri")], "invalid_target"),
        (&web, &[("id_token_hint", "eyJ")], "invalid_request"),
        (&web, &[("login_hint", &long)], "invalid_request"),
    ];
    for (app, more, code) in cases {
        let sent = refusal(&mut house.browser(), app, more).await;
        assert_eq!(sent.get("error").map(String::as_str), Some(code), "{more:?}: {sent:?}");
        assert_eq!((sent["state"].as_str(), sent["iss"].as_str()), ("st&te=1", ISSUER), "{more:?}");
        assert!(!sent["error_description"].is_empty() && !sent.contains_key("code"), "{more:?}");
    }
    let twice = format!("{}&scope=openid", web.request(&[]));
    let sent = house.browser().get(&twice).await.sent_to(WEB);
    assert_eq!(sent["error"], "invalid_request", "RFC 6749 §3.1");
}

#[tokio::test]
async fn a_refusal_goes_the_way_that_was_asked_for() {
    let house = House::open().await;
    let shown = house
        .browser()
        .get(&house.web().request(&[("response_mode", "form_post"), ("prompt", "none")]))
        .await;
    assert!(shown.is_page("form-post-page"), "{shown:?}");
    assert!(
        shown.body.contains(r#"<form id="form-post" method="post" action="https://web.example/callback">"#)
    );
    assert!(shown.body.contains(r#"name="error" value="login_required""#));
    let policy = shown.header("content-security-policy").unwrap();
    assert!(
        policy.contains("form-action 'self' https://web.example;") && policy.contains("script-src 'sha256-"),
        "{policy}"
    );
}

#[tokio::test]
async fn without_a_page_nobody_is_asked() {
    let house = House::open().await;
    let mut browser = house.browser();
    let silent = [("prompt", "none")];
    assert_eq!(refusal(&mut browser, &house.web(), &silent).await["error"], "login_required");
    house.web().code(&mut browser, &[]).await;
    assert!(refusal(&mut browser, &house.web(), &silent).await.contains_key("code"));
    assert_eq!(refusal(&mut browser, &house.spa(), &silent).await["error"], "consent_required");
    house.forward(Duration::from_secs(61));
    let old = [("prompt", "none"), ("max_age", "60")];
    assert_eq!(refusal(&mut browser, &house.web(), &old).await["error"], "login_required");
}

#[tokio::test]
async fn who_signed_in_too_long_ago_or_is_asked_to_signs_in_again_once() {
    let house = House::open().await;
    let mut browser = signed_in(&house).await;
    house.forward(Duration::from_secs(61));
    for more in [("max_age", "60"), ("prompt", "login"), ("max_age", "0")] {
        let page = browser.get(&house.web().request(&[more])).await;
        assert!(
            page.is_page("login-page") && page.body.contains("Please sign in again"),
            "{more:?}: {page:?}"
        );
        assert!(page.body.contains(r#"value="alice""#), "the name is known");
        let shown = browser.sign_in(&page, "alice", "wonderland").await;
        assert!(shown.sent_to(WEB).contains_key("code"), "{more:?}");
        house.forward(Duration::from_secs(61));
    }
    let page = browser.get(&house.web().request(&[("prompt", "consent")])).await;
    assert!(page.is_page("consent-page"), "even a first-party app may ask for the question");
}

#[tokio::test]
async fn a_hint_means_one_person_and_no_other() {
    let house = House::open().await;
    let mut browser = house.browser();
    let alice = house.web().tokens(&mut browser, &[]).await;
    let hint = [("id_token_hint", alice.id()), ("prompt", "none")];
    assert!(refusal(&mut browser, &house.web(), &hint).await.contains_key("code"));
    // Somebody else is signed in by now.
    let page = browser.get(&house.web().request(&[("prompt", "login")])).await;
    browser.sign_in(&page, "bob", "builder").await;
    assert_eq!(refusal(&mut browser, &house.web(), &hint).await["error"], "login_required");
    // With a page Alice is asked for, and Bob is not taken for her.
    let page = browser.get(&house.web().request(&[("id_token_hint", alice.id())])).await;
    let sent = browser.sign_in(&page, "bob", "builder").await.sent_to(WEB);
    assert_eq!(sent["error"], "login_required");
    // Neither an access token nor another client's ID token is a hint.
    for (app, hint) in [(house.web(), alice.access()), (house.spa(), alice.id())] {
        assert_eq!(refusal(&mut browser, &app, &[("id_token_hint", hint)]).await["error"], "invalid_request");
    }
    let wanted =
        format!(r#"{{"id_token":{{"sub":{{"value":"{}"}}}}}}"#, alice.id_claims()["sub"].as_str().unwrap());
    assert_eq!(
        refusal(&mut browser, &house.web(), &[("claims", &wanted), ("prompt", "none")]).await["error"],
        "login_required"
    );
}

#[tokio::test]
async fn the_page_speaks_the_language_that_the_app_or_the_browser_asks_for() {
    let house = House::open().await;
    let mut browser = house.browser();
    browser.language = Some("de-CH, en;q=0.5".to_owned());
    let page = browser.get(&house.web().request(&[("login_hint", "alice")])).await;
    assert!(page.body.contains("<html lang=\"de\">") && page.body.contains(r#"value="alice""#));
    let page = browser
        .get(&house.web().request(&[
            ("ui_locales", "xx fr-CA"),
            ("display", "popup"),
            ("acr_values", "gold"),
        ]))
        .await;
    assert!(page.body.contains("<html lang=\"fr\">"));
    assert!(browser.get("/authorize?ui_locales=fr").await.body.contains("<html lang=\"fr\">"), "errors too");
}

#[tokio::test]
async fn a_form_post_from_another_site_becomes_a_get_that_sees_the_session() {
    let house = House::open().await;
    let browser = signed_in(&house).await;
    // A cross-site POST carries no Lax cookie.
    let query = house.web().request(&[]).split_once('?').unwrap().1.to_owned();
    let shown = house.browser().send(Method::POST, "/authorize", Some(query.clone())).await;
    assert_eq!((shown.status.as_u16(), shown.location()), (303, Some(format!("/authorize?{query}"))));
    let sent = browser.clone().get(&shown.location().unwrap()).await.sent_to(WEB);
    assert!(sent.contains_key("code"));
    let shown = house.browser().send(Method::POST, "/authorize", Some("a=b\nc".to_owned())).await;
    assert_eq!(shown.status, 400);
}

async fn page_of(house: &House, browser: &mut Browser) -> Shown {
    browser.get(&house.web().request(&[])).await
}

#[tokio::test]
async fn a_sealed_request_is_good_in_its_own_browser_only() {
    let house = House::open().await;
    let (mut attacker, mut victim) = (house.browser(), house.browser());
    let page = page_of(&house, &mut attacker).await;
    page_of(&house, &mut victim).await;
    let shown = victim.sign_in(&page, "alice", "wonderland").await;
    assert!(shown.is_page("error-page") && shown.body.contains("not opened in this browser"), "{shown:?}");
    assert_eq!(house.passwords_tried(), 0, "login CSRF: nothing was tried");
    assert!(!victim.cookies.contains_key("passerelle"));
}

#[tokio::test]
async fn a_sealed_request_cannot_be_changed_left_out_or_kept_for_ever() {
    let house = House::open().await;
    let mut browser = house.browser();
    let page = page_of(&house, &mut browser).await;
    let sealed = page.sealed();
    for request in ["", "x", &sealed[1..], &format!("A{}", &sealed[1..]), &sealed[..sealed.len() - 4]] {
        let fields = [("request", request), ("username", "alice"), ("password", "wonderland")];
        assert!(browser.post("/sign-in", &fields).await.is_page("error-page"), "{request}");
        assert!(browser.get(&format!("/consent?request={request}")).await.is_page("error-page"));
    }
    house.forward(Duration::from_secs(30 * 60));
    let shown = browser.sign_in(&page, "alice", "wonderland").await;
    assert!(shown.is_page("error-page") && shown.body.contains("This page has expired"), "{shown:?}");
    assert_eq!(house.passwords_tried(), 0);
}

#[tokio::test]
async fn a_sealed_sign_out_is_no_sealed_sign_in() {
    let house = House::open().await;
    let mut browser = signed_in(&house).await;
    let sealed = browser.get("/sign-out").await.sealed();
    assert!(browser.get(&format!("/consent?request={sealed}")).await.is_page("error-page"));
    let page = browser.get(&house.web().request(&[("prompt", "login")])).await;
    let shown = browser.post("/sign-out", &[("request", &page.sealed()), ("decision", "logout")]).await;
    assert!(shown.is_page("error-page"), "{shown:?}");
}

#[tokio::test]
async fn nobody_agrees_in_another_ones_name() {
    let house = House::open().await;
    let mut browser = house.browser();
    let page = browser.get(&house.spa().request(&[])).await;
    let alices = browser.sign_in(&page, "alice", "wonderland").await;
    // In another tab of the same browser Bob signs in.
    let page = browser.get(&house.web().request(&[("prompt", "login")])).await;
    browser.sign_in(&page, "bob", "builder").await;
    // Alice's page is still open; its answer does not count for Bob.
    let shown = browser.consent(&alices, "allow").await;
    assert!(shown.is_page("consent-page") && shown.body.contains("bob"), "{shown:?}");
    let shown = browser.get(&house.spa().request(&[("prompt", "none")])).await;
    assert_eq!(shown.sent_to("https://spa.example/callback")["error"], "consent_required");
}

#[tokio::test]
async fn another_account_can_be_used_from_the_consent_page() {
    let house = House::open().await;
    let mut browser = house.browser();
    let page = browser.get(&house.spa().request(&[])).await;
    let page = browser.sign_in(&page, "alice", "wonderland").await;
    let page = browser.get(&format!("/sign-in?request={}&prompt=login", page.sealed())).await;
    let page = browser.sign_in(&page, "bob", "builder").await;
    assert!(page.is_page("consent-page") && page.body.contains("bob"), "{page:?}");
    let sent = browser.consent(&page, "allow").await.sent_to("https://spa.example/callback");
    let tokens = Tokens::of(house.spa().redeem(&sent["code"]).await);
    assert_eq!(house.spa().userinfo(tokens.access()).await.json()["email"], "bob@example.org");
}

#[tokio::test]
async fn an_app_on_a_device_is_answered_on_whatever_port_it_listens() {
    let house = House::open().await;
    let mut browser = signed_in(&house).await;
    for redirect in ["http://127.0.0.1:4711/callback", "com.example.native:/callback"] {
        let native = App { id: "native", redirect, proof: crate::support::app::Proof::Name, ..house.spa() };
        let page = browser.get(&native.request(&[("scope", "openid")])).await;
        let shown = if page.is_page("consent-page") { browser.consent(&page, "allow").await } else { page };
        assert!(shown.sent_to(redirect).contains_key("code"));
    }
    let native = App { id: "native", redirect: "http://127.0.0.1:4711/other", ..house.spa() };
    assert!(browser.get(&native.request(&[])).await.is_page("error-page"));
}

#[tokio::test]
async fn a_field_that_stands_twice_is_no_sign_in() {
    let house = House::open().await;
    let mut browser = house.browser();
    let sealed = page_of(&house, &mut browser).await.sealed();
    let twice =
        form(&[("request", &sealed), ("username", "alice"), ("username", "bob"), ("password", "wonderland")]);
    let shown = browser.send(Method::POST, "/sign-in", Some(twice)).await;
    assert!(shown.is_page("error-page") && shown.status == 400, "{shown:?}");
    assert_eq!(house.passwords_tried(), 0);
}

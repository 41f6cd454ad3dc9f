//! Redeeming a code: once, by its client, with its proof. Everything else is refused, and whoever merely saw a code can do no harm.

use std::time::Duration;

use crate::support::app::{App, Tokens, VERIFIER, claims, error};
use crate::support::house::House;

/// A redemption in which `name` is replaced by `value`, or left out when that is empty.
async fn redeem_with(app: &App, code: &str, name: &str, value: &str) -> (u16, String) {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", app.redirect),
        ("code_verifier", VERIFIER),
    ];
    let fields = fields.map(|(known, old)| (known, if known == name { value } else { old }));
    let fields: Vec<_> = fields.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    error(&app.token(&fields).await)
}

fn refused(code: &str) -> (u16, String) {
    (400, code.to_owned())
}

#[tokio::test]
async fn whatever_does_not_fit_is_refused_and_does_not_spoil_the_code() {
    let house = House::open().await;
    let app = house.web();
    let code = app.code(&mut house.browser(), &[]).await;
    let long = "x".repeat(129);
    for (name, value, expected) in [
        ("grant_type", "", "invalid_request"),
        ("grant_type", "password", "unsupported_grant_type"),
        ("grant_type", "client_credentials", "unauthorized_client"),
        ("code", "", "invalid_request"),
        ("code", "somebody-elses", "invalid_grant"),
        ("redirect_uri", "", "invalid_grant"),
        ("redirect_uri", "https://web.example/callback/", "invalid_grant"),
        ("redirect_uri", "https://evil.example/", "invalid_grant"),
        ("code_verifier", "", "invalid_grant"),
        ("code_verifier", "too-short", "invalid_grant"),
        ("code_verifier", &long, "invalid_grant"),
        ("code_verifier", "another-verifier-of-at-least-forty-three-characters-01", "invalid_grant"),
    ] {
        assert_eq!(redeem_with(&app, &code, name, value).await, refused(expected), "{name}={value}");
    }
    Tokens::of(app.redeem(&code).await);
}

#[tokio::test]
async fn another_client_can_neither_redeem_a_code_nor_spoil_it() {
    let house = House::open().await;
    let code = house.web().code(&mut house.browser(), &[]).await;
    let thief = App { redirect: house.web().redirect, ..house.spa() };
    assert_eq!(error(&thief.redeem(&code).await), refused("invalid_grant"));
    Tokens::of(house.web().redeem(&code).await);
}

#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let house = House::open().await;
    let code = house.web().code(&mut house.browser(), &[]).await;
    let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("code", code.as_str())];
    assert_eq!(error(&house.web().token(&fields).await), refused("invalid_request"));
}

#[tokio::test]
async fn a_code_expires() {
    let house = House::open().await;
    let code = house.web().code(&mut house.browser(), &[]).await;
    house.forward(Duration::from_secs(60));
    assert_eq!(error(&house.web().redeem(&code).await), refused("invalid_grant"));
}

#[tokio::test]
async fn a_code_shown_a_second_time_ends_what_came_of_it() {
    let house = House::open().await;
    let app = house.web();
    let code = app.code(&mut house.browser(), &[]).await;
    let tokens = Tokens::of(app.redeem(&code).await);
    assert_eq!(app.userinfo(tokens.access()).await.status, 200);
    // Somebody without the proof does not end it.
    assert_eq!(redeem_with(&app, &code, "code_verifier", &"x".repeat(43)).await, refused("invalid_grant"));
    assert_eq!(app.userinfo(tokens.access()).await.status, 200);
    assert_eq!(error(&app.redeem(&code).await), refused("invalid_grant"));
    assert_eq!(app.userinfo(tokens.access()).await.status, 401);
    assert_eq!(error(&app.refresh(tokens.refresh()).await), refused("invalid_grant"));
}

#[tokio::test]
async fn of_fifty_redemptions_at_once_one_succeeds() {
    let house = House::open().await;
    let app = house.web();
    let code = app.code(&mut house.browser(), &[]).await;
    let tries = (0..50).map(|_| {
        let (app, code) = (app.clone(), code.clone());
        tokio::spawn(async move { app.redeem(&code).await.status.as_u16() })
    });
    let statuses = futures_util::future::join_all(tries).await;
    let successes = statuses.into_iter().filter(|status| *status.as_ref().unwrap() == 200).count();
    assert_eq!(successes, 1);
}

#[tokio::test]
async fn a_code_dies_with_the_session_it_came_from() {
    let house = House::open().await;
    let mut browser = house.browser();
    let code = house.web().code(&mut browser, &[]).await;
    let page = browser.get("/sign-out").await;
    browser.sign_out(&page, "logout").await;
    assert_eq!(error(&house.web().redeem(&code).await), refused("invalid_grant"));
}

#[tokio::test]
async fn a_client_that_sent_no_challenge_must_not_show_a_verifier() {
    let house = House::open().await;
    let app = house.old();
    let more = [("code_challenge", ""), ("code_challenge_method", "")];
    let code = app.code(&mut house.browser(), &more).await;
    assert_eq!(
        error(&app.redeem(&code).await),
        refused("invalid_grant"),
        "RFC 9700 §4.8.2: PKCE was stripped"
    );
}

#[tokio::test]
async fn a_challenge_is_enforced_even_where_it_may_be_left_out() {
    let house = House::open().await;
    let app = house.old();
    let code = app.code(&mut house.browser(), &[]).await;
    assert_eq!(redeem_with(&app, &code, "code_verifier", "").await, refused("invalid_grant"));
    Tokens::of(app.redeem(&code).await);
}

#[tokio::test]
async fn a_token_is_for_the_api_that_is_named_and_for_no_other() {
    let house = House::open().await;
    let app = house.web();
    let mut browser = house.browser();
    let scope = ("scope", "openid events.read ledger.read");
    // Two APIs in one request have to be named.
    let shown = browser.get(&app.request(&[scope])).await;
    assert_eq!(shown.sent_to(app.redirect)["error"], "invalid_scope");
    let path = app.request(&[scope, ("resource", "https://api.example.org")]);
    let path = format!("{path}&resource=https%3A%2F%2Fledger.example.org");
    let page = browser.get(&path).await;
    let code = browser.sign_in(&page, "alice", "wonderland").await.sent_to(app.redirect)["code"].clone();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", app.redirect),
        ("code_verifier", VERIFIER),
        ("resource", "https://ledger.example.org"),
    ];
    let tokens = Tokens::of(app.token(&fields).await);
    assert!(!tokens.access().contains('.'), "this API wants opaque tokens");
    assert_eq!(tokens.0["scope"], "openid ledger.read");
    // The refresh token still stands for all of it.
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens.refresh()),
        ("audience", "https://api.example.org"),
    ];
    let next = Tokens::of(app.token(&fields).await);
    assert_eq!(claims(next.access())["aud"], "https://api.example.org");
    assert_eq!(next.0["scope"], "openid events.read");
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", next.refresh()),
        ("resource", "https://evil.example"),
    ];
    assert_eq!(error(&app.token(&fields).await), refused("invalid_target"));
}

#[tokio::test]
async fn answers_with_tokens_are_never_cached_and_say_how_long_they_are_good() {
    let house = House::open().await;
    let code = house.web().code(&mut house.browser(), &[]).await;
    let shown = house.web().redeem(&code).await;
    assert_eq!(shown.header("cache-control").as_deref(), Some("no-store"));
    assert_eq!(shown.header("pragma").as_deref(), Some("no-cache"));
    let tokens = Tokens::of(shown);
    assert_eq!(tokens.0["token_type"], "Bearer");
    assert_eq!(tokens.0["expires_in"], 600);
    let access = claims(tokens.access());
    assert_eq!(access["exp"].as_i64().unwrap() - access["iat"].as_i64().unwrap(), 600);
    assert_eq!(access["iat"], house.now().as_seconds());
}

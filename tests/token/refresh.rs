//! Refreshing: each use replaces the token, a lost answer signs nobody out, and a token that comes back after its successor was used is a theft.

use std::time::Duration;

use crate::support::app::{App, Tokens, claims, error};
use crate::support::house::House;

fn refused() -> (u16, String) {
    (400, "invalid_grant".to_owned())
}

async fn signed_in(scope: &str) -> (House, App, Tokens) {
    let house = House::open().await;
    let app = house.web();
    let tokens = app.tokens(&mut house.browser(), &[("scope", scope)]).await;
    (house, app, tokens)
}

#[tokio::test]
async fn each_refresh_gives_new_tokens_for_the_same_sign_in() {
    let (house, app, first) = signed_in("openid profile events.read").await;
    house.forward(Duration::from_secs(300));
    let next = Tokens::of(app.refresh(first.refresh()).await);
    assert_ne!(next.refresh(), first.refresh());
    let (before, after) = (first.id_claims(), next.id_claims());
    for same in ["sub", "sid", "auth_time", "aud", "iss"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert!(after.get("nonce").is_none(), "OpenID Connect Core §12.2");
    assert_eq!(after["iat"], house.now().as_seconds());
    assert_eq!(app.userinfo(next.access()).await.status, 200);
    Tokens::of(app.refresh(next.refresh()).await);
}

#[tokio::test]
async fn a_lost_answer_is_given_again_while_nothing_of_it_was_used() {
    let (house, app, first) = signed_in("openid profile").await;
    let lost = Tokens::of(app.refresh(first.refresh()).await);
    house.forward(Duration::from_secs(29));
    let again = Tokens::of(app.refresh(first.refresh()).await);
    assert_eq!(again.refresh(), lost.refresh(), "the same successor, not a second branch");
    Tokens::of(app.refresh(again.refresh()).await);
}

#[tokio::test]
async fn a_token_that_comes_back_after_its_successor_was_used_is_a_theft() {
    let (_house, app, first) = signed_in("openid profile").await;
    let second = Tokens::of(app.refresh(first.refresh()).await);
    let third = Tokens::of(app.refresh(second.refresh()).await);
    assert_eq!(error(&app.refresh(first.refresh()).await), refused());
    // The whole family has ended.
    assert_eq!(error(&app.refresh(third.refresh()).await), refused());
    assert_eq!(app.userinfo(third.access()).await.status, 401);
}

#[tokio::test]
async fn an_answer_whose_access_token_was_used_has_arrived() {
    let (_house, app, first) = signed_in("openid profile").await;
    let second = Tokens::of(app.refresh(first.refresh()).await);
    assert_eq!(app.userinfo(second.access()).await.status, 200);
    assert_eq!(error(&app.refresh(first.refresh()).await), refused());
    assert_eq!(error(&app.refresh(second.refresh()).await), refused());
}

#[tokio::test]
async fn a_lost_answer_is_not_given_again_for_ever() {
    let (house, app, first) = signed_in("openid profile").await;
    app.refresh(first.refresh()).await;
    house.forward(Duration::from_secs(30));
    assert_eq!(error(&app.refresh(first.refresh()).await), refused());
}

#[tokio::test]
async fn fifty_refreshes_at_once_never_make_two_branches() {
    let (_house, app, first) = signed_in("openid profile").await;
    let tries = (0..50).map(|_| {
        let (app, token) = (app.clone(), first.refresh().to_owned());
        tokio::spawn(async move { app.refresh(&token).await })
    });
    let mut successors = std::collections::BTreeSet::new();
    for shown in futures_util::future::join_all(tries).await {
        successors.insert(Tokens::of(shown.unwrap()).refresh().to_owned());
    }
    assert_eq!(successors.len(), 1, "everybody has the same successor");
    Tokens::of(app.refresh(successors.first().unwrap()).await);
}

#[tokio::test]
async fn less_can_be_asked_for_but_never_more() {
    let (_house, app, first) = signed_in("openid profile email events.read").await;
    let ask = |token: &str, scope: &str| {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)];
        let (app, fields) = (app.clone(), fields.map(|(name, value)| (name.to_owned(), value.to_owned())));
        async move {
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            app.token(&fields).await
        }
    };
    assert_eq!(error(&ask(first.refresh(), "openid events.write").await), (400, "invalid_scope".to_owned()));
    let less = Tokens::of(ask(first.refresh(), "openid email").await);
    assert_eq!(less.0["scope"], "openid email");
    assert!(app.userinfo(less.access()).await.json().get("name").is_none());
    let all = Tokens::of(app.refresh(less.refresh()).await);
    assert_eq!(all.0["scope"], "openid profile email events.read", "what was granted stays granted");
}

#[tokio::test]
async fn another_clients_token_is_refused_and_its_family_lives() {
    let (house, app, first) = signed_in("openid profile").await;
    assert_eq!(error(&house.spa().refresh(first.refresh()).await), refused());
    Tokens::of(app.refresh(first.refresh()).await);
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused() {
    let (_house, app, first) = signed_in("openid profile").await;
    for token in [first.access(), first.id(), "x", "a.b", &format!("{}.{}", "A".repeat(43), "B".repeat(43))] {
        assert_eq!(error(&app.refresh(token).await), refused(), "{token}");
    }
    // The handle of a family with a secret that never was: somebody guesses, and the family ends.
    let handle = first.refresh().split_once('.').unwrap().0;
    assert_eq!(error(&app.refresh(&format!("{handle}.{}", "B".repeat(43))).await), refused());
}

#[tokio::test]
async fn a_refresh_token_without_offline_access_ends_with_the_session_and_one_with_it_does_not() {
    let house = House::open().await;
    let app = house.web();
    let mut browser = house.browser();
    let bound = app.tokens(&mut browser, &[("scope", "openid profile")]).await;
    let offline = app.tokens(&mut browser, &[("scope", "openid profile offline_access")]).await;
    let page = browser.get("/sign-out").await;
    browser.sign_out(&page, "logout").await;
    assert_eq!(error(&app.refresh(bound.refresh()).await), refused());
    assert_eq!(app.userinfo(bound.access()).await.status, 401);
    Tokens::of(app.refresh(offline.refresh()).await);
}

#[tokio::test]
async fn nobodys_refresh_token_expires_and_refreshing_keeps_it_alive_only_to_its_end() {
    let house = House::open().await;
    let app = house.web();
    let day = Duration::from_secs(24 * 3600);
    let mut browser = house.browser();
    let idle = app.tokens(&mut browser, &[("scope", "openid offline_access")]).await;
    let mut used = app.tokens(&mut browser, &[("scope", "openid offline_access")]).await;
    house.forward(day * 29);
    used = Tokens::of(app.refresh(used.refresh()).await);
    house.forward(day);
    assert_eq!(error(&app.refresh(idle.refresh()).await), refused());
    for _ in 0..11 {
        house.forward(day * 28);
        used = Tokens::of(app.refresh(used.refresh()).await);
    }
    house.forward(day * 28);
    assert_eq!(error(&app.refresh(used.refresh()).await), refused(), "a year is over");
}

#[tokio::test]
async fn an_opaque_token_is_refreshed_like_any_other() {
    let house = House::open().await;
    let app = house.web();
    let first = app.tokens(&mut house.browser(), &[("scope", "openid ledger.read")]).await;
    assert!(!first.access().contains('.'));
    assert_eq!(app.userinfo(first.access()).await.status, 200);
    let next = Tokens::of(app.refresh(first.refresh()).await);
    assert_ne!(next.access(), first.access());
    assert_eq!(app.userinfo(next.access()).await.status, 200);
    assert_eq!(claims(next.id())["sub"], claims(first.id())["sub"]);
}

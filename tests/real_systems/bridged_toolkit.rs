//! django-oauth-toolkit through the bridge's connector, by its preset.

use passerelle::legacy::probe::Life;
use passerelle::legacy::refusal::Refusal;
use passerelle::secret::Secret;
use serde_json::json;

use super::PASSWORD_OF_BOB;
use super::bridged::{Bridged, is_good_for, refresh_token, tokens, told, toolkit};
use crate::support::django_site::DjangoSite;

fn bridged() -> Bridged {
    Bridged::by(&toolkit(DjangoSite::open()))
}

#[tokio::test]
async fn alice_is_who_her_site_says_she_is() {
    let site = bridged();
    let alice = site.lets_in("alice", "correct horse").await;
    let claims = json!({
        "name": "Alice Liddell",
        "given_name": "Alice",
        "family_name": "Liddell",
        "preferred_username": "alice",
        "email": "alice@example.org",
        "groups": ["editors", "members"],
    });
    assert_eq!(told(&alice), ("1", "alice", claims));
    let its = tokens(&alice);
    assert_eq!((its.legacy_client.as_str(), its.refresh_token.is_some()), ("bridge", true));
    assert!(is_good_for(its, 36000), "{:?}", its.lifetime);
    let bob = site.lets_in("bob", PASSWORD_OF_BOB).await;
    assert_eq!(bob.identity.claims["name"], "Bob Ångström");
}

#[tokio::test]
async fn what_the_site_does_not_know_is_left_out() {
    DjangoSite::open().admits("nameless-of-oauth", "correct horse");
    let claims = bridged().lets_in("nameless-of-oauth", "correct horse").await.identity.claims;
    let names: Vec<&str> = claims.keys().map(String::as_str).collect();
    assert_eq!(names, ["email", "preferred_username"]);
}

#[tokio::test]
async fn wrong_password_unknown_user_and_disabled_user_are_one_refusal() {
    let site = bridged();
    for (user_name, password) in [
        ("alice", "wrong"),
        ("nobody", "wrong"),
        ("carol", "battery staple"),
        ("al\0ice", "x"),
        ("Alice", "correct horse"),
        (" alice ", "correct horse"),
        ("alice", ""),
    ] {
        assert_eq!(site.refuses(user_name, password).await, Refusal::WrongCredentials, "{user_name:?}");
    }
}

#[tokio::test]
async fn a_secret_that_is_wrong_is_the_bridges_mistake_and_not_the_persons() {
    let legacy = toolkit(DjangoSite::open()).replace("bridge+secret", "another+secret");
    let site = Bridged::by(&legacy);
    let refusal = site.refuses("alice", "correct horse").await;
    assert!(matches!(refusal, Refusal::Misconfigured { .. }), "{refusal}");
    let alice = bridged().lets_in("alice", "correct horse").await;
    let trouble = site.refreshes(&alice, refresh_token(tokens(&alice))).await.unwrap_err();
    assert_eq!(trouble.class, passerelle::legacy::refresh::Class::Transient, "it throws nobody out");
}

#[tokio::test]
async fn a_refresh_replaces_the_token_and_a_reused_one_is_the_end() {
    let site = bridged();
    let alice = site.lets_in("alice", "correct horse").await;
    let first = refresh_token(tokens(&alice));
    let refreshed = site.refreshes(&alice, first).await.unwrap();
    assert_ne!(refresh_token(&refreshed), first);
    assert!(is_good_for(&refreshed, 36000));
    site.has_done_with(&alice, first).await;
    site.has_done_with(&alice, &Secret::from("nonsense")).await;
    site.refreshes(&alice, refresh_token(&refreshed)).await.unwrap();
}

#[tokio::test]
async fn with_reuse_protection_a_second_use_ends_the_successor_too() {
    let site = Bridged::by(&toolkit(DjangoSite::guarded()));
    let alice = site.lets_in("alice", "correct horse").await;
    let refreshed = site.refreshes(&alice, refresh_token(tokens(&alice))).await.unwrap();
    site.has_done_with(&alice, refresh_token(tokens(&alice))).await;
    site.has_done_with(&alice, refresh_token(&refreshed)).await;
}

#[tokio::test]
async fn a_disabled_user_still_refreshes_and_only_the_probe_tells() {
    let (site, people) = (bridged(), DjangoSite::open());
    people.admits("fred-of-oauth", "correct horse");
    let fred = site.lets_in("fred-of-oauth", "correct horse").await;
    assert_eq!(site.life(&fred, &tokens(&fred).access_token).await, Life::Alive);
    people.disables("fred-of-oauth");
    let refreshed = site.refreshes(&fred, refresh_token(tokens(&fred))).await.unwrap();
    assert_eq!(site.life(&fred, &refreshed.access_token).await, Life::Over);
    assert_eq!(site.refuses("fred-of-oauth", "correct horse").await, Refusal::WrongCredentials);
    people.removes("fred-of-oauth");
    assert_eq!(site.life(&fred, &refreshed.access_token).await, Life::TokenRefused);
    site.has_done_with(&fred, refresh_token(&refreshed)).await;
}

#[tokio::test]
async fn signing_out_revokes_both_tokens() {
    let site = bridged();
    let alice = site.lets_in("alice", "correct horse").await;
    let its = tokens(&alice);
    site.0.sign_out(&its.access_token, its.refresh_token.as_ref()).await.unwrap();
    assert_eq!(site.life(&alice, &its.access_token).await, Life::TokenRefused);
    site.has_done_with(&alice, refresh_token(its)).await;
}

/// As the preset's comments have it.
#[tokio::test]
async fn where_openid_is_enabled_userinfo_is_profile_enough() {
    let site = Bridged::by(&toolkit(DjangoSite::open()).replace(
        "profile = [{ name = 'me', url = '{base_url}/api/oauth/me' }]",
        "profile = [{ name = 'me', url = '{base_url}/o/userinfo/' }]
             token = { fields = { scope = 'openid read' } }
             identity = { legacy_id = '/me/sub', user_name = '/typed/user_name' }",
    ));
    let alice = site.lets_in("alice", "correct horse").await;
    assert_eq!(told(&alice), ("1", "alice", json!({})));
    site.refreshes(&alice, refresh_token(tokens(&alice))).await.unwrap();
}

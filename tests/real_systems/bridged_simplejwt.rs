//! djangorestframework-simplejwt through the bridge's connector, by its preset.

use passerelle::legacy::probe::Life;
use passerelle::legacy::refresh::Class;
use passerelle::legacy::refusal::Refusal;
use passerelle::secret::Secret;
use serde_json::json;

use super::PASSWORD_OF_BOB;
use super::bridged::{Bridged, is_good_for, refresh_token, simplejwt, tokens, told};
use crate::support::django_site::DjangoSite;

fn bridged() -> Bridged {
    Bridged::by(&simplejwt(DjangoSite::open()))
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
    let bob = site.lets_in("bob", PASSWORD_OF_BOB).await;
    assert_eq!(bob.identity.claims["name"], "Bob Ångström");
}

#[tokio::test]
async fn how_long_a_token_is_good_is_read_out_of_it() {
    let site = bridged();
    let alice = site.lets_in("alice", "correct horse").await;
    assert!(is_good_for(tokens(&alice), 300), "{:?}", tokens(&alice).lifetime);
    let refreshed = site.refreshes(&alice, refresh_token(tokens(&alice))).await.unwrap();
    assert!(is_good_for(&refreshed, 300), "{:?}", refreshed.lifetime);
}

#[tokio::test]
async fn wrong_password_unknown_user_and_disabled_user_are_one_refusal() {
    let site = bridged();
    for (user_name, password) in [
        ("alice", "wrong"),
        ("nobody", "wrong"),
        ("carol", "battery staple"),
        ("Alice", "correct horse"),
        ("alice", ""),
        ("al\0ice", "x"),
        ("   ", "x"),
    ] {
        assert_eq!(site.refuses(user_name, password).await, Refusal::WrongCredentials, "{user_name:?}");
    }
}

/// The site cuts white space off, so all of these are alice; whoever guesses her password by them guesses at one counter.
#[tokio::test]
async fn all_spellings_that_the_site_takes_for_alice_are_one_name() {
    let site = bridged();
    for spelt in [" alice ", "\talice\r\n", "\u{a0}alice\u{3000}", "\u{1c}\u{1f}alice\u{1d}\u{1e}"] {
        let untouched = Bridged::by(&(simplejwt(DjangoSite::open()) + "user_name = '/typed/user_name'\n"));
        assert_eq!(untouched.lets_in(spelt, "correct horse").await.identity.legacy_id.as_str(), "1");
        assert_eq!(site.0.user_name(spelt).as_deref(), Some("alice"), "{spelt:?}");
        assert_eq!(site.lets_in(spelt, "correct horse").await.identity.user_name, "alice");
    }
    assert_eq!(site.0.user_name("Alice Liddell").as_deref(), Some("Alice Liddell"));
}

#[tokio::test]
async fn a_refresh_keeps_the_refresh_token() {
    let site = bridged();
    let alice = site.lets_in("alice", "correct horse").await;
    let token = refresh_token(tokens(&alice));
    for _ in 0..2 {
        let refreshed = site.refreshes(&alice, token).await.unwrap();
        assert_eq!(refreshed.refresh_token, None, "which the vault takes for: keep yours");
        assert_eq!(site.life(&alice, &refreshed.access_token).await, Life::Alive);
    }
    site.has_done_with(&alice, &Secret::from("nonsense")).await;
}

#[tokio::test]
async fn where_they_rotate_a_reused_token_is_the_end_and_its_successor_is_not() {
    let legacy = simplejwt(DjangoSite::guarded()) + "refresh = { rotation = 'single_use' }\n";
    let site = Bridged::by(&legacy);
    let alice = site.lets_in("alice", "correct horse").await;
    let first = refresh_token(tokens(&alice));
    let refreshed = site.refreshes(&alice, first).await.unwrap();
    assert_ne!(refresh_token(&refreshed), first);
    site.has_done_with(&alice, first).await;
    site.refreshes(&alice, refresh_token(&refreshed)).await.unwrap();
}

#[tokio::test]
async fn a_disabled_user_is_out_by_the_probe_and_by_the_refresh() {
    let (site, people) = (bridged(), DjangoSite::open());
    people.admits("fred-of-jwt", "correct horse");
    let fred = site.lets_in("fred-of-jwt", "correct horse").await;
    assert_eq!(site.life(&fred, &tokens(&fred).access_token).await, Life::Alive);
    people.disables("fred-of-jwt");
    assert_eq!(site.life(&fred, &tokens(&fred).access_token).await, Life::Over);
    site.has_done_with(&fred, refresh_token(tokens(&fred))).await;
    assert_eq!(site.refuses("fred-of-jwt", "correct horse").await, Refusal::WrongCredentials);
}

#[tokio::test]
async fn a_deleted_user_is_out_by_the_probe_while_the_refresh_looks_broken() {
    let (site, people) = (bridged(), DjangoSite::open());
    people.admits("gina-of-jwt", "correct horse");
    let gina = site.lets_in("gina-of-jwt", "correct horse").await;
    people.removes("gina-of-jwt");
    assert_eq!(site.life(&gina, &tokens(&gina).access_token).await, Life::Over);
    let trouble = site.refreshes(&gina, refresh_token(tokens(&gina))).await.unwrap_err();
    assert_eq!((trouble.class, trouble.why.as_str()), (Class::Transient, "status 500"));
}

#[tokio::test]
async fn a_token_that_the_site_does_not_take_says_nothing_of_the_person() {
    let site = bridged();
    let alice = site.lets_in("alice", "correct horse").await;
    assert_eq!(site.life(&alice, refresh_token(tokens(&alice))).await, Life::TokenRefused);
}

#[tokio::test]
async fn signing_out_ends_the_refresh_token() {
    let site = bridged();
    let alice = site.lets_in("alice", "correct horse").await;
    let its = tokens(&alice);
    site.0.sign_out(&its.access_token, its.refresh_token.as_ref()).await.unwrap();
    site.has_done_with(&alice, refresh_token(its)).await;
}

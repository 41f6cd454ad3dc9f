//! The life of an issuer's keys: fetched when needed, by one, at a bounded rate; rotated under load; kept while the issuer is down.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use passerelle::gateway::issuers::description::Rhythm;
use passerelle::oauth::error::ErrorCode;
use passerelle::time::Timestamp;
use serde_json::json;

use super::changed;
use crate::support::foreign_issuer::{ForeignIssuer, Key};
use crate::support::parts::BEGINNING;
use crate::support::trust::Trust;

const DISCOVERY: &str = "/.well-known/openid-configuration";
const HOUR: Duration = Duration::from_hours(1);

/// Without a pause, an hour until keys are old, a day until they count no more.
const HASTY: Rhythm = Rhythm { pause: Duration::ZERO, refresh: HOUR, keep: Duration::from_hours(24) };

fn token(partner: &ForeignIssuer, key: Key, now: Timestamp) -> String {
    key.token(&partner.claims(now))
}

/// Polls until it holds.
async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn keys_are_fetched_once_for_many_tokens() {
    let partner = ForeignIssuer::open().await;
    let trust = Trust::in_one(&partner.url, "").await;
    assert_eq!(partner.calls_of(DISCOVERY), 0);
    let good = vec![token(&partner, Key::First, BEGINNING); 50];
    assert_eq!(trust.shown_at_once(&good, BEGINNING).await, [""; 0]);
    assert_eq!((partner.calls_of(DISCOVERY), partner.calls_of("/jwks")), (1, 1));
    trust.issuers.warm(BEGINNING).await;
    assert_eq!(partner.calls_of("/jwks"), 1);
}

#[tokio::test]
async fn a_written_address_of_the_keys_needs_no_discovery() {
    let partner = ForeignIssuer::open().await;
    let trust = Trust::in_one(&partner.url, &format!("jwks_uri = \"{}/jwks\"", partner.url)).await;
    trust.issuers.warm(BEGINNING).await;
    assert!(trust.verify(&token(&partner, Key::First, BEGINNING), BEGINNING).await.is_ok());
    assert_eq!((partner.calls_of(DISCOVERY), partner.calls_of("/jwks")), (0, 1));
}

#[tokio::test]
async fn an_unknown_key_is_looked_for_at_once_and_then_taken() {
    let partner = ForeignIssuer::open().await;
    let trust = Trust::with_rhythm(&partner.url, HASTY).await;
    assert!(trust.verify(&token(&partner, Key::First, BEGINNING), BEGINNING).await.is_ok());
    // Of a key with a name and of one without.
    partner.publishes(&[Key::Second]);
    assert!(trust.verify(&token(&partner, Key::Second, BEGINNING), BEGINNING).await.is_ok());
    assert_eq!(trust.reason(&token(&partner, Key::First, BEGINNING), BEGINNING).await, "key");
    partner.now_says(|says| {
        let mut jwk = Key::Stranger.jwk();
        jwk.as_object_mut().unwrap().remove("kid");
        says.jwks = json!({"keys": [jwk]});
    });
    let header = changed(Key::Stranger.header(), &json!({"kid": null}));
    let nameless = Key::Stranger.signs(&header, &partner.claims(BEGINNING));
    assert!(trust.verify(&nameless, BEGINNING).await.is_ok());
}

/// A stranger's names of keys cost the issuer one look in a pause, however many there are.
#[tokio::test]
async fn names_that_nobody_knows_are_looked_for_at_a_bounded_rate() {
    let partner = ForeignIssuer::open().await;
    let trust = Trust::with_rhythm(&partner.url, Rhythm { pause: Duration::from_secs(1), ..HASTY }).await;
    trust.issuers.warm(BEGINNING).await;
    let strange = |number: usize| {
        let header = changed(Key::Stranger.header(), &json!({"kid": format!("{number}")}));
        Key::Stranger.signs(&header, &partner.claims(BEGINNING))
    };
    let strangers: Vec<String> = (0..100).map(strange).collect();
    assert_eq!(trust.shown_at_once(&strangers, BEGINNING).await, ["key"; 100]);
    assert_eq!(partner.calls_of("/jwks"), 2);
}

/// So many do not wait that they would be a burden; and who is turned away is not told that the token is bad.
#[tokio::test]
async fn whoever_finds_too_many_waiting_is_told_to_come_again() {
    let partner = ForeignIssuer::open().await;
    let trust = Trust::with_rhythm(&partner.url, Rhythm { pause: HOUR, ..HASTY }).await;
    trust.issuers.warm(BEGINNING).await;
    let strange = token(&partner, Key::Stranger, BEGINNING);
    let mut waiting = tokio::task::JoinSet::new();
    let turned_away = Arc::new(AtomicBool::new(false));
    for _ in 0..2100 {
        let (trust, strange, turned_away) = (trust.clone(), strange.clone(), turned_away.clone());
        waiting.spawn(async move {
            let error = trust.verify(&strange, BEGINNING).await.unwrap_err();
            turned_away.store(error.code() == ErrorCode::TemporarilyUnavailable, Ordering::SeqCst);
        });
    }
    until(|| turned_away.load(Ordering::SeqCst)).await;
    // The others are served meanwhile.
    assert!(trust.verify(&token(&partner, Key::First, BEGINNING), BEGINNING).await.is_ok());
    waiting.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_rotates_its_keys_under_load_and_no_good_token_is_refused() {
    let partner = ForeignIssuer::open().await;
    let rhythm = Rhythm { pause: Duration::from_millis(50), ..HASTY };
    let trust = Trust::with_rhythm(&partner.url, rhythm).await;
    let rotation = [[Key::First, Key::Stranger], [Key::Second, Key::First], [Key::Stranger, Key::Second]];
    for round in 0..6 {
        let keys = rotation[round % 3];
        // It signs with the new key from the moment on that it publishes it.
        partner.publishes(&keys);
        let tokens = [keys[0], keys[1], keys[0], keys[0]].map(|key| token(&partner, key, BEGINNING));
        let load: Vec<String> = tokens.iter().cycle().take(120).cloned().collect();
        assert_eq!(trust.shown_at_once(&load, BEGINNING).await, [""; 0], "round {round}");
    }
}

#[tokio::test]
async fn old_keys_are_fetched_anew_behind_the_requests_backs() {
    let partner = ForeignIssuer::open().await;
    let trust = Trust::with_rhythm(&partner.url, HASTY).await;
    assert!(trust.verify(&token(&partner, Key::First, BEGINNING), BEGINNING).await.is_ok());
    let later = BEGINNING + HOUR;
    partner.publishes(&[Key::Second]);
    // The key was withdrawn: this one is still taken, and nothing after the fetch that it begins.
    assert!(trust.verify(&token(&partner, Key::First, later), later).await.is_ok());
    until(|| partner.calls_of("/jwks") == 2).await;
    while trust.verify(&token(&partner, Key::First, later), later).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert_eq!(trust.reason(&token(&partner, Key::First, later), later).await, "key");
}

#[tokio::test]
async fn keys_count_on_while_the_issuer_is_down_and_a_key_that_nobody_knows_is_no_ones_fault() {
    let partner = ForeignIssuer::open().await;
    let trust = Trust::with_rhythm(&partner.url, HASTY).await;
    assert!(trust.verify(&token(&partner, Key::First, BEGINNING), BEGINNING).await.is_ok());
    partner.now_says(|says| says.is_down = true);
    let later = BEGINNING + HOUR * 23;
    assert!(trust.verify(&token(&partner, Key::First, later), later).await.is_ok());
    let error = trust.verify(&token(&partner, Key::Second, later), later).await.unwrap_err();
    assert_eq!((error.reason(), error.code()), ("issuer_unavailable", ErrorCode::TemporarilyUnavailable));
    // Not for ever.
    let too_late = BEGINNING + HOUR * 25;
    assert_eq!(trust.reason(&token(&partner, Key::First, too_late), too_late).await, "issuer_unavailable");
    partner.now_says(|says| says.is_down = false);
    assert!(trust.verify(&token(&partner, Key::First, too_late), too_late).await.is_ok());
}

#[tokio::test]
async fn an_issuer_that_is_gone_keeps_nobody_out_who_has_a_token() {
    let partner = ForeignIssuer::open().await;
    let trust = Trust::with_rhythm(&partner.url, HASTY).await;
    let (first, later) = (token(&partner, Key::First, BEGINNING), BEGINNING + HOUR);
    assert!(trust.verify(&first, BEGINNING).await.is_ok());
    let second = token(&partner, Key::First, later);
    partner.stop().await;
    for _ in 0..5 {
        assert!(trust.verify(&second, later).await.is_ok());
    }
}

/// Nobody waits for an issuer that has just failed: it is tried again after the pause.
#[tokio::test]
async fn an_issuer_that_was_down_from_the_beginning_is_tried_again() {
    let partner = ForeignIssuer::open().await;
    partner.now_says(|says| says.is_down = true);
    let good = token(&partner, Key::First, BEGINNING);
    let patient = Trust::with_rhythm(&partner.url, Rhythm { pause: HOUR, ..HASTY }).await;
    for _ in 0..5 {
        assert_eq!(patient.reason(&good, BEGINNING).await, "issuer_unavailable");
    }
    assert_eq!(partner.calls_of(DISCOVERY), 1);
    let hasty = Trust::with_rhythm(&partner.url, HASTY).await;
    assert_eq!(hasty.reason(&good, BEGINNING).await, "issuer_unavailable");
    partner.now_says(|says| says.is_down = false);
    assert!(hasty.verify(&good, BEGINNING).await.is_ok());
}

/// OpenID Connect Discovery §4.3, and addresses that an issuer may not send us to.
#[tokio::test]
async fn a_discovery_document_counts_when_it_is_of_that_issuer_and_leads_to_tls() {
    let partner = ForeignIssuer::open().await;
    let good = token(&partner, Key::First, BEGINNING);
    let honest = format!("{}/jwks", partner.url);
    let rows = [
        (json!({"issuer": format!("{}/", partner.url)}), "of another issuer"),
        (json!({"issuer": "https://login.other.example"}), "of another issuer"),
        (json!({"issuer": null}), "malformed"),
        (json!({"jwks_uri": null}), "names no jwks_uri"),
        (json!({"jwks_uri": "keys"}), "malformed"),
        (json!({"jwks_uri": "http://keys.partner.example"}), "without TLS"),
        (json!({"jwks_uri": "file:///etc/passwd"}), "without TLS"),
        (json!({"jwks_uri": format!("{}/nowhere", partner.url)}), "status 404"),
        (json!({"jwks_uri": format!("{}/.well-known/openid-configuration", partner.url)}), "not a JWK Set"),
    ];
    for (changes, fragment) in rows {
        partner.now_says(|says| {
            says.discovery["issuer"] = partner.url.clone().into();
            says.discovery["jwks_uri"] = honest.clone().into();
            says.discovery = changed(says.discovery.clone(), &changes);
        });
        let trust = Trust::with_rhythm(&partner.url, HASTY).await;
        let error = trust.verify(&good, BEGINNING).await.unwrap_err();
        assert!(error.to_string().contains(fragment), "{changes}: {error}");
        assert_eq!(error.reason(), "issuer_unavailable");
    }
}

#[tokio::test]
async fn no_redirect_is_followed_and_no_endless_answer_read() {
    let partner = ForeignIssuer::open().await;
    let good = token(&partner, Key::First, BEGINNING);
    let trust = Trust::with_rhythm(&partner.url, HASTY).await;
    partner.now_says(|says| says.redirects = true);
    assert!(trust.verify(&good, BEGINNING).await.unwrap_err().to_string().contains("status 307"));
    partner.now_says(|says| {
        says.redirects = false;
        says.jwks["padding"] = "x".repeat(600 * 1024).into();
    });
    assert!(trust.verify(&good, BEGINNING).await.unwrap_err().to_string().contains("more than"));
    partner.publishes(&[Key::First]);
    assert!(trust.verify(&good, BEGINNING).await.is_ok());
}

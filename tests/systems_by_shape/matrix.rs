//! A Matrix homeserver: codes with a status of their own, and a refresh that works for locked users.

use std::time::Duration;

use passerelle::legacy::probe::Life;
use passerelle::legacy::refresh::{Class, Rotation};
use passerelle::legacy::refusal::Refusal;
use passerelle::secret::Secret;
use rstest::rstest;
use serde_json::{Value, json};

use super::scripted::says;
use super::{Asked, System, Way, access, refresh, seconds};

pub(super) const WAY: Way = Way::new("preset = 'matrix'", LOGIN, typed);
const LOGIN: &str = "POST /_matrix/client/v3/login";
const REFRESH: &str = "POST /_matrix/client/v3/refresh";
const WHOAMI: &str = "GET /_matrix/client/v3/account/whoami";

fn typed(asked: &Asked) -> (String, String) {
    (asked.json_at("/identifier/user"), asked.json_at("/password"))
}

pub(super) async fn system() -> System {
    let system = System::of(&WAY).await;
    system
        .old
        .on(LOGIN, says(403, &json!({ "errcode": "M_FORBIDDEN", "error": "Invalid username or password" })));
    let granted = json!({
        "user_id": "@alice:example.org", "access_token": "syt_1", "refresh_token": "syr_1", "expires_in_ms": 300_000,
        "device_id": "D", "home_server": "example.org",
    });
    system.old.when(LOGIN, |asked| typed(asked).1 == "wonderland", says(200, &granted));
    let renewed = json!({ "access_token": "syt_2", "refresh_token": "syr_2", "expires_in_ms": 300_000 });
    system.old.when(REFRESH, |asked| asked.json_at("/refresh_token") == "syr_1", says(200, &renewed));
    system.old.on(
        "GET /_matrix/client/v3/profile/%40alice%3Aexample.org",
        says(200, &json!({ "displayname": "Alice" })),
    );
    system.old.on(WHOAMI, says(200, &json!({ "user_id": "@alice:example.org" })));
    system
}

#[tokio::test]
async fn alice_is_her_matrix_id() {
    let system = system().await;
    let (alice, tokens) = system.alice().await;
    assert_eq!(alice.legacy_id.as_str(), "@alice:example.org");
    assert_eq!(Value::Object(alice.claims), json!({ "name": "Alice", "preferred_username": "alice" }));
    assert_eq!((access(&tokens), refresh(&tokens), seconds(&tokens)), ("syt_1", Some("syr_1"), Some(300)));
    let asked = system.old.last(LOGIN).json();
    assert_eq!(
        (&asked["type"], &asked["identifier"]["type"]),
        (&json!("m.login.password"), &json!("m.id.user"))
    );
    assert_eq!(asked["refresh_token"], json!(true));
}

#[tokio::test]
async fn a_closed_profile_keeps_nobody_out() {
    let system = system().await;
    let closed = json!({ "errcode": "M_FORBIDDEN" });
    system.old.on("GET /_matrix/client/v3/profile/%40alice%3Aexample.org", says(403, &closed));
    assert_eq!(Value::Object(system.alice().await.0.claims), json!({ "preferred_username": "alice" }));
}

#[rstest]
#[case(403, json!({ "errcode": "M_FORBIDDEN" }), Refusal::WrongCredentials)]
#[case(401, json!({ "errcode": "M_USER_LOCKED", "soft_logout": true }), Refusal::Locked { after: None })]
#[case(403, json!({ "errcode": "M_USER_DEACTIVATED" }), Refusal::Disabled)]
#[case(429, json!({ "errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2000 }), Refusal::RateLimited { after: Some(Duration::from_secs(2)) })]
#[case(400, json!({ "errcode": "M_BAD_JSON" }), Refusal::Misconfigured { why: "status 400, by legacy.error[4]".into() })]
#[tokio::test]
async fn each_code_has_its_word(#[case] status: u16, #[case] said: Value, #[case] refusal: Refusal) {
    let system = system().await;
    system.old.on(LOGIN, says(status, &said));
    assert_eq!(system.refusal("alice", "wonderland").await, refusal);
}

#[tokio::test]
async fn a_refresh_token_may_be_shown_again_until_its_successor_was_used() {
    let system = system().await;
    assert_eq!(system.connector.rotation(), Some(Rotation::Rotate));
    for _ in 0..2 {
        assert_eq!(refresh(&system.refreshed("syr_1").await.unwrap()), Some("syr_2"));
    }
    assert_eq!(system.old.last(REFRESH).header("authorization"), "");
    system.old.on(REFRESH, says(401, &json!({ "errcode": "M_UNKNOWN_TOKEN" })));
    assert_eq!(system.refreshed("syr_1").await.unwrap_err().class, Class::Fatal);
}

#[tokio::test]
async fn signing_out_removes_the_device() {
    let system = system().await;
    system.old.on("POST /_matrix/client/v3/logout", says(200, &json!({})));
    system.connector.sign_out(&Secret::from("syt_1"), None).await.unwrap();
    assert_eq!(system.old.last("POST /_matrix/client/v3/logout").header("authorization"), "Bearer syt_1");
    assert_eq!(system.life("syt_1", "@alice:example.org").await, Life::Alive);
}

//! Doorkeeper: the form of RFC 6749 with `created_at`, and a refresh token that is replaced once the new access token was used.

use passerelle::legacy::refresh::{Class, Rotation};
use passerelle::legacy::refusal::Refusal;
use rstest::rstest;
use serde_json::json;

use super::scripted::says;
use super::{System, Way, form, refresh, seconds};

pub(super) const WAY: Way = Way::new(
    "preset = 'oauth2-password'
    client_id = 'uid'
    client_secret = 's3cret'
    token = { client = 'body' }
    refresh = { rotation = 'rotate' }
    profile = [{ name = 'me', url = '{base_url}/api/v1/me.json' }]
    identity = { legacy_id = '/me/id', user_name = '/me/email' }
    claims = { email = '/me/email' }",
    "POST /oauth/token",
    form,
);

async fn system() -> System {
    let system = System::of(&WAY).await;
    let granted = json!({
        "access_token": "T0KEN", "token_type": "Bearer", "expires_in": 7200, "refresh_token": "R1", "scope": "public",
        "created_at": super::epoch(0),
    });
    system.old.when(
        "POST /oauth/token",
        |asked| asked.field("password") == "wonderland",
        says(200, &granted),
    );
    system.old.on("GET /api/v1/me.json", says(200, &json!({ "id": 3, "email": "alice@example.org" })));
    system
}

#[tokio::test]
async fn alice_signs_in() {
    let system = system().await;
    let (alice, tokens) = system.alice().await;
    assert_eq!((alice.legacy_id.as_str(), alice.user_name.as_str()), ("3", "alice@example.org"));
    assert_eq!((refresh(&tokens), seconds(&tokens)), (Some("R1"), Some(7200)));
    assert_eq!(system.old.last("POST /oauth/token").field("client_secret"), "s3cret");
}

#[rstest]
#[case(400)]
#[case(401)]
#[tokio::test]
async fn wrong_and_locked_are_one_code(#[case] status: u16) {
    let system = system().await;
    let said = json!({ "error": "invalid_grant", "error_description": "The provided authorization grant is invalid, expired, revoked, …" });
    system.old.on("POST /oauth/token", says(status, &said));
    assert_eq!(system.refusal("alice", "x").await, Refusal::WrongCredentials);
    assert_eq!(system.refreshed("R0").await.unwrap_err().class, Class::Fatal);
}

#[tokio::test]
async fn a_lost_answer_may_be_asked_for_again() {
    let rotation = system().await.connector.rotation().unwrap();
    assert_eq!(rotation, Rotation::Rotate);
    assert!(rotation.forgives_a_second_try());
}

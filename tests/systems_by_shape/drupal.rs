//! Drupal with simple_oauth: the token is a JWT, and the reason stands in `message` too.

use passerelle::legacy::refresh::Class;
use passerelle::legacy::refusal::Refusal;
use serde_json::json;

use super::scripted::{jwt, says};
use super::{System, Way, form, refresh};

pub(super) const WAY: Way = Way::new(
    "preset = 'oauth2-password'
    client_id = 'bridge'
    client_secret = 's3cret'
    token = { client = 'body' }
    jwt = { from = '/access_token', trust = 'transport' }
    identity = { legacy_id = '/jwt/sub' }",
    "POST /oauth/token",
    form,
);

#[tokio::test]
async fn alice_is_the_subject_of_her_token() {
    let system = System::of(&WAY).await;
    let token = jwt(&json!({ "sub": "17", "aud": "bridge" }));
    let granted =
        json!({ "token_type": "Bearer", "expires_in": 300, "access_token": token, "refresh_token": "def5" });
    system.old.when(
        "POST /oauth/token",
        |asked| asked.field("password") == "wonderland",
        says(200, &granted),
    );
    system.old.on(
        "GET /oauth/userinfo",
        says(200, &json!({ "sub": "17", "name": "alice", "email": "alice@example.org" })),
    );
    let (alice, tokens) = system.alice().await;
    assert_eq!((alice.legacy_id.as_str(), alice.user_name.as_str()), ("17", "alice"));
    assert_eq!((refresh(&tokens), &alice.claims["email"]), (Some("def5"), &json!("alice@example.org")));
    let said = json!({ "error": "invalid_grant", "error_description": "…", "message": "The user credentials were incorrect." });
    system.old.on("POST /oauth/token", says(400, &said));
    assert_eq!(system.refusal("alice", "x").await, Refusal::WrongCredentials);
    assert_eq!(system.refreshed("def4").await.unwrap_err().class, Class::Fatal);
}

#[tokio::test]
async fn a_token_that_cannot_be_read_lets_nobody_in() {
    let system = System::of(&WAY).await;
    system.old.on("POST /oauth/token", says(200, &json!({ "access_token": "opaque" })));
    system.old.on("GET /oauth/userinfo", says(200, &json!({ "sub": "17" })));
    assert!(matches!(system.refusal("alice", "wonderland").await, Refusal::NoImmutableId { .. }));
}

//! The old Spring Security OAuth: a Basic client, one code, and a sentence for each reason.

use passerelle::legacy::refresh::Rotation;
use passerelle::legacy::refusal::Refusal;
use rstest::rstest;
use serde_json::json;

use super::scripted::says;
use super::{System, Way, access, form, refresh};

pub(super) const WAY: Way = Way::new(
    "preset = 'oauth2-password'
    client_id = 'bridge'
    client_secret = 's3cret'
    refresh = { rotation = 'none' }
    profile = [{ name = 'me', url = '{base_url}/api/me' }]
    identity = { legacy_id = '/me/id', user_name = '/me/login' }",
    "POST /oauth/token",
    form,
);

#[tokio::test]
async fn alice_signs_in_and_her_refresh_token_may_be_used_again() {
    let system = System::of(&WAY).await;
    let granted = json!({ "access_token": "T0KEN", "token_type": "bearer", "refresh_token": "R1", "expires_in": 43199, "scope": "read" });
    system.old.when(
        "POST /oauth/token",
        |asked| asked.field("password") == "wonderland",
        says(200, &granted),
    );
    system.old.when("POST /oauth/token", |asked| asked.field("refresh_token") == "R1", says(200, &granted));
    system.old.on("GET /api/me", says(200, &json!({ "id": "1", "login": "alice" })));
    let (alice, tokens) = system.alice().await;
    assert_eq!((alice.legacy_id.as_str(), refresh(&tokens)), ("1", Some("R1")));
    for _ in 0..2 {
        let tokens = system.refreshed("R1").await.unwrap();
        assert_eq!((access(&tokens), refresh(&tokens)), ("T0KEN", Some("R1")));
    }
    assert_eq!(system.connector.rotation(), Some(Rotation::None));
    for asked in system.old.asked("POST /oauth/token") {
        assert_eq!(asked.basic(), Some(("bridge".into(), "s3cret".into())));
        assert_eq!(asked.field("client_secret"), "");
    }
}

#[rstest]
#[case("Bad credentials", Refusal::WrongCredentials)]
#[case("User account is locked", Refusal::Locked { after: None })]
#[case("User is disabled", Refusal::Disabled)]
#[case("User account has expired", Refusal::Disabled)]
#[case("User credentials have expired", Refusal::PasswordExpired { link: None })]
#[tokio::test]
async fn each_reason_has_a_sentence(#[case] sentence: &str, #[case] refusal: Refusal) {
    let system = System::of(&WAY).await;
    system.old.on(
        "POST /oauth/token",
        says(400, &json!({ "error": "invalid_grant", "error_description": sentence })),
    );
    assert_eq!(system.refusal("alice", "wonderland").await, refusal);
}

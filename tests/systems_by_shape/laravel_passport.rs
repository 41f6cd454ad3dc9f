//! Laravel Passport: the client in the body, and codes that changed between versions.

use passerelle::legacy::refresh::Class;
use passerelle::legacy::refusal::Refusal;
use rstest::rstest;
use serde_json::{Value, json};

use super::scripted::says;
use super::{System, Way, access, form, refresh, seconds};

pub(super) const WAY: Way = Way::new(
    "preset = 'laravel-passport'\nclient_id = '2'\nclient_secret = 's3cret'\nclaims = { email_verified = 'user.email_verified_at is not none' }",
    "POST /oauth/token",
    form,
);

async fn system() -> System {
    let system = System::of(&WAY).await;
    let granted = json!({ "token_type": "Bearer", "expires_in": 31536000, "access_token": "T0KEN", "refresh_token": "def50200" });
    system.old.when(
        "POST /oauth/token",
        |asked| asked.field("password") == "wonderland",
        says(200, &granted),
    );
    let me = json!({ "id": 41, "name": "Alice", "email": "alice@example.org", "email_verified_at": null });
    system.old.on("GET /api/user", says(200, &me));
    system
}

#[tokio::test]
async fn alice_signs_in() {
    let system = system().await;
    let (alice, tokens) = system.alice().await;
    assert_eq!((alice.legacy_id.as_str(), alice.user_name.as_str()), ("41", "alice@example.org"));
    assert_eq!(
        Value::Object(alice.claims),
        json!({ "name": "Alice", "email": "alice@example.org", "email_verified": false })
    );
    assert_eq!((refresh(&tokens), seconds(&tokens)), (Some("def50200"), Some(31_536_000)));
    let asked = system.old.last("POST /oauth/token");
    assert_eq!((asked.field("client_id"), asked.field("client_secret")), ("2".into(), "s3cret".into()));
    assert_eq!(asked.form().get("scope").map(String::as_str), Some(""));
}

#[rstest]
#[case::today(400, json!({ "error": "invalid_grant", "error_description": "The user credentials were incorrect.", "hint": "", "message": "x" }))]
#[case::before(401, json!({ "error": "invalid_grant", "message": "The user credentials were incorrect." }))]
#[case::long_ago(401, json!({ "error": "invalid_credentials", "message": "The user credentials were incorrect." }))]
#[tokio::test]
async fn a_wrong_password_is_one_whatever_the_version(#[case] status: u16, #[case] said: Value) {
    let system = system().await;
    system.old.on("POST /oauth/token", says(status, &said));
    assert_eq!(system.refusal("alice", "x").await, Refusal::WrongCredentials);
}

#[tokio::test]
async fn an_unknown_client_is_our_mistake() {
    let system = system().await;
    system.old.on("POST /oauth/token", says(401, &json!({ "error": "invalid_client" })));
    assert!(matches!(system.refusal("alice", "x").await, Refusal::Misconfigured { .. }));
}

#[tokio::test]
async fn refresh_tokens_rotate_and_the_one_before_is_dead() {
    let system = system().await;
    let renewed = json!({ "token_type": "Bearer", "expires_in": 60, "access_token": "T2", "refresh_token": "def50201" });
    system.old.when(
        "POST /oauth/token",
        |asked| asked.field("refresh_token") == "def50200",
        says(200, &renewed),
    );
    let tokens = system.refreshed("def50200").await.unwrap();
    assert_eq!((access(&tokens), refresh(&tokens)), ("T2", Some("def50201")));
    for (status, code, class) in [
        (400, "invalid_grant", Class::Fatal),
        (401, "invalid_request", Class::Fatal),
        (400, "invalid_request", Class::Transient),
    ] {
        system.old.on(
            "POST /oauth/token",
            says(status, &json!({ "error": code, "hint": "Token has been revoked" })),
        );
        assert_eq!(system.refreshed("def50200").await.unwrap_err().class, class, "{status} {code}");
    }
}

//! Directus: one call with or without a second factor, milliseconds, and a suspended user whose profile is 200.

use passerelle::legacy::probe::Life;
use passerelle::legacy::refresh::Class;
use passerelle::legacy::refusal::Refusal;
use passerelle::secret::Secret;
use rstest::rstest;
use serde_json::{Value, json};

use super::scripted::{Said, jwt, says};
use super::{Asked, System, Way, access, challenge, refresh, seconds};

pub(super) const WAY: Way = Way::new("preset = 'directus'", "POST /auth/login", typed);

fn typed(asked: &Asked) -> (String, String) {
    (asked.json_at("/email"), asked.json_at("/password"))
}

fn refused(status: u16, code: &str) -> Said {
    says(status, &json!({ "errors": [{ "message": "…", "extensions": { "code": code } }] }))
}

fn granted(refresh_token: &str) -> Said {
    let token = jwt(&json!({ "id": "d1r3", "role": "r", "app_access": true }));
    says(
        200,
        &json!({ "data": { "expires": 900_000, "access_token": token, "refresh_token": refresh_token } }),
    )
}

pub(super) async fn system() -> System {
    let system = System::of(&WAY).await;
    system.old.on("POST /auth/login", refused(401, "INVALID_CREDENTIALS"));
    let right = |asked: &Asked| typed(asked) == ("alice".to_owned(), "wonderland".to_owned());
    system.old.when("POST /auth/login", right, granted("R1"));
    system.old.when("POST /auth/refresh", |asked| asked.json_at("/refresh_token") == "R1", granted("R2"));
    let me = json!({ "id": "d1r3", "first_name": "Alice", "last_name": "Liddell", "email": "alice@example.org", "status": "active" });
    system.old.on("GET /users/me", says(200, &json!({ "data": me })));
    system
}

#[tokio::test]
async fn alice_is_named_by_her_token_and_described_by_her_profile() {
    let system = system().await;
    let (alice, tokens) = system.alice().await;
    assert_eq!((alice.legacy_id.as_str(), alice.user_name.as_str()), ("d1r3", "alice@example.org"));
    assert_eq!(alice.claims["name"], "Alice Liddell");
    assert_eq!((seconds(&tokens), refresh(&tokens)), (Some(900), Some("R1")));
    assert_eq!(system.old.last("POST /auth/login").json()["mode"], "json");
    assert_eq!(
        system.old.last("GET /users/me").header("authorization"),
        format!("Bearer {}", access(&tokens))
    );
}

#[rstest]
#[case(401, "INVALID_CREDENTIALS", Refusal::WrongCredentials)]
#[case(401, "USER_SUSPENDED", Refusal::Disabled)]
#[case(429, "REQUESTS_EXCEEDED", Refusal::RateLimited { after: None })]
#[case(400, "INVALID_PAYLOAD", Refusal::Misconfigured { why: "status 400, by legacy.error[4]".into() })]
#[tokio::test]
async fn a_code_deep_in_a_list_tells_why(#[case] status: u16, #[case] code: &str, #[case] refusal: Refusal) {
    let system = system().await;
    system.old.on("POST /auth/login", refused(status, code));
    assert_eq!(system.refusal("alice", "wonderland").await, refusal);
}

#[tokio::test]
async fn no_second_factor_and_a_wrong_one_have_one_code_and_are_told_apart() {
    let system = system().await;
    system.old.on("POST /auth/login", refused(401, "INVALID_OTP"));
    system.old.when("POST /auth/login", |asked| asked.json_at("/otp") == "123456", granted("R1"));
    let refusal = system.refusal("alice", "wonderland").await;
    assert!(matches!(refusal, Refusal::SecondFactorRequired(_)), "{refusal:?}");
    let asks = challenge(refusal);
    assert!(asks.wants_password);
    let wrong = system.second(&asks, Some("wonderland"), "000000").await.unwrap_err();
    assert!(matches!(wrong, Refusal::SecondFactorWrong(_)), "{wrong:?}");
    let arrival = system.second(&challenge(wrong), Some("wonderland"), "123456").await.unwrap();
    assert_eq!(arrival.identity.legacy_id.as_str(), "d1r3");
    let asked = system.old.last("POST /auth/login").json();
    assert_eq!(asked, json!({ "email": "alice", "password": "wonderland", "otp": "123456", "mode": "json" }));
}

#[rstest]
#[case("USER_SUSPENDED", Class::Fatal)]
#[case("TOKEN_EXPIRED", Class::Fatal)]
#[case("SERVICE_UNAVAILABLE", Class::Transient)]
#[tokio::test]
async fn a_refresh_rotates_and_says_who_is_suspended(#[case] code: &str, #[case] class: Class) {
    let system = system().await;
    assert_eq!(refresh(&system.refreshed("R1").await.unwrap()), Some("R2"));
    assert_eq!(
        system.old.last("POST /auth/refresh").json(),
        json!({ "refresh_token": "R1", "mode": "json" })
    );
    system.old.on("POST /auth/refresh", refused(401, code));
    assert_eq!(system.refreshed("R2").await.unwrap_err().class, class);
}

#[tokio::test]
async fn a_profile_of_nothing_but_the_id_is_a_suspended_users() {
    let system = system().await;
    assert_eq!(system.life("T", "d1r3").await, Life::Alive);
    system.old.on("GET /users/me", says(200, &json!({ "data": { "id": "d1r3" } })));
    assert_eq!(system.life("T", "d1r3").await, Life::Over);
    assert_eq!(system.refusal("alice", "wonderland").await, Refusal::Disabled);
    // A system that is broken says nothing about anybody.
    system.old.on("GET /users/me", says(503, &json!({})));
    assert_eq!(system.life("T", "d1r3").await, Life::NoAnswer("status 503".into()));
}

#[tokio::test]
async fn signing_out_gives_the_refresh_token_back() {
    let system = system().await;
    system.old.on("POST /auth/logout", says(204, &Value::Null));
    system.connector.sign_out(&Secret::from("T"), Some(&Secret::from("R1"))).await.unwrap();
    assert_eq!(system.old.last("POST /auth/logout").json()["refresh_token"], "R1");
}

//! WordPress with the JWT plug-in: codes among HTML, an id in the token, and a profile call that some sites close.

use passerelle::legacy::probe::Life;
use passerelle::legacy::refusal::Refusal;
use rstest::rstest;
use serde_json::{Value, json};

use super::scripted::{jwt, says};
use super::{System, Way, about, epoch, form, refresh};

pub(super) const WAY: Way = Way::new("preset = 'wordpress-jwt'", LOGIN, form);
const LOGIN: &str = "POST /wp-json/jwt-auth/v1/token";
const ME: &str = "GET /wp-json/wp/v2/users/me";

async fn system() -> System {
    let system = System::of(&WAY).await;
    let token = jwt(
        &json!({ "iss": "https://www.example.org", "exp": epoch(604_800), "data": { "user": { "id": "5" } } }),
    );
    let granted = json!({ "token": token, "user_email": "alice@example.org", "user_nicename": "alice", "user_display_name": "Alice" });
    system.old.when(LOGIN, |asked| asked.field("password") == "wonderland", says(200, &granted));
    system.old.on(
        ME,
        says(200, &json!({ "id": 5, "first_name": "Alice", "last_name": "", "roles": ["subscriber"] })),
    );
    system
}

#[tokio::test]
async fn alice_is_the_number_in_her_token() {
    let system = system().await;
    let (alice, tokens) = system.alice().await;
    assert_eq!((alice.legacy_id.as_str(), alice.user_name.as_str()), ("5", "alice"));
    assert_eq!(
        (&alice.claims["roles"], &alice.claims["given_name"]),
        (&json!(["subscriber"]), &json!("Alice"))
    );
    assert!(!alice.claims.contains_key("family_name"), "an empty name is none");
    assert!(about(&tokens, 604_800), "{tokens:?}");
    assert_eq!((refresh(&tokens), system.connector.rotation()), (None, None));
}

#[tokio::test]
async fn where_the_profile_is_closed_the_answer_of_the_login_is_enough() {
    let system = system().await;
    system.old.on(ME, says(401, &json!({ "code": "rest_user_cannot_view" })));
    let (alice, _) = system.alice().await;
    assert_eq!((&alice.claims["name"], alice.claims.contains_key("roles")), (&json!("Alice"), false));
    assert_eq!(system.life("T", "5").await, Life::TokenRefused);
}

#[rstest]
#[case("[jwt_auth] incorrect_password", Refusal::WrongCredentials)]
#[case("[jwt_auth] invalid_username", Refusal::UnknownUser)]
#[case("[jwt_auth] invalid_email", Refusal::UnknownUser)]
#[case("[jwt_auth] too_many_retries", Refusal::RateLimited { after: None })]
#[case("jwt_auth_bad_config", Refusal::Misconfigured { why: "status 403, by legacy.error[4]".into() })]
#[case("[jwt_auth] some_plugins_own", Refusal::Unknown { why: "status 403".into() })]
#[tokio::test]
async fn the_code_tells_why_and_the_html_is_left_alone(#[case] code: &str, #[case] refusal: Refusal) {
    let system = system().await;
    let said = json!({ "code": code, "message": "<strong>Error</strong>: <b>alice</b> <a href='/lost'>Lost?</a>", "data": { "status": 403 } });
    system.old.on(LOGIN, says(403, &said));
    let refused = system.refusal("alice", "x").await;
    assert_eq!(refused, refusal);
    assert!(!format!("{refused:?} {refused}").contains("strong"), "{refused:?}");
}

#[tokio::test]
async fn a_site_without_the_plug_in_is_our_mistake() {
    let system = system().await;
    let said: Value = json!({ "code": "rest_no_route", "message": "No route was found" });
    system.old.on(LOGIN, says(404, &said));
    assert!(matches!(system.refusal("alice", "x").await, Refusal::Misconfigured { .. }));
}

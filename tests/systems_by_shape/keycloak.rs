//! Keycloak's direct access grant.

use passerelle::legacy::probe::Life;
use passerelle::legacy::refresh::Class;
use passerelle::legacy::refusal::Refusal;
use passerelle::secret::Secret;
use rstest::rstest;
use serde_json::{Value, json};

use super::scripted::{jwt, says};
use super::{System, Way, form, refresh, seconds};

pub(super) const WAY: Way = Way::new(
    "preset = 'keycloak-password'\nclient_id = 'bridge'\nclient_secret = 's3cret'",
    "POST /protocol/openid-connect/token",
    form,
);
const TOKEN: &str = "POST /protocol/openid-connect/token";
const USERINFO: &str = "GET /protocol/openid-connect/userinfo";

fn refused(description: &str) -> Value {
    json!({ "error": "invalid_grant", "error_description": description })
}

async fn system() -> System {
    let system = System::of(&WAY).await;
    system.old.on(TOKEN, says(401, &refused("Invalid user credentials")));
    let token = jwt(&json!({ "sub": "a-uuid", "realm_access": { "roles": ["member", "editor"] } }));
    let granted = json!({
        "access_token": token, "expires_in": 300, "refresh_expires_in": 1800, "refresh_token": "R1", "token_type": "Bearer",
        "session_state": "s", "scope": "openid",
    });
    system.old.when(TOKEN, |asked| asked.field("password") == "wonderland", says(200, &granted));
    system.old.when(TOKEN, |asked| asked.field("refresh_token") == "R1", says(200, &granted));
    let me = json!({ "sub": "a-uuid", "preferred_username": "alice", "email": "alice@example.org", "given_name": "Alice" });
    system.old.on(USERINFO, says(200, &me));
    system
}

#[tokio::test]
async fn alice_has_the_roles_of_her_realm() {
    let system = system().await;
    let (alice, tokens) = system.alice().await;
    assert_eq!((alice.legacy_id.as_str(), alice.user_name.as_str()), ("a-uuid", "alice"));
    assert_eq!(
        (&alice.claims["roles"], &alice.claims["given_name"]),
        (&json!(["member", "editor"]), &json!("Alice"))
    );
    assert_eq!((seconds(&tokens), refresh(&tokens)), (Some(300), Some("R1")));
    let asked = system.old.last(TOKEN);
    assert_eq!((asked.field("client_id"), asked.field("client_secret")), ("bridge".into(), "s3cret".into()));
    assert_eq!(asked.field("scope"), "openid profile email");
}

#[rstest]
#[case(401, "Invalid user credentials", Refusal::WrongCredentials)]
#[case(400, "Account disabled", Refusal::Disabled)]
#[tokio::test]
async fn a_status_of_its_own_tells_who_may_not_come_in(
    #[case] status: u16,
    #[case] words: &str,
    #[case] refusal: Refusal,
) {
    let system = system().await;
    system.old.on(TOKEN, says(status, &refused(words)));
    assert_eq!(system.refusal("alice", "x").await, refusal);
}

#[tokio::test]
async fn an_account_with_something_left_to_do_is_led_to_where_it_is_done() {
    let system = system().await;
    system.old.on(TOKEN, says(400, &refused("Account is not fully set up")));
    let link = Some(format!("{}/account/", system.old.base_url));
    assert_eq!(system.refusal("alice", "wonderland").await, Refusal::MustChangePassword { link });
}

#[tokio::test]
async fn a_refresh_works_until_the_session_is_over_and_then_the_person_is_out() {
    let system = system().await;
    assert_eq!(refresh(&system.refreshed("R1").await.unwrap()), Some("R1"));
    system.old.on(TOKEN, says(400, &refused("Token is not active")));
    assert_eq!(system.refreshed("R1").await.unwrap_err().class, Class::Fatal);
    system.old.on(USERINFO, says(401, &json!({ "error": "invalid_token" })));
    assert_eq!(system.life("T", "a-uuid").await, Life::TokenRefused);
}

#[tokio::test]
async fn signing_out_ends_the_session_there() {
    let system = system().await;
    system.old.on("POST /protocol/openid-connect/logout", says(204, &Value::Null));
    system.connector.sign_out(&Secret::from("T"), Some(&Secret::from("R1"))).await.unwrap();
    let asked = system.old.last("POST /protocol/openid-connect/logout");
    assert_eq!(asked.text(), "client_id=bridge&client_secret=s3cret&refresh_token=R1");
    assert_eq!(asked.header("authorization"), "");
}

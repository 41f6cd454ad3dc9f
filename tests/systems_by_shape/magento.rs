//! Magento 2: the whole answer is the token, and the staff has a second factor at an address of its own.

use passerelle::legacy::probe::Life;
use passerelle::legacy::refusal::Refusal;
use serde_json::{Value, json};

use super::scripted::{jwt, says};
use super::{Asked, System, Way, access, challenge, refresh, seconds};

pub(super) const CUSTOMERS: Way =
    Way::new("preset = 'magento'", "POST /rest/V1/integration/customer/token", typed);
/// Not the preset's people: an address of their own, a second factor, and an id in the token.
pub(super) const STAFF: Way = Way::new(
    "jwt = { from = '', trust = 'transport' }
    identity = { legacy_id = '/jwt/uid', user_name = '/typed/user_name' }
    error = [
        { at = '/message', matches = '2fa provider', outcome = 'second_factor_required' },
        { at = '/message', matches = 'Invalid (security|two-factor) code', outcome = 'second_factor_wrong' },
        { status = 401, outcome = 'wrong_credentials' },
    ]
    [login]
    url = '{base_url}/rest/V1/integration/admin/token'
    json = { username = '{/typed/user_name}', password = '{/typed/password}' }
    access_token = ''
    [challenge]
    url = '{base_url}/rest/V1/tfa/provider/google/authenticate'
    json = { username = '{/typed/user_name}', password = '{/typed/password}', otp = '{/typed/code}' }",
    "POST /rest/V1/integration/admin/token",
    typed,
);

fn typed(asked: &Asked) -> (String, String) {
    (asked.json_at("/username"), asked.json_at("/password"))
}

const LOGIN: &str = "POST /rest/V1/integration/customer/token";

async fn system() -> System {
    let system = System::of(&CUSTOMERS).await;
    let refused = json!({ "message": "The account sign-in was incorrect or your account is disabled temporarily. Please wait and try again later." });
    system.old.on(LOGIN, says(401, &refused));
    system.old.when(LOGIN, |asked| typed(asked).1 == "wonderland", says(200, &json!("T0KEN")));
    let me = json!({ "id": 12, "group_id": 1, "email": "alice@example.org", "firstname": "Alice", "lastname": "Liddell" });
    system.old.on("GET /rest/V1/customers/me", says(200, &me));
    system
}

#[tokio::test]
async fn a_bare_text_is_the_token() {
    let system = system().await;
    let (alice, tokens) = system.alice().await;
    assert_eq!((alice.legacy_id.as_str(), alice.user_name.as_str()), ("12", "alice@example.org"));
    assert_eq!(
        (&alice.claims["name"], &alice.claims["customer_group"]),
        (&json!("Alice Liddell"), &json!("1"))
    );
    assert_eq!((access(&tokens), refresh(&tokens), seconds(&tokens)), ("T0KEN", None, None));
    assert_eq!(system.old.last("GET /rest/V1/customers/me").header("authorization"), "Bearer T0KEN");
    assert_eq!(system.connector.rotation(), None);
}

#[tokio::test]
async fn wrong_and_disabled_are_one_sentence_and_unconfirmed_is_another() {
    let system = system().await;
    assert_eq!(system.refusal("alice", "x").await, Refusal::WrongCredentials);
    system
        .old
        .on(LOGIN, says(401, &json!({ "message": "This account isn't confirmed. Verify and try again." })));
    assert_eq!(system.refusal("alice", "wonderland").await, Refusal::Unconfirmed);
}

#[tokio::test]
async fn a_token_that_is_over_is_told() {
    let system = system().await;
    assert_eq!(system.life("T0KEN", "12").await, Life::Alive);
    system
        .old
        .on("GET /rest/V1/customers/me", says(401, &json!({ "message": "The consumer isn't authorized" })));
    assert_eq!(system.life("T0KEN", "12").await, Life::TokenRefused);
}

#[tokio::test]
async fn the_staff_is_asked_for_a_second_factor_at_another_address() {
    let system = System::of(&STAFF).await;
    let told = json!({ "message": "Please use the 2fa provider-specific endpoints to obtain a token.", "parameters": { "active_providers": ["google"] } });
    system.old.on("POST /rest/V1/integration/admin/token", says(401, &told));
    let second = "POST /rest/V1/tfa/provider/google/authenticate";
    system.old.on(second, says(401, &json!({ "message": "Invalid two-factor code" })));
    let token = Value::String(jwt(&json!({ "uid": 3, "utypid": 2 })));
    system.old.when(second, |asked| asked.json_at("/otp") == "123456", says(200, &token));
    let asks = challenge(system.refusal("alice", "wonderland").await);
    assert!(asks.wants_password);
    let wrong = system.second(&asks, Some("wonderland"), "1").await.unwrap_err();
    assert!(matches!(wrong, Refusal::SecondFactorWrong(_)), "{wrong:?}");
    let arrival = system.second(&asks, Some("wonderland"), "123456").await.unwrap();
    assert_eq!(arrival.identity.legacy_id.as_str(), "3");
    assert_eq!(typed(&system.old.last(second)), ("alice".into(), "wonderland".into()));
}

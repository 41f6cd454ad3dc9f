//! Salesforce's user-name and password flow: the answer names the URL that tells who it is, and the host of the API.

use passerelle::legacy::probe::Life;
use passerelle::legacy::refusal::Refusal;
use rstest::rstest;
use serde_json::{Value, json};

use super::scripted::says;
use super::{System, Way, access, form, refresh, seconds};

pub(super) const WAY: Way = Way::new(
    "preset = 'salesforce'
    client_id = '3MVG9'
    client_secret = 's3cret'
    origins = ['https://*.my.salesforce.com']",
    "POST /services/oauth2/token",
    form,
);
const ID: &str = "/id/00D/005";

async fn system() -> System {
    let system = System::of(&WAY).await;
    let refused = json!({ "error": "invalid_grant", "error_description": "authentication failure" });
    system.old.on("POST /services/oauth2/token", says(400, &refused));
    let granted = json!({
        "id": format!("{}{ID}", system.old.base_url), "issued_at": "1278448832702", "instance_url": "https://members.my.salesforce.com",
        "signature": "0Cm", "access_token": "00D!AQ", "token_type": "Bearer",
    });
    system.old.when(
        "POST /services/oauth2/token",
        |asked| asked.field("password") == "wonderlandSecurityT0ken",
        says(200, &granted),
    );
    let user = json!({ "user_id": "005", "organization_id": "00D", "username": "alice@example.org", "display_name": "Alice L", "active": true });
    system.old.on(&format!("GET {ID}"), says(200, &user));
    system
}

#[tokio::test]
async fn alice_types_her_security_token_behind_her_password() {
    let system = system().await;
    let arrival = system.sign_in("alice", "wonderlandSecurityT0ken").await.unwrap();
    let (alice, tokens) = (arrival.identity, arrival.tokens.unwrap());
    assert_eq!((alice.legacy_id.as_str(), alice.user_name.as_str()), ("005", "alice@example.org"));
    assert_eq!(
        Value::Object(alice.claims),
        json!({ "name": "Alice L", "preferred_username": "alice@example.org", "organization": "00D" })
    );
    // `issued_at` is no expiry.
    assert_eq!((access(&tokens), refresh(&tokens), seconds(&tokens)), ("00D!AQ", None, None));
    let asked = system.old.last("POST /services/oauth2/token");
    assert_eq!((asked.field("client_id"), asked.field("client_secret")), ("3MVG9".into(), "s3cret".into()));
    assert_eq!(system.old.last(&format!("GET {ID}")).header("authorization"), "Bearer 00D!AQ");
}

#[rstest]
#[case(json!({ "error": "invalid_grant", "error_description": "authentication failure" }), Refusal::WrongCredentials)]
#[case(
    json!({ "error": "invalid_grant", "error_description": "Invalid username, password, security token; or user locked out." }),
    Refusal::WrongCredentials
)]
#[case(json!({ "error": "inactive_user" }), Refusal::Disabled)]
#[case(json!({ "error": "rate_limit_exceeded" }), Refusal::RateLimited { after: None })]
#[case(json!({ "error": "invalid_client_id" }), Refusal::Misconfigured { why: "status 400, by legacy.error[0]".into() })]
#[tokio::test]
async fn locked_out_is_no_word_of_its_own(#[case] said: Value, #[case] refusal: Refusal) {
    let system = system().await;
    system.old.on("POST /services/oauth2/token", says(400, &said));
    assert_eq!(system.refusal("alice", "x").await, refusal);
}

#[tokio::test]
async fn the_token_goes_to_no_host_that_the_configuration_does_not_name() {
    let (system, thief) = (system().await, super::Scripted::open().await);
    let granted = json!({ "id": format!("{}{ID}", thief.base_url), "access_token": "00D!AQ" });
    system.old.on("POST /services/oauth2/token", says(200, &granted));
    assert!(matches!(system.refusal("alice", "wonderland").await, Refusal::Misconfigured { .. }));
    assert_eq!(thief.asked(&format!("GET {ID}")).len(), 0);
}

#[tokio::test]
async fn who_was_switched_off_is_out() {
    let system = system().await;
    system.old.on("GET /services/oauth2/userinfo", says(200, &json!({ "user_id": "005", "active": false })));
    assert_eq!(system.life("00D!AQ", "005").await, Life::Over);
    system
        .old
        .on(&format!("GET {ID}"), says(200, &json!({ "user_id": "005", "username": "a", "active": false })));
    assert_eq!(system.refusal("alice", "wonderlandSecurityT0ken").await, Refusal::Disabled);
}

//! ASP.NET with OWIN's authorization server: one code for every refusal, and one refresh token for each user and client.

use passerelle::legacy::refresh::{Class, Rotation};
use passerelle::legacy::refusal::Refusal;
use rstest::rstest;
use serde_json::json;

use super::scripted::says;
use super::{System, Way, access, form, refresh, seconds};

pub(super) const WAY: Way = Way::new(
    "preset = 'aspnet-owin'
    client_id = 'passerelle'
    client_secret = 's3cret & co'
    token = { client = 'body' }
    profile = [{ name = 'user', url = '{base_url}/api/account/me' }]
    identity = { legacy_id = '/user/id' }",
    "POST /Token",
    form,
);

async fn system() -> System {
    let system = System::of(&WAY).await;
    let refused =
        json!({ "error": "invalid_grant", "error_description": "The user name or password is incorrect." });
    system.old.on("POST /Token", says(400, &refused));
    let right = |asked: &super::Asked| form(asked) == ("alice".to_owned(), "wonderland".to_owned());
    let granted = json!({
        "access_token": "T0KEN", "token_type": "bearer", "expires_in": 1199, "refresh_token": "R1", "userName": "Alice",
        "as:client_id": "passerelle", ".issued": "Thu, 14 Dec 2017 03:21:29 GMT", ".expires": "Thu, 14 Dec 2017 03:41:29 GMT",
    });
    system.old.when("POST /Token", right, says(200, &granted));
    let mut renewed = granted;
    (renewed["access_token"], renewed["refresh_token"]) = (json!("T0KEN-2"), json!("R2"));
    system.old.when("POST /Token", |asked| asked.field("refresh_token") == "R1", says(200, &renewed));
    system.old.on("GET /api/account/me", says(200, &json!({ "id": "6f1d", "email": "alice@example.org" })));
    system
}

#[tokio::test]
async fn alice_signs_in_and_the_client_is_named_in_the_form() {
    let system = system().await;
    let (alice, tokens) = system.alice().await;
    assert_eq!((alice.legacy_id.as_str(), alice.user_name.as_str()), ("6f1d", "Alice"));
    assert_eq!(alice.claims["preferred_username"], "Alice");
    assert_eq!((access(&tokens), refresh(&tokens), seconds(&tokens)), ("T0KEN", Some("R1"), Some(1199)));
    let asked = system.old.last("POST /Token");
    assert_eq!(
        (asked.field("grant_type"), asked.field("client_id")),
        ("password".into(), "passerelle".into())
    );
    assert_eq!((asked.field("client_secret"), asked.header("authorization")), ("s3cret & co".into(), ""));
    assert_eq!(system.old.last("GET /api/account/me").header("authorization"), "Bearer T0KEN");
}

#[tokio::test]
async fn a_refresh_token_is_replaced_and_a_used_one_says_that_the_person_is_out() {
    let system = system().await;
    assert_eq!(system.connector.rotation(), Some(Rotation::OnePerUserClient));
    let tokens = system.refreshed("R1").await.unwrap();
    assert_eq!((access(&tokens), refresh(&tokens)), ("T0KEN-2", Some("R2")));
    assert_eq!(system.old.last("POST /Token").field("client_secret"), "s3cret & co");
    assert_eq!(system.refreshed("used").await.unwrap_err().class, Class::Fatal);
}

#[rstest]
#[case("The user name or password is incorrect.", Refusal::WrongCredentials)]
#[case("Benutzername oder Kennwort ist falsch.", Refusal::WrongCredentials)]
#[case("The account is locked.", Refusal::Locked { after: None })]
#[case("Das Konto ist gesperrt.", Refusal::Locked { after: None })]
#[case("Your password has expired.", Refusal::PasswordExpired { link: None })]
#[case("The account is disabled.", Refusal::Disabled)]
#[case("User did not confirm email: the address is not confirmed.", Refusal::Unconfirmed)]
#[case("Niet goed.", Refusal::Unknown { why: "status 400".into() })]
#[tokio::test]
async fn only_the_sentence_tells_refusals_apart(#[case] sentence: &str, #[case] refusal: Refusal) {
    let system = system().await;
    let refused = json!({ "error": "invalid_grant", "error_description": sentence });
    system.old.when("POST /Token", |asked| asked.field("username") == "carol", says(400, &refused));
    assert_eq!(system.refusal("carol", "x").await, refusal);
}

#[tokio::test]
async fn a_client_that_the_site_does_not_know_is_our_mistake() {
    let system = system().await;
    system.old.on("POST /Token", says(400, &json!({ "error": "invalid_clientId" })));
    assert!(matches!(system.refusal("alice", "wonderland").await, Refusal::Misconfigured { .. }));
}

//! The password grant as RFC 6749 has it, with the client in the header or in the form.

use passerelle::legacy::refresh::{Class, Rotation};
use passerelle::legacy::refusal::Refusal;
use rstest::rstest;
use serde_json::json;

use super::scripted::says;
use super::{Asked, System, Way, access, form, refresh, seconds};

pub(super) const BASIC: Way = Way::new(
    "preset = 'oauth2-password'\nclient_id = 'bridge'\nclient_secret = 's3cret'",
    "POST /oauth/token",
    form,
);
pub(super) const BODY: Way = Way::new(
    "preset = 'oauth2-password'\nclient_id = 'bridge'\nclient_secret = 's3cret'\ntoken = { client = 'body', fields = { scope = 'openid' } }",
    "POST /oauth/token",
    form,
);

async fn system(way: &Way) -> System {
    let system = System::of(way).await;
    system.old.on("POST /oauth/token", says(400, &json!({ "error": "invalid_grant" })));
    let granted =
        json!({ "access_token": "T0KEN", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "R1" });
    system.old.when(
        "POST /oauth/token",
        |asked| asked.field("password") == "wonderland",
        says(200, &granted),
    );
    let renewed = json!({ "access_token": "T0KEN-2", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "R2" });
    system.old.when("POST /oauth/token", |asked| asked.field("refresh_token") == "R1", says(200, &renewed));
    let me = json!({ "sub": "248289761001", "preferred_username": "alice", "name": "Alice Liddell", "email_verified": true });
    system.old.on("GET /oauth/userinfo", says(200, &me));
    system
}

fn client_of(asked: &Asked) -> (Option<(String, String)>, String, String) {
    (asked.basic(), asked.field("client_id"), asked.field("client_secret"))
}

#[rstest]
#[case::in_the_header(&BASIC, (Some(("bridge".into(), "s3cret".into())), String::new(), String::new()))]
#[case::in_the_form(&BODY, (None, "bridge".into(), "s3cret".into()))]
#[tokio::test]
async fn the_client_is_named_in_one_place_at_the_login_and_at_the_refresh(
    #[case] way: &Way,
    #[case] client: (Option<(String, String)>, String, String),
) {
    let system = system(way).await;
    let (alice, tokens) = system.alice().await;
    assert_eq!((alice.legacy_id.as_str(), alice.user_name.as_str()), ("248289761001", "alice"));
    assert_eq!((seconds(&tokens), refresh(&tokens)), (Some(3600), Some("R1")));
    // Whether an address is verified is for the configuration to say.
    assert_eq!(
        serde_json::Value::Object(alice.claims),
        json!({ "name": "Alice Liddell", "preferred_username": "alice" })
    );
    assert_eq!(client_of(&system.old.last("POST /oauth/token")), client);
    let tokens = system.refreshed("R1").await.unwrap();
    assert_eq!((access(&tokens), refresh(&tokens)), ("T0KEN-2", Some("R2")));
    assert_eq!(client_of(&system.old.last("POST /oauth/token")), client);
    assert_eq!(system.connector.rotation(), Some(Rotation::SingleUse));
    assert_eq!(system.refreshed("R1-used").await.unwrap_err().class, Class::Fatal);
}

#[rstest]
#[case(json!({ "error": "invalid_grant" }), Refusal::WrongCredentials)]
#[case(json!({ "error": "invalid_grant", "error_description": "account locked" }), Refusal::Locked { after: None })]
#[case(json!({ "error": "invalid_grant", "error_description": "User is suspended" }), Refusal::Disabled)]
#[case(json!({ "error": "invalid_grant", "error_description": "Password has expired" }), Refusal::PasswordExpired { link: None })]
#[case(json!({ "error": "invalid_client" }), Refusal::Misconfigured { why: "status 400, by legacy.error[0]".into() })]
#[case(json!({ "error": "temporarily_unavailable" }), Refusal::Unavailable { why: "status 400, by legacy.error[1]".into() })]
#[case(json!({ "error": "slow_down" }), Refusal::Unknown { why: "status 400".into() })]
#[tokio::test]
async fn a_code_means_what_the_specification_says(#[case] said: serde_json::Value, #[case] refusal: Refusal) {
    let system = system(&BASIC).await;
    system.old.on("POST /oauth/token", says(400, &said));
    assert_eq!(system.refusal("alice", "x").await, refusal);
}

//! Moodle: refusals in a 200, and the token in the query.

use passerelle::legacy::probe::Life;
use passerelle::legacy::refusal::Refusal;
use rstest::rstest;
use serde_json::json;

use super::scripted::says;
use super::{System, Way, access, form, refresh, seconds};

pub(super) const WAY: Way = Way::new(
    "preset = 'moodle'\nlogin = { form = { service = 'passerelle' } }",
    "POST /login/token.php",
    form,
);
const REST: &str = "GET /webservice/rest/server.php";
const SITE_INFO: &str = "core_webservice_get_site_info";

async fn system() -> System {
    let system = System::of(&WAY).await;
    system.old.on(
        "POST /login/token.php",
        says(200, &json!({ "error": "Invalid login", "errorcode": "invalidlogin" })),
    );
    let granted = json!({ "token": "m00d1e", "privatetoken": null });
    system.old.when(
        "POST /login/token.php",
        |asked| asked.field("password") == "wonderland",
        says(200, &granted),
    );
    let site = json!({ "userid": 44, "username": "alice", "firstname": "Alice", "lastname": "Liddell", "fullname": "Alice Liddell", "lang": "en" });
    system.old.on(REST, says(200, &json!({ "exception": "moodle_exception", "errorcode": "invalidtoken" })));
    system.old.when(REST, |asked| asked.query["wsfunction"] == SITE_INFO, says(200, &site));
    let users = json!([{ "id": 44, "username": "alice", "email": "alice@example.org" }]);
    system.old.when(
        REST,
        |asked| asked.query.get("values[0]").is_some_and(|id| id == "44"),
        says(200, &users),
    );
    system
}

#[tokio::test]
async fn alice_signs_in_and_her_token_stands_in_the_query() {
    let system = system().await;
    let (alice, tokens) = system.alice().await;
    assert_eq!((alice.legacy_id.as_str(), alice.user_name.as_str()), ("44", "alice"));
    assert_eq!(
        (&alice.claims["name"], &alice.claims["email"]),
        (&json!("Alice Liddell"), &json!("alice@example.org"))
    );
    assert_eq!((access(&tokens), refresh(&tokens), seconds(&tokens)), ("m00d1e", None, None));
    assert_eq!(system.old.last("POST /login/token.php").field("service"), "passerelle");
    for asked in system.old.asked(REST) {
        assert_eq!((asked.query["wstoken"].as_str(), asked.header("authorization")), ("m00d1e", ""));
    }
}

#[rstest]
#[case("invalidlogin", Refusal::WrongCredentials)]
#[case("usernotconfirmed", Refusal::Unconfirmed)]
#[case("sitemaintenance", Refusal::Maintenance)]
#[case("servicenotavailable", Refusal::Misconfigured { why: "status 200, by legacy.error[5]".into() })]
#[case("somethingnew", Refusal::Unknown { why: "status 200, but no text stands at /token (legacy.login.access_token)".into() })]
#[tokio::test]
async fn an_error_in_a_200_lets_nobody_in(#[case] code: &str, #[case] refusal: Refusal) {
    let system = system().await;
    system.old.on("POST /login/token.php", says(200, &json!({ "error": "…", "errorcode": code })));
    assert_eq!(system.refusal("alice", "wonderland").await, refusal);
}

#[rstest]
#[case("passwordisexpired")]
#[case("forcepasswordchangenotice")]
#[tokio::test]
async fn an_old_password_is_led_to_where_it_is_changed(#[case] code: &str) {
    let system = system().await;
    system.old.on("POST /login/token.php", says(200, &json!({ "error": "…", "errorcode": code })));
    let link = Some(format!("{}/login/change_password.php", system.old.base_url));
    let refused = system.refusal("alice", "wonderland").await;
    assert!(
        [Refusal::PasswordExpired { link: link.clone() }, Refusal::MustChangePassword { link }]
            .contains(&refused),
        "{refused:?}"
    );
}

#[tokio::test]
async fn without_the_function_for_addresses_the_rest_is_told() {
    let system = system().await;
    let refused = json!({ "exception": "webservice_access_exception", "errorcode": "accessexception" });
    system.old.when(REST, |asked| asked.query["wsfunction"] != SITE_INFO, says(200, &refused));
    let (alice, _) = system.alice().await;
    assert_eq!((&alice.claims["name"], alice.claims.contains_key("email")), (&json!("Alice Liddell"), false));
}

#[tokio::test]
async fn who_is_suspended_is_out_although_it_is_a_200() {
    let system = system().await;
    assert_eq!(system.life("m00d1e", "44").await, Life::Alive);
    system.old.on(
        REST,
        says(200, &json!({ "exception": "moodle_exception", "errorcode": "wsaccessusersuspended" })),
    );
    assert_eq!(system.life("m00d1e", "44").await, Life::Over);
    assert_eq!(system.refusal("alice", "wonderland").await, Refusal::Disabled);
    system.old.on(REST, says(200, &json!({ "exception": "moodle_exception", "errorcode": "invalidtoken" })));
    assert!(matches!(system.life("m00d1e", "44").await, Life::Unknown(_)));
}

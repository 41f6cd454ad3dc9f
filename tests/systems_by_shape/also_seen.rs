//! Ways that no system of a name has, and that were met all the same.

use std::time::Duration;

use jiff::Timestamp;
use passerelle::legacy::refusal::Refusal;
use rstest::rstest;
use serde_json::{Value, json};

use super::scripted::{jwt, says, text};
use super::{Asked, System, Way, about, access, challenge, epoch, form, refresh};

/// A login, and the smallest answer that names somebody.
const PLAIN: &str = "identity = { legacy_id = '/answer/id', user_name = '/typed/user_name' }
    [login]
    url = '{base_url}/login'
    form = { username = '{/typed/user_name}', password = '{/typed/password}' }
    ";

macro_rules! way {
    ($($more:literal)*) => {
        Way::new(concat!(
            "identity = { legacy_id = '/answer/id', user_name = '/typed/user_name' }\n",
            "claims = { roles = 'answer.roles | list' }\n",
            $($more, "\n",)*
        ), "POST /login", form)
    };
}

#[tokio::test]
async fn a_token_in_a_header_of_a_201() {
    let way = way!(
        "[login]\nurl = '{base_url}/login'\nform = { username = '{/typed/user_name}', password = '{/typed/password}' }"
        "success_status = 201\naccess_token = \"header['x-auth-token']\""
    );
    let system = System::of(&way).await;
    system.old.on("POST /login", says(201, &json!({ "id": 7 })).with("X-Auth-Token", "T0KEN"));
    let (alice, tokens) = system.alice().await;
    assert_eq!((alice.legacy_id.as_str(), access(&tokens)), ("7", "T0KEN"));
    system.old.on("POST /login", says(200, &json!({ "id": 7 })).with("X-Auth-Token", "T0KEN"));
    assert!(matches!(system.refusal("alice", "wonderland").await, Refusal::Unknown { .. }));
}

#[tokio::test]
async fn a_token_in_a_cookie_and_an_answer_that_is_a_text() {
    let way = Way::new(
        "identity = { legacy_id = \"me | capture('id=([0-9]+)')\", user_name = '/typed/user_name' }
        [login]
        url = '{base_url}/login'
        form = { username = '{/typed/user_name}', password = '{/typed/password}' }
        access_token = 'cookie.SESSION'
        [[profile]]
        name = 'me'
        url = '{base_url}/me'
        send_token = { cookie = 'SESSION' }
        format = 'text'",
        "POST /login",
        form,
    );
    let system = System::of(&way).await;
    system
        .old
        .on("POST /login", says(200, &json!({})).with("Set-Cookie", "SESSION=\"T0KEN\"; Path=/; HttpOnly"));
    let by_cookie = |asked: &Asked| asked.header("cookie") == "SESSION=T0KEN";
    system.old.when("GET /me", by_cookie, text(200, "text/plain", "id=7;name=alice"));
    assert_eq!(system.alice().await.0.legacy_id.as_str(), "7");
}

#[tokio::test]
async fn a_refresh_token_in_the_header_with_an_empty_body() {
    let way = way!(
        "[login]\nurl = '{base_url}/login'\nform = { username = '{/typed/user_name}', password = '{/typed/password}' }"
        "access_token = '/access'\nrefresh_token = '/refresh'"
        "[refresh]\nurl = '{base_url}/refresh'\nheaders = { Authorization = 'Bearer {/token/refresh_token}' }"
    );
    let system = System::of(&way).await;
    let by_header = |asked: &Asked| asked.header("authorization") == "Bearer R1" && asked.body.is_empty();
    system.old.when("POST /refresh", by_header, says(200, &json!({ "access": "T2", "refresh": "R2" })));
    let tokens = system.refreshed("R1").await.unwrap();
    assert_eq!((access(&tokens), refresh(&tokens)), ("T2", Some("R2")));
}

#[rstest]
#[case::a_500_when_throttled(500, json!({ "error": "Too many login attempts" }), Refusal::RateLimited { after: None })]
#[case::a_500_that_is_one(500, json!({ "error": "NullPointerException" }), Refusal::Unavailable { why: "status 500".into() })]
#[case::server_error_for_too_many(400, json!({ "error": "server_error", "error_description": "Too many attempts" }), Refusal::RateLimited { after: None })]
#[case::one_number_wrong(400, json!({ "code": 1042, "text": "Wrong password" }), Refusal::WrongCredentials)]
#[case::one_number_locked(400, json!({ "code": 1042, "text": "Account is locked for 15 minutes" }), Refusal::Locked { after: Some(Duration::from_mins(15)) })]
#[case::one_number_expired(400, json!({ "code": 1042, "text": "Password expired" }), Refusal::PasswordExpired { link: None })]
#[case::an_error_in_a_200(200, json!({ "success": false, "code": 7, "token": "half" }), Refusal::WrongCredentials)]
#[tokio::test]
async fn one_code_and_many_meanings(#[case] status: u16, #[case] said: Value, #[case] refusal: Refusal) {
    let way = way!(
        "error = ["
        "{ at = 'body.error_description or body.error', matches = 'too many', outcome = 'rate_limited' },"
        "{ at = '/text', matches = 'locked', outcome = 'locked', after = \"(body.text | capture('([0-9]+) minutes') | int) * 60\" },"
        "{ at = '/text', matches = 'expired', outcome = 'password_expired' },"
        "{ at = '/code', equals = 1042, outcome = 'wrong_credentials' },"
        "{ at = '/success', equals = false, outcome = 'wrong_credentials' },"
        "]"
        "[login]\nurl = '{base_url}/login'\nform = { username = '{/typed/user_name}', password = '{/typed/password}' }"
        "success = [{ at = '/success', equals = true }]\naccess_token = '/token'"
    );
    let system = System::of(&way).await;
    system.old.on("POST /login", says(status, &said));
    assert_eq!(system.refusal("alice", "wonderland").await, refusal);
}

#[tokio::test]
async fn role_names_that_are_the_keys_of_an_object() {
    let way = way!(
        "[login]\nurl = '{base_url}/login'\nform = { username = '{/typed/user_name}', password = '{/typed/password}' }"
        "access_token = '/token'"
    );
    let system = System::of(&way).await;
    let granted = json!({ "id": 7, "token": "T", "roles": { "editor": { "since": 2020 }, "member": {} } });
    system.old.on("POST /login", says(200, &granted));
    assert_eq!(system.alice().await.0.claims["roles"], json!(["editor", "member"]));
}

#[rstest]
#[case("seconds", json!(3600))]
#[case("seconds", json!("3600"))]
#[case("seconds", json!(3600.9))]
#[case("milliseconds", json!(3_600_000))]
#[case("days", json!("0.0416666667"))]
#[case("date", json!(rfc_3339()))]
#[case("date", json!(rfc_3339().trim_end_matches('Z')))]
#[case("epoch", json!(epoch(3600)))]
#[case("epoch_milliseconds", json!(epoch(3600) * 1000))]
#[case("jwt", json!(jwt(&json!({ "exp": epoch(3600) }))))]
#[tokio::test]
async fn an_hour_told_in_many_ways_is_an_hour(#[case] told_as: &str, #[case] told: Value) {
    let config = format!("{PLAIN}access_token = '/token'\nexpires_in = '/until'\nexpires_as = '{told_as}'");
    let system = System::of(&Way::new(config.leak(), "POST /login", form)).await;
    system.old.on("POST /login", says(200, &json!({ "id": 7, "token": "T", "until": told })));
    let (_, tokens) = system.alice().await;
    assert!(about(&tokens, 3600), "{told_as} {told}: {:?}", tokens.lifetime);
}

/// With microseconds, as some write it.
fn rfc_3339() -> String {
    let moment = Timestamp::from_second(epoch(3600).try_into().unwrap()).unwrap();
    moment.to_string().replace('Z', ".123456Z")
}

#[tokio::test]
async fn a_second_factor_whose_state_travels_in_a_header() {
    let way = way!(
        "error = [{ status = 202, outcome = 'second_factor_required' }, { status = 401, outcome = 'second_factor_wrong' }]"
        "[login]\nurl = '{base_url}/login'\nform = { username = '{/typed/user_name}', password = '{/typed/password}' }"
        "access_token = '/token'"
        "[challenge]\nurl = '{base_url}/login/otp'\nkeep = { state = \"header['x-mfa-state']\" }"
        "headers = { X-Mfa-State = '{/challenge/state}' }\njson = { otp = '{/typed/code}' }"
    );
    let system = System::of(&way).await;
    system.old.on("POST /login", text(202, "text/plain", "").with("X-Mfa-State", "s/1+2="));
    let right = |asked: &Asked| asked.header("x-mfa-state") == "s/1+2=" && asked.json_at("/otp") == "123456";
    system.old.on("POST /login/otp", says(401, &json!({})));
    system.old.when("POST /login/otp", right, says(200, &json!({ "id": 7, "token": "T" })));
    let asks = challenge(system.refusal("alice", "wonderland").await);
    let wrong = system.second(&asks, None, "1").await.unwrap_err();
    // What the first answer said is still good.
    let arrival = system.second(&challenge(wrong), None, "123456").await.unwrap();
    assert_eq!(arrival.identity.legacy_id.as_str(), "7");
}

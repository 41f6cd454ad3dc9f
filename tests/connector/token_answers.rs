//! Answers of token endpoints that no specification foresees, and how the bridge names itself there.

use passerelle::legacy::refusal::Refusal;
use passerelle::secret::Secret;
use rstest::rstest;
use serde_json::json;

use super::foreign::{Foreign, GRANTED, PLAIN};

#[rstest]
#[case::as_rfc_6749_has_it(200, GRANTED, "/access_token")]
#[case::created(201, GRANTED, "/access_token")]
#[case::expiry_as_a_text(
    200,
    r#"{"access_token":"T0KEN-1","token_type":"bearer","expires_in":"1199"}"#,
    "/access_token"
)]
#[case::expiry_below_zero(
    200,
    r#"{"access_token":"T0KEN-1","token_type":"bearer","expires_in":-1}"#,
    "/access_token"
)]
#[case::no_token_type(200, r#"{"access_token":"T0KEN-1"}"#, "/access_token")]
#[case::an_odd_token_type(200, r#"{"access_token":"T0KEN-1","token_type":["x"],"scope":7}"#, "/access_token")]
#[case::wrapped(200, r#"{"data":{"access_token":"T0KEN-1","expires":900000}}"#, "/data/access_token")]
#[case::in_a_list(200, r#"{"Body":{"authToken":[{"_content":"T0KEN-1"}]}}"#, "/Body/authToken/0/_content")]
#[case::a_bare_text(200, r#""T0KEN-1""#, "")]
#[tokio::test]
async fn a_token_is_found_where_the_description_says(
    #[case] status: u16,
    #[case] body: &str,
    #[case] place: &str,
) {
    let foreign = Foreign::open().await;
    foreign.says("/login", status, body);
    let description = PLAIN.replace("'/access_token'", &format!("'{place}'"));
    let alice = foreign.sign_in(&description).await.unwrap();
    assert_eq!(alice.legacy_id.as_str(), "7f3c");
    assert_eq!(foreign.asked("/me")[0].header("authorization"), Some("Bearer T0KEN-1"));
    assert_eq!(foreign.asked("/login").len(), 1);
}

#[rstest]
#[case::an_error_in_a_200(
    200,
    r#"{"error":"Invalid login","errorcode":"invalidlogin"}"#,
    Refusal::WrongCredentials
)]
#[case::a_code_deep_in_a_list(
    401,
    r#"{"errors":[{"extensions":{"code":"USER_SUSPENDED"}}]}"#,
    Refusal::Disabled
)]
#[case::the_first_rule_that_fits(
    400,
    r#"{"errorcode":"invalidlogin","message":"Account LOCKED until 9"}"#,
    Refusal::Locked { after: None }
)]
#[case::a_status_alone(423, "{}", Refusal::Locked { after: None })]
#[case::status_and_text(403, r#"{"message":"Please confirm your address"}"#, Refusal::Unconfirmed)]
#[case::the_text_without_the_status(400, r#"{"message":"Please confirm your address"}"#, Refusal::Unknown { why: "status 400".into() })]
#[case::numbers_compare_as_texts(400, r#"{"errorcode":1042}"#, Refusal::MustChangePassword { link: None })]
#[case::maintenance_in_a_page(503, "<html>T0KEN</html>", Refusal::Maintenance)]
#[case::too_many(429, r#"{"x":1}"#, Refusal::RateLimited { after: None })]
#[case::an_empty_token(200, r#"{"access_token":""}"#, Refusal::Unknown { why: "status 200, but no text stands at /access_token (legacy.token.access_token)".into() })]
#[case::a_token_that_is_none(200, r#"{"access_token":{"x":1}}"#, Refusal::Unknown { why: "status 200, but no text stands at /access_token (legacy.token.access_token)".into() })]
#[case::a_page_instead_of_an_answer(200, "<html>Sign in</html>", Refusal::Unavailable { why: "status 200 and no JSON".into() })]
#[case::nothing(200, "", Refusal::Unavailable { why: "status 200 and no JSON".into() })]
#[case::a_well_without_bottom(200, "deep", Refusal::Unavailable { why: "status 200 and no JSON".into() })]
#[case::another_address(404, r#"{"x":1}"#, Refusal::Misconfigured { why: "status 404 from the token endpoint".into() })]
#[tokio::test]
async fn a_refusal_means_what_the_first_rule_that_fits_says(
    #[case] status: u16,
    #[case] body: &str,
    #[case] refusal: Refusal,
) {
    let foreign = Foreign::open().await;
    let bottomless = "[".repeat(100_000);
    foreign.says("/login", status, if body == "deep" { &bottomless } else { body });
    let description = format!(
        "{PLAIN}
        [[error]]
        at = '/message'
        matches = 'locked'
        outcome = 'locked'
        [[error]]
        at = '/errorcode'
        equals = 'invalidlogin'
        outcome = 'wrong_credentials'
        [[error]]
        at = '/errors/0/extensions/code'
        equals = 'USER_SUSPENDED'
        outcome = 'disabled'
        [[error]]
        status = 423
        outcome = 'locked'
        [[error]]
        status = 403
        at = '/message'
        matches = 'confirm'
        outcome = 'unconfirmed'
        [[error]]
        at = '/errorcode'
        equals = '1042'
        outcome = 'must_change_password'
        [[error]]
        status = 503
        outcome = 'maintenance'"
    );
    assert_eq!(foreign.sign_in(&description).await, Err(refusal));
    assert_eq!(foreign.asked("/login").len(), 1, "never tried again");
    assert_eq!(foreign.asked("/me").len(), 0);
}

#[tokio::test]
async fn what_an_answer_says_is_not_told_on() {
    let foreign = Foreign::open().await;
    let told = r#"{"error":"x","error_description":"alice:wonderland","access_token":["T0KEN-1"],"refresh_token":"R3FRESH"}"#;
    for status in [200, 201, 204, 301, 400, 401, 403, 404, 418, 429, 500, 503] {
        foreign.says("/login", status, told);
        let refusal = foreign.sign_in(PLAIN).await.unwrap_err();
        let words = format!("{refusal} {refusal:?}");
        for secret in ["alice", "wonderland", "T0KEN", "R3FRESH", "error_description"] {
            assert!(!words.contains(secret), "{status}: {words}");
        }
    }
}

#[tokio::test]
async fn without_a_client_the_form_is_exactly_three_fields() {
    let foreign = Foreign::open().await;
    foreign.sign_in(PLAIN).await.unwrap();
    let asked = &foreign.asked("/login")[0];
    assert_eq!(asked.body, "grant_type=password&username=alice&password=wonderland");
    assert_eq!(asked.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(asked.header("accept"), Some("application/json"));
    assert_eq!(asked.header("authorization"), None);
    assert_eq!(asked.header("cookie"), None);
}

#[tokio::test]
async fn a_public_client_is_named_without_a_secret() {
    let foreign = Foreign::open().await;
    let description =
        format!("client_id = 'app & co'\n{}", PLAIN.replace("token = {", "token = { client = 'body',"));
    foreign.sign_in(&description).await.unwrap();
    let form = "grant_type=password&username=alice&password=wonderland&client_id=app+%26+co";
    assert_eq!(foreign.asked("/login")[0].body, form);
}

#[tokio::test]
async fn a_client_in_the_header_is_not_in_the_form() {
    let foreign = Foreign::open().await;
    let client = "client_id = 'app'\nclient_secret = 'p:q'\n";
    let description = format!("{client}{}", PLAIN.replace("token = {", "token = { client = 'basic',"));
    foreign.sign_in(&description).await.unwrap();
    let asked = &foreign.asked("/login")[0];
    // RFC 6749 §2.3.1: both are form-encoded before they are joined: base64 of `app:p%3Aq`.
    assert_eq!(asked.header("authorization"), Some("Basic YXBwOnAlM0Fx"));
    assert_eq!(asked.body, "grant_type=password&username=alice&password=wonderland");
}

#[tokio::test]
async fn fields_have_the_names_of_the_old_system_and_constant_ones_stand_beside_them() {
    let foreign = Foreign::open().await;
    let description = PLAIN.replace(
        "token = {",
        "token = { username_field = 'email', password_field = 'Pw', fields = { mode = 'json', service = 'a&b' },",
    );
    foreign.sign_in(&description).await.unwrap();
    let form = "grant_type=password&email=alice&Pw=wonderland&mode=json&service=a%26b";
    assert_eq!(foreign.asked("/login")[0].body, form);
}

#[tokio::test]
async fn a_token_that_is_no_header_is_told_and_not_sent() {
    let foreign = Foreign::open().await;
    foreign.says("/login", 200, r#"{"access_token":"T0KEN\r\nX-Admin: yes"}"#);
    let refusal = foreign.sign_in(PLAIN).await.unwrap_err();
    assert!(matches!(refusal, Refusal::Unavailable { .. }), "{refusal}");
    assert_eq!(foreign.asked("/me").len(), 0);
}

#[tokio::test]
async fn what_fits_into_no_header_is_nobodys_password_and_stops_nobody_else() {
    let foreign = Foreign::open().await;
    let description = "
        login = { url = '{base_url}/login', headers = { X-Password = '{/typed/password}' }, access_token = '/access_token' }
        profile = [{ name = 'me', url = '{base_url}/me' }]
        identity = { legacy_id = '/me/id', user_name = '/me/login' }
    ";
    let connector = super::connector(&format!("base_url = '{}'\n{description}", foreign.base_url));
    for _ in 0..10 {
        let refusal = connector.sign_in("alice", &Secret::from("a\r\nX-Admin: yes")).await.unwrap_err();
        assert_eq!(refusal, Refusal::WrongCredentials);
    }
    assert!(foreign.asked("/login").is_empty());
    connector.sign_in("alice", &Secret::from("wonderland")).await.unwrap();
}

#[tokio::test]
async fn nothing_that_is_held_prints_a_secret() {
    let description = super::described(&format!(
        "base_url = 'http://127.0.0.1:1'\nclient_id = 'app'\nclient_secret = {{ env = 'LEGACY_SECRET' }}\n{}",
        PLAIN.replace("token = {", "token = { client = 'body',")
    ))
    .unwrap();
    let printed = format!("{description:?}");
    assert!(printed.contains("app") && !printed.contains("from-the-environment"), "{printed}");
    let connector = super::connector(&format!("base_url = 'http://127.0.0.1:1'\n{PLAIN}"));
    assert_eq!(format!("{connector:?}"), "Connector(legacy)");
}

#[tokio::test]
async fn claims_reach_whatever_an_answer_calls_its_fields() {
    let foreign = Foreign::open().await;
    let answer = json!({
        "access_token": "T0KEN-1", "refresh_token": "R3FRESH",
        ".issued": "Thu, 14 Dec 2017 03:21:29 GMT", "as:client_id": "3rdPartyApp",
        "a/b": {"~": {"$values": ["first", "second"]}}, "": "blank",
    });
    foreign.says("/login", 200, &answer.to_string());
    let description = format!(
        "{PLAIN}
        [claims]
        issued = '/answer/.issued'
        client = '/answer/as:client_id'
        second = '/answer/a~1b/~0/$values/1'
        blank = '/answer/'
        typed = '/typed/user_name'
        token = '/answer/access_token'
        all = '/answer'"
    );
    let claims = foreign.sign_in(&description).await.unwrap().claims;
    assert_eq!(claims["issued"], "Thu, 14 Dec 2017 03:21:29 GMT");
    assert_eq!(claims["client"], "3rdPartyApp");
    assert_eq!(claims["second"], "second");
    assert_eq!(claims["blank"], "blank");
    assert_eq!(claims["typed"], "alice");
    let all = serde_json::Value::Object(claims).to_string();
    assert!(!all.contains("T0KEN") && !all.contains("R3FRESH"), "{all}");
}

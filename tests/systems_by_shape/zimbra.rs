//! Zimbra: SOAP, written as JSON and as XML. A second factor comes in what looks like a success, with a token in it.

use passerelle::legacy::refusal::Refusal;
use rstest::rstest;
use serde_json::{Value, json};

use super::scripted::{Said, says, text};
use super::{Asked, System, Way, access, challenge, refresh, seconds};

pub(super) const JSON: Way = Way::new(
    "identity = { legacy_id = '/info/Body/GetInfoResponse/id', user_name = '/info/Body/GetInfoResponse/name' }
    claims = { name = '/info/Body/GetInfoResponse/attrs/_attrs/displayName' }
    error = [
        { at = '/Body/AuthResponse/twoFactorAuthRequired/_content', equals = true, outcome = 'second_factor_required' },
        { at = '/Body/Fault/Detail/Error/Code', equals = 'account.TWO_FACTOR_AUTH_FAILED', outcome = 'second_factor_wrong' },
        { at = '/Body/Fault/Detail/Error/Code', equals = 'account.AUTH_FAILED', outcome = 'wrong_credentials' },
        { at = '/Body/Fault/Detail/Error/Code', equals = 'account.CHANGE_PASSWORD', outcome = 'must_change_password' },
        { at = '/Body/Fault/Detail/Error/Code', equals = 'account.MAINTENANCE_MODE', outcome = 'maintenance' },
        { at = '/Body/Fault/Detail/Error/Code', equals = 'account.ACCOUNT_INACTIVE', outcome = 'disabled' },
    ]
    [login]
    url = '{base_url}/service/soap'
    success = [{ at = '/Body/AuthResponse/twoFactorAuthRequired', absent = true }]
    access_token = '/Body/AuthResponse/authToken/0/_content'
    expires_in = '/Body/AuthResponse/lifetime'
    expires_as = 'milliseconds'
    [login.json]
    Header.context._jsns = 'urn:zimbra'
    Body.AuthRequest._jsns = 'urn:zimbraAccount'
    Body.AuthRequest.account = { by = 'name', _content = '{/typed/user_name}' }
    Body.AuthRequest.password = { _content = '{/typed/password}' }
    [challenge]
    url = '{base_url}/service/soap'
    keep = { token = '/Body/AuthResponse/authToken/0/_content' }
    [challenge.json]
    Header.context._jsns = 'urn:zimbra'
    Body.AuthRequest._jsns = 'urn:zimbraAccount'
    Body.AuthRequest.authToken = { _content = '{/challenge/token}' }
    Body.AuthRequest.twoFactorCode = { _content = '{/typed/code}' }
    [[profile]]
    name = 'info'
    url = '{base_url}/service/soap'
    send_token = 'none'
    [profile.json]
    Header.context = { _jsns = 'urn:zimbra', authToken = { _content = '{/token/access_token}' } }
    Body.GetInfoRequest._jsns = 'urn:zimbraAccount'",
    "POST /service/soap",
    |asked| (asked.json_at("/Body/AuthRequest/account/_content"), asked.json_at("/Body/AuthRequest/password/_content")),
);

pub(super) const XML: Way = Way {
    config: r#"identity = { legacy_id = '/info/Envelope/Body/GetInfoResponse/id', user_name = '/info/Envelope/Body/GetInfoResponse/name' }
    error = [
        { at = '/Envelope/Body/Fault/Detail/Error/Code', equals = 'account.AUTH_FAILED', outcome = 'wrong_credentials' },
        { at = '/Envelope/Body/Fault/Detail/Error/Code', equals = 'account.CHANGE_PASSWORD', outcome = 'must_change_password' },
    ]
    [login]
    url = '{base_url}/service/soap'
    content_type = 'application/soap+xml; charset=utf-8'
    format = 'xml'
    body = """<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Body><AuthRequest xmlns="urn:zimbraAccount">\
        <account by="name">{/typed/user_name}</account><password>{/typed/password}</password></AuthRequest></soap:Body></soap:Envelope>"""
    access_token = '/Envelope/Body/AuthResponse/authToken'
    expires_in = '/Envelope/Body/AuthResponse/lifetime'
    expires_as = 'milliseconds'
    [[profile]]
    name = 'info'
    url = '{base_url}/service/soap'
    content_type = 'application/soap+xml'
    format = 'xml'
    send_token = 'none'
    body = """<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Header><context xmlns="urn:zimbra">\
        <authToken>{/token/access_token}</authToken></context></soap:Header><soap:Body><GetInfoRequest xmlns="urn:zimbraAccount"/>\
        </soap:Body></soap:Envelope>""""#,
    login: "POST /service/soap",
    typed: |asked| {
        (element(asked, "<account by=\"name\">", "</account>"), element(asked, "<password>", "</password>"))
    },
    // XML 1.0 §2.2.
    says: |character| character != '\0',
};

/// What a parser makes of the text between two tags.
fn element(asked: &Asked, begin: &str, end: &str) -> String {
    let inside = asked.text().split_once(begin).and_then(|(_, rest)| rest.split_once(end)).unwrap().0;
    // XML 1.0 §2.11: no line end comes through as itself.
    assert!(!inside.contains(['\r', '\n', '<', '>']), "{inside:?}");
    quick_xml::escape::unescape(inside).unwrap().into_owned()
}

fn fault(code: &str) -> Said {
    says(
        500,
        &json!({ "Body": { "Fault": { "Code": { "Value": "soap:Sender" }, "Detail": { "Error": { "Code": code } } } } }),
    )
}

fn authenticated(token: &str, more: &[(&str, Value)]) -> Said {
    let mut response = json!({ "authToken": [{ "_content": token }], "lifetime": 172_800_000, "_jsns": "urn:zimbraAccount" });
    more.iter().for_each(|(name, value)| response[*name] = value.clone());
    says(200, &json!({ "Body": { "AuthResponse": response } }))
}

async fn system() -> System {
    let system = System::of(&JSON).await;
    system.old.on("POST /service/soap", fault("account.AUTH_FAILED"));
    let right = |asked: &Asked| (JSON.typed)(asked).1 == "wonderland";
    system.old.when("POST /service/soap", right, authenticated("0_abc", &[]));
    let info = json!({ "Body": { "GetInfoResponse": { "id": "z1m", "name": "alice@example.org", "attrs": { "_attrs": { "displayName": "Alice" } } } } });
    let by_token = |asked: &Asked| asked.json_at("/Header/context/authToken/_content") == "0_abc";
    system.old.when("POST /service/soap", by_token, says(200, &info));
    system
}

#[tokio::test]
async fn alice_signs_in_by_soap_as_json() {
    let system = system().await;
    let (alice, tokens) = system.alice().await;
    assert_eq!((alice.legacy_id.as_str(), alice.user_name.as_str()), ("z1m", "alice@example.org"));
    assert_eq!(alice.claims["name"], "Alice");
    assert_eq!((access(&tokens), refresh(&tokens), seconds(&tokens)), ("0_abc", None, Some(172_800)));
}

#[rstest]
#[case("account.AUTH_FAILED", Refusal::WrongCredentials)]
#[case("account.CHANGE_PASSWORD", Refusal::MustChangePassword { link: None })]
#[case("account.MAINTENANCE_MODE", Refusal::Maintenance)]
#[case("account.ACCOUNT_INACTIVE", Refusal::Disabled)]
#[case("service.FAILURE", Refusal::Unavailable { why: "status 500".into() })]
#[tokio::test]
async fn a_fault_tells_why(#[case] code: &str, #[case] refusal: Refusal) {
    let system = system().await;
    system.old.on("POST /service/soap", fault(code));
    assert_eq!(system.refusal("alice", "wonderland").await, refusal);
}

#[tokio::test]
async fn a_token_beside_the_question_for_a_second_factor_lets_nobody_in() {
    let system = system().await;
    let half = authenticated("0_half", &[("twoFactorAuthRequired", json!({ "_content": true }))]);
    system.old.when("POST /service/soap", |asked| (JSON.typed)(asked).1 == "wonderland", half);
    let code = |asked: &Asked| asked.json_at("/Body/AuthRequest/twoFactorCode/_content");
    system.old.when(
        "POST /service/soap",
        move |asked| code(asked) == "1",
        fault("account.TWO_FACTOR_AUTH_FAILED"),
    );
    let both = move |asked: &Asked| {
        code(asked) == "123456" && asked.json_at("/Body/AuthRequest/authToken/_content") == "0_half"
    };
    system.old.when("POST /service/soap", both, authenticated("0_abc", &[]));
    let refusal = system.refusal("alice", "wonderland").await;
    assert!(!format!("{refusal:?}").contains("0_half"), "{refusal:?}");
    let asks = challenge(refusal);
    assert!(!asks.wants_password);
    let wrong = system.second(&asks, None, "1").await.unwrap_err();
    assert!(matches!(wrong, Refusal::SecondFactorWrong(_)), "{wrong:?}");
    let arrival = system.second(&challenge(wrong), None, "123456").await.unwrap();
    assert_eq!(arrival.identity.legacy_id.as_str(), "z1m");
}

fn envelope(body: &str) -> String {
    format!(
        r#"<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Body>{body}</soap:Body></soap:Envelope>"#
    )
}

#[tokio::test]
async fn alice_signs_in_by_soap_as_xml() {
    let system = System::of(&XML).await;
    let fault = |code: &str| {
        let body = format!(
            "<soap:Fault><soap:Detail><Error xmlns=\"urn:zimbra\"><Code>{code}</Code></Error></soap:Detail></soap:Fault>"
        );
        text(500, "text/xml;charset=UTF-8", &envelope(&body))
    };
    system.old.on("POST /service/soap", fault("account.AUTH_FAILED"));
    let granted = r#"<AuthResponse xmlns="urn:zimbraAccount"><authToken>0_abc</authToken><lifetime>172800000</lifetime></AuthResponse>"#;
    let right = |asked: &Asked| asked.text().contains("<password>wonderland</password>");
    system.old.when("POST /service/soap", right, text(200, "text/xml", &envelope(granted)));
    let info = r#"<GetInfoResponse xmlns="urn:zimbraAccount"><id>z1m</id><name>alice@example.org</name></GetInfoResponse>"#;
    let by_token = |asked: &Asked| asked.text().contains("<authToken>0_abc</authToken>");
    system.old.when("POST /service/soap", by_token, text(200, "text/xml", &envelope(info)));
    let (alice, tokens) = system.alice().await;
    assert_eq!((alice.legacy_id.as_str(), seconds(&tokens)), ("z1m", Some(172_800)));
    assert_eq!(system.refusal("alice", "x").await, Refusal::WrongCredentials);
    system.old.on("POST /service/soap", fault("account.CHANGE_PASSWORD"));
    assert_eq!(system.refusal("alice", "x").await, Refusal::MustChangePassword { link: None });
}

#[tokio::test]
async fn what_xml_cannot_say_is_not_sent() {
    let system = System::of(&XML).await;
    assert!(matches!(system.refusal("alice", "nul\0").await, Refusal::Misconfigured { .. }));
    assert_eq!(system.old.asked("POST /service/soap").len(), 0);
}

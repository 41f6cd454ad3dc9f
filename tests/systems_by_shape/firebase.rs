//! Firebase's REST interface: a key in the query, an expiry that is a text, and a refresh at another host in another language.

use passerelle::legacy::probe::Life;
use passerelle::legacy::refresh::Class;
use passerelle::legacy::refusal::Refusal;
use rstest::rstest;
use serde_json::{Value, json};

use super::scripted::says;
use super::{Asked, Scripted, System, Way, access, refresh, seconds};

pub(super) const WAY: Way = Way::new(
    "secrets = { api_key = 'AIza' }
    identity = { legacy_id = '/answer/localId', user_name = '/answer/email' }
    claims = { name = '/user/displayName', email = '/user/email', email_verified = '/user/emailVerified' }
    error = [
        { at = '/error/message', matches = '^(INVALID_LOGIN_CREDENTIALS|INVALID_PASSWORD)', outcome = 'wrong_credentials' },
        { at = '/error/message', equals = 'EMAIL_NOT_FOUND', outcome = 'unknown_user' },
        { at = '/error/message', equals = 'USER_DISABLED', outcome = 'disabled' },
        { at = '/error/message', matches = '^TOO_MANY_ATTEMPTS_TRY_LATER', outcome = 'rate_limited' },
        { at = '/error/message', matches = '^(API key|OPERATION_NOT_ALLOWED)', outcome = 'misconfigured' },
    ]
    [login]
    url = '{base_url}/v1/accounts:signInWithPassword'
    query = { key = '{/secret/api_key}' }
    json = { email = '{/typed/user_name}', password = '{/typed/password}', returnSecureToken = true }
    access_token = '/idToken'
    refresh_token = '/refreshToken'
    expires_in = '/expiresIn'
    [[profile]]
    name = 'user'
    url = '{base_url}/v1/accounts:lookup'
    query = { key = '{/secret/api_key}' }
    send_token = 'none'
    json = { idToken = '{/token/access_token}' }
    expect = { rows = '/users', at = '/localId', same_as = '/answer/localId' }
    [alive]
    url = '{base_url}/v1/accounts:lookup'
    query = { key = '{/secret/api_key}' }
    send_token = 'none'
    json = { idToken = '{/token/access_token}' }
    expect = { rows = '/users', at = '/localId', same_as = '/account/legacy_id' }
    at = 'body.disabled is true'
    equals = false",
    LOGIN,
    typed,
);
const LOGIN: &str = "POST /v1/accounts:signInWithPassword";
const LOOKUP: &str = "POST /v1/accounts:lookup";

fn typed(asked: &Asked) -> (String, String) {
    (asked.json_at("/email"), asked.json_at("/password"))
}

async fn system() -> (System, Scripted) {
    let tokens = Scripted::open().await;
    let more = format!(
        "refresh = {{ url = '{}/v1/token', query = {{ key = '{{/secret/api_key}}' }}, rotation = 'none',
        form = {{ grant_type = 'refresh_token', refresh_token = '{{/token/refresh_token}}' }},
        access_token = '/id_token', refresh_token = '/refresh_token',
        class = [{{ at = '/error/message', matches = '^(TOKEN_EXPIRED|USER_DISABLED|USER_NOT_FOUND|INVALID_REFRESH_TOKEN)', class = 'fatal' }}] }}",
        tokens.base_url
    );
    let system = System::with(&WAY, &more).await;
    let granted = json!({ "idToken": "T0KEN", "email": "alice@example.org", "refreshToken": "R1", "expiresIn": "3600", "localId": "ZY1" });
    system.old.when(LOGIN, |asked| typed(asked).1 == "wonderland", says(200, &granted));
    let user = json!({ "users": [{ "localId": "ZY1", "email": "alice@example.org", "emailVerified": false, "displayName": "Alice" }] });
    system.old.when(LOOKUP, |asked| asked.json_at("/idToken") == "T0KEN", says(200, &user));
    (system, tokens)
}

#[tokio::test]
async fn alice_signs_in_by_a_key_and_an_expiry_that_is_a_text() {
    let (system, _) = system().await;
    let (alice, tokens) = system.alice().await;
    assert_eq!((alice.legacy_id.as_str(), alice.user_name.as_str()), ("ZY1", "alice@example.org"));
    assert_eq!(
        Value::Object(alice.claims),
        json!({ "name": "Alice", "email": "alice@example.org", "email_verified": false })
    );
    assert_eq!((access(&tokens), refresh(&tokens), seconds(&tokens)), ("T0KEN", Some("R1"), Some(3600)));
    for call in [LOGIN, LOOKUP] {
        let asked = system.old.last(call);
        assert_eq!((asked.query["key"].as_str(), asked.header("authorization")), ("AIza", ""), "{call}");
    }
}

#[rstest]
#[case("INVALID_LOGIN_CREDENTIALS", Refusal::WrongCredentials)]
#[case("EMAIL_NOT_FOUND", Refusal::UnknownUser)]
#[case("USER_DISABLED", Refusal::Disabled)]
#[case("TOO_MANY_ATTEMPTS_TRY_LATER : Access to this account has been temporarily disabled", Refusal::RateLimited { after: None })]
#[case("API key not valid.", Refusal::Misconfigured { why: "status 400, by legacy.error[4]".into() })]
#[tokio::test]
async fn the_beginning_of_a_message_tells_why(#[case] message: &str, #[case] refusal: Refusal) {
    let (system, _) = system().await;
    system.old.on(LOGIN, says(400, &json!({ "error": { "code": 400, "message": message } })));
    assert_eq!(system.refusal("alice", "wonderland").await, refusal);
}

#[tokio::test]
async fn the_refresh_goes_to_another_host_as_a_form_and_comes_back_in_other_words() {
    let (system, tokens) = system().await;
    let renewed = json!({ "id_token": "T2", "access_token": "not-this", "refresh_token": "R2", "expires_in": "3600", "user_id": "ZY1" });
    tokens.when("POST /v1/token", |asked| asked.field("refresh_token") == "R1", says(200, &renewed));
    let fresh = system.refreshed("R1").await.unwrap();
    assert_eq!((access(&fresh), refresh(&fresh)), ("T2", Some("R2")));
    let asked = tokens.last("POST /v1/token");
    assert_eq!((asked.query["key"].as_str(), asked.field("grant_type")), ("AIza", "refresh_token".into()));
    tokens.on("POST /v1/token", says(400, &json!({ "error": { "message": "USER_DISABLED" } })));
    assert_eq!(system.refreshed("R1").await.unwrap_err().class, Class::Fatal);
}

#[tokio::test]
async fn a_disabled_user_is_told_by_a_field_that_others_do_not_have() {
    let (system, _) = system().await;
    assert_eq!(system.life("T0KEN", "ZY1").await, Life::Alive);
    system.old.on(LOOKUP, says(200, &json!({ "users": [{ "localId": "ZY1", "disabled": true }] })));
    assert_eq!(system.life("T0KEN", "ZY1").await, Life::Over);
}

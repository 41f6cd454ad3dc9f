//! `connector from-curl`: the commands by which people sign in at ten systems, and the sections that come of them.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passerelle::app::blueprint::Blueprint;
use passerelle::config::environment::Environment;
use passerelle::workbench::curl::{self, CurlError};
use passerelle::workbench::draft::{self, Draft};
use passerelle::workbench::leaves::{Hints, Unclear};
use passerelle::workbench::sample::Sample;
use rstest::rstest;
use serde_json::{Value, json};

use super::{REST, folder_with, passerelle};
use crate::connector::Foreign;
use crate::legacy_system::{Settings, start};

const PASSWORD: &str = "w0nder&land-77";
const TOKEN: &str = "0paqueT0ken4711abcdefgh";

fn jwt(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2lnbmF0dXJl", part(&json!({ "alg": "HS256" })), part(claims))
}

fn drafted(command: &str, answer: &str, user: Option<&str>) -> Result<Draft, Unclear> {
    let hints = Hints { user: user.map(str::to_owned), no_preset: true, ..Hints::default() };
    let sample = (!answer.is_empty()).then(|| Sample::read(answer));
    draft::write(&curl::read(command).unwrap(), sample.as_ref(), &hints)
}

/// The section as `check` sees it, with a value for each variable that it reads.
fn passes_check(draft: &Draft) -> toml::Table {
    let environment =
        Environment::from_iter(draft.variables.iter().map(|name| (name.clone(), "from-the-environment")));
    let text = format!("{REST}\n{}", draft.text);
    if let Err(findings) = Blueprint::of_text(&text, Path::new("."), &environment) {
        panic!("{findings}\n{}", draft.text);
    }
    text.parse::<toml::Table>().unwrap()["legacy"].as_table().unwrap().clone()
}

/// A value of the section by its path, as text.
fn at(section: &toml::Table, path: &str) -> String {
    let mut names = path.split('>');
    let first = section.get(names.next().unwrap());
    let found = names.fold(first, |value, name| value.and_then(|value| value.get(name)));
    found.map_or_else(
        || "nothing".to_owned(),
        |value| value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    )
}

/// A name, a command, its answer, and what must stand in the section.
type System = (&'static str, String, String, Vec<(&'static str, &'static str)>);

#[expect(clippy::too_many_lines, reason = "a table of ten rows")]
fn ten_systems() -> Vec<System> {
    let simple = jwt(&json!({ "user_id": "42", "exp": 1_900_000_000 }));
    let directus = jwt(&json!({ "id": "7b2c9c0e-37c2-4b8c-9a0c-0d9a0a1b2c3d", "exp": 1_900_000_000 }));
    let wordpress = jwt(&json!({ "data": { "user": { "id": "12" } }, "exp": 1_900_000_000 }));
    let keycloak =
        jwt(&json!({ "sub": "f1d2", "preferred_username": "alice", "email": "alice@example.org" }));
    let cognito = jwt(&json!({ "sub": "c0ffee00-1111-4222-8333-444455556666", "cognito:username": "alice" }));
    vec![
        (
            "keycloak",
            format!("curl https://sso.example.org/realms/guild/protocol/openid-connect/token -d grant_type=password -d client_id=app -d client_secret=S3cretOfTheApp -d username=alice --data-urlencode 'password={PASSWORD}' -d scope=openid"),
            json!({ "access_token": keycloak, "expires_in": 300, "refresh_expires_in": 1800, "refresh_token": "opaque-Refresh-0123456789", "token_type": "Bearer" }).to_string(),
            vec![("token>client", "body"), ("client_id", "app"), ("client_secret>env", "LEGACY_CLIENT_SECRET"), ("token>fields>scope", "openid"), ("jwt>from", "/access_token"), ("jwt>trust", "transport"), ("identity>legacy_id", "/jwt/sub"), ("refresh>client", "body")],
        ),
        (
            "simplejwt",
            format!(r#"curl -X POST https://drf.example.org/api/token/ -H 'Content-Type: application/json' -d '{{"username":"alice","password":"{PASSWORD}"}}'"#),
            json!({ "access": simple, "refresh": jwt(&json!({ "user_id": "42", "exp": 1_900_900_000 })) }).to_string(),
            vec![("login>json>username", "{/typed/user_name}"), ("login>json>password", "{/typed/password}"), ("login>access_token", "/access"), ("login>refresh_token", "/refresh"), ("login>expires_as", "jwt"), ("identity>legacy_id", "/jwt/user_id")],
        ),
        (
            "directus",
            format!(r#"curl https://directus.example.org/auth/login --json '{{"email":"alice@example.org","password":"{PASSWORD}","mode":"json"}}'"#),
            json!({ "data": { "access_token": directus, "refresh_token": TOKEN, "expires": 900_000 } }).to_string(),
            vec![("login>json>email", "{/typed/user_name}"), ("login>json>mode", "json"), ("login>access_token", "/data/access_token"), ("login>refresh_token", "/data/refresh_token"), ("login>expires_in", "/data/expires"), ("login>expires_as", "milliseconds"), ("identity>legacy_id", "/jwt/id")],
        ),
        (
            "strapi",
            format!(r#"curl https://strapi.example.org/api/auth/local -H 'content-type: application/json' --data-raw '{{"identifier":"alice","password":"{PASSWORD}"}}'"#),
            json!({ "jwt": jwt(&json!({ "id": 1, "exp": 1_900_000_000 })), "user": { "id": 1, "documentId": "x7", "username": "alice", "email": "alice@example.org" } }).to_string(),
            vec![("login>json>identifier", "{/typed/user_name}"), ("login>access_token", "/jwt"), ("login>expires_as", "jwt"), ("identity>user_name", "/answer/user/username"), ("claims>email", "/answer/user/email")],
        ),
        (
            "wordpress",
            format!("curl -d username=alice -d password='{PASSWORD}' https://wp.example.org/wp-json/jwt-auth/v1/token"),
            json!({ "token": wordpress, "user_email": "alice@example.org", "user_nicename": "alice", "user_display_name": "Alice" }).to_string(),
            vec![("login>form>password", "{/typed/password}"), ("login>access_token", "/token"), ("identity>legacy_id", "/jwt/data/user/id"), ("claims>name", "/answer/user_display_name")],
        ),
        (
            "matrix",
            format!(r#"curl -XPOST https://matrix.example.org/_matrix/client/v3/login -H 'Content-Type: application/json' -d '{{"type":"m.login.password","identifier":{{"type":"m.id.user","user":"alice"}},"password":"{PASSWORD}"}}'"#),
            json!({ "access_token": "syt_YWxpY2U_kQJmZ7abc0_1x2y3z", "refresh_token": "syr_abc0123456789defghij", "user_id": "@alice:example.org", "expires_in_ms": 300_000, "device_id": "GHTYAJCE" }).to_string(),
            vec![("login>json>identifier>user", "{/typed/user_name}"), ("login>json>type", "m.login.password"), ("login>expires_in", "/expires_in_ms"), ("login>expires_as", "milliseconds"), ("identity>legacy_id", "/answer/user_id")],
        ),
        (
            "cognito",
            format!(r#"curl https://cognito-idp.eu-west-1.amazonaws.com/ -H 'X-Amz-Target: AWSCognitoIdentityProviderService.InitiateAuth' -H 'Content-Type: application/x-amz-json-1.1' -d '{{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"4abc","AuthParameters":{{"USERNAME":"alice","PASSWORD":"{PASSWORD}"}}}}'"#),
            json!({ "AuthenticationResult": { "AccessToken": jwt(&json!({ "sub": "x" })), "IdToken": cognito, "RefreshToken": TOKEN, "ExpiresIn": 3600, "TokenType": "Bearer" }, "ChallengeParameters": {} }).to_string(),
            vec![("login>headers>X-Amz-Target", "AWSCognitoIdentityProviderService.InitiateAuth"), ("login>content_type", "application/x-amz-json-1.1"), ("login>json>AuthParameters>USERNAME", "{/typed/user_name}"), ("login>json>ClientId", "{/client/id}"), ("client_id", "4abc"), ("login>access_token", "/AuthenticationResult/AccessToken"), ("login>expires_in", "/AuthenticationResult/ExpiresIn"), ("jwt>from", "/AuthenticationResult/IdToken"), ("identity>legacy_id", "/jwt/sub")],
        ),
        (
            "firebase",
            format!(r#"curl 'https://identitytoolkit.example.org/v1/accounts:signInWithPassword?key=AIzaSyD4711abcdefghijk' -H 'Content-Type: application/json' -d '{{"email":"alice@example.org","password":"{PASSWORD}","returnSecureToken":true}}'"#),
            json!({ "idToken": jwt(&json!({ "user_id": "Zk3", "exp": 1_900_000_000 })), "refreshToken": TOKEN, "localId": "Zk3", "expiresIn": "3600", "email": "alice@example.org" }).to_string(),
            vec![("login>query>key", "{/secret/key}"), ("secrets>key>env", "LEGACY_KEY"), ("login>access_token", "/idToken"), ("login>expires_in", "/expiresIn"), ("login>expires_as", "seconds"), ("identity>legacy_id", "/answer/localId")],
        ),
        (
            "jellyfin",
            format!(r#"curl https://media.example.org/Users/AuthenticateByName -H 'Authorization: MediaBrowser Client="Bridge", DeviceId="4711"' -H 'Content-Type: application/json' -d '{{"Username":"alice","Pw":"{PASSWORD}"}}'"#),
            json!({ "User": { "Name": "alice", "Id": "6f1d4c2a0b5e4e7b9a3100c0ffee0001" }, "AccessToken": "0123456789abcdef0123456789abcdef" }).to_string(),
            vec![("login>json>Pw", "{/typed/password}"), ("login>headers>Authorization", "{/secret/authorization}"), ("login>access_token", "/AccessToken"), ("identity>legacy_id", "/answer/User/Id"), ("identity>user_name", "/answer/User/Name")],
        ),
        (
            "salesforce",
            format!("curl https://login.example.org/services/oauth2/token -u 'app:S3cretOfTheApp' -d 'grant_type=password&username=alice' --data-urlencode 'password={PASSWORD}'"),
            json!({ "access_token": "00Dx0000000BV7z!AR8AQP0jITN80ESEsj5", "instance_url": "https://eu7.example.org", "id": "https://login.example.org/id/00Dx0000000BV7z/005x00000012Q9P", "issued_at": "1278448832702" }).to_string(),
            vec![("token>client", "basic"), ("client_id", "app"), ("token>access_token", "/access_token"), ("identity>legacy_id", "/answer/id")],
        ),
    ]
}

#[test]
fn the_commands_of_ten_systems_become_sections_that_pass_check_and_hold_no_secret() {
    for (name, command, answer, wanted) in ten_systems() {
        let user = (!command.contains("alice@")).then_some("alice");
        let draft = drafted(&command, &answer, user).unwrap();
        assert!(draft.questions.is_empty(), "{name}: {:?}", draft.questions);
        let section = passes_check(&draft);
        for (path, value) in wanted {
            assert_eq!(at(&section, path), value, "{name}: {path}\n{}", draft.text);
        }
        let secrets = [
            PASSWORD,
            TOKEN,
            "w0nder%26land-77",
            "S3cretOfTheApp",
            "AIzaSy",
            "eyJ",
            "0123456789abcdef",
            "AR8AQP0",
            "syt_",
            "syr_",
        ];
        for secret in secrets {
            assert!(!draft.text.contains(secret), "{name}: {secret}\n{}", draft.text);
        }
    }
}

#[rstest]
#[case::a_bare_text("\"abcdefghijklm0123456\"", "login>access_token", "")]
#[case::plain_text(
    "HTTP/1.1 200 OK\nContent-Type: text/plain\n\nabcdefghijklm0123456\n",
    "login>format",
    "text"
)]
#[case::a_header(
    "HTTP/1.1 201 Created\nX-Auth-Token: abcdefghijklm0123456\n\n{\"id\":\"7\"}",
    "login>access_token",
    "header['x-auth-token']"
)]
#[case::a_bearer_header(
    "HTTP/1.1 200 OK\nAuthorization: Bearer abcdefghijklm0123456\n\n{}",
    "login>access_token",
    "header['authorization'] | capture('^Bearer (.+)$')"
)]
#[case::a_cookie(
    "HTTP/1.1 200 OK\nSet-Cookie: SESSION=abcdefghijklm0123456; Path=/\n\n{}",
    "send_token>cookie",
    "SESSION"
)]
#[case::another_status(
    "HTTP/2 202\ncontent-type: application/json\n\n{\"token\":\"abcdefghijklm0123456\"}",
    "login>success_status",
    "202"
)]
#[case::xml("<r><token>abcdefghijklm0123456</token><userId>7</userId></r>", "login>format", "xml")]
#[case::a_date(
    "{\"token\":\"abc\",\"expiresAt\":\"2030-01-01T00:00:00.123456\"}",
    "login>expires_as",
    "date"
)]
#[case::epoch("{\"token\":\"abc\",\"expires_at\":1900000000}", "login>expires_as", "epoch")]
#[case::deep(
    "{\"Body\":{\"authToken\":[{\"_content\":\"abc\"}],\"lifetime\":172800000}}",
    "login>access_token",
    "/Body/authToken/0/_content"
)]
#[case::lifetime_in_milliseconds(
    "{\"authToken\":\"abc\",\"lifetime\":172800000}",
    "login>expires_as",
    "milliseconds"
)]
fn a_token_is_found_wherever_it_stands(#[case] answer: &str, #[case] path: &str, #[case] value: &str) {
    let draft = drafted(
        "curl https://a.example.org/login --json '{\"user\":\"alice\",\"password\":\"w0nder\"}'",
        answer,
        None,
    )
    .unwrap();
    let section = draft.text.parse::<toml::Table>().unwrap();
    assert_eq!(at(section["legacy"].as_table().unwrap(), path), value, "{}", draft.text);
    assert!(!draft.text.contains("abcdefghijklm"), "{}", draft.text);
}

#[rstest]
#[case::user_around(
    "curl https://a.example.org/x -u 'CLIENT||alice:w0nder'",
    Some("alice"),
    "login>basic>user_name",
    "CLIENT||{/typed/user_name}"
)]
#[case::basic_header(
    "curl https://a.example.org/x -H 'Authorization: Basic YWxpY2U6dzBuZGVy' -H 'OCS-APIRequest: true'",
    None,
    "login>basic>password",
    "{/typed/password}"
)]
#[case::a_get(
    "curl -G https://a.example.org/x -d username=alice -d password=w0nder -d service=app",
    None,
    "login>method",
    "GET"
)]
#[case::query_of_a_get(
    "curl -G https://a.example.org/x -d username=alice -d password=w0nder -d service=app",
    None,
    "login>query>service",
    "app"
)]
#[case::twice(
    "curl https://a.example.org/x -d login=alice -d password=w0nder -d password_confirm=w0nder",
    None,
    "login>form>password_confirm",
    "{/typed/password}"
)]
#[case::braces(
    "curl https://a.example.org/x -d login=alice -d pwd=w0nder -d 'q={a}'",
    None,
    "login>form>q",
    "{{a}}"
)]
#[case::own_names(
    "curl https://a.example.org/token -d grant_type=password -d email=alice -d Pw=w0nder",
    None,
    "token>username_field",
    "email"
)]
#[case::needless_headers(
    "curl https://a.example.org/x -H 'User-Agent: x' -H 'Accept: application/json' -H 'X-Tenant: t1' -d u=alice -d pw=w0nder",
    Some("alice"),
    "login>headers>X-Tenant",
    "t1"
)]
#[case::over_lines(
    "curl 'https://a.example.org/x' \\\n  -d 'username=alice' \\\n  -d 'password=w0nder'",
    None,
    "login>form>username",
    "{/typed/user_name}"
)]
#[case::private_ca(
    "curl --cacert ca.pem https://a.example.org/x -d username=alice -d password=w0nder",
    None,
    "tls>ca_file",
    "ca.pem"
)]
fn a_request_is_read_as_curl_would_send_it(
    #[case] command: &str,
    #[case] user: Option<&str>,
    #[case] path: &str,
    #[case] value: &str,
) {
    let draft = drafted(command, r#"{"token":"abc","id":"7"}"#, user).unwrap();
    let section = draft.text.parse::<toml::Table>().unwrap();
    assert_eq!(at(section["legacy"].as_table().unwrap(), path), value, "{}", draft.text);
    assert!(!draft.text.contains("w0nder") && !draft.text.contains("User-Agent"), "{}", draft.text);
}

#[rstest]
#[case::quotes("curl 'https://a", CurlError::Quotes)]
#[case::no_curl("wget https://a.example.org", CurlError::NotCurl)]
#[case::no_url("curl -d a=b", CurlError::Url)]
#[case::two_urls("curl https://a.example.org https://b.example.org", CurlError::Url)]
#[case::another_scheme("curl ftp://a.example.org", CurlError::Url)]
fn what_is_no_command_is_told(#[case] command: &str, #[case] error: CurlError) {
    assert_eq!(curl::read(command).unwrap_err(), error);
}

#[test]
fn what_cannot_be_described_is_refused_with_a_reason_and_without_the_words() {
    for (command, told) in [
        ("curl https://a.example.org -F password=w0nder", "multipart"),
        ("curl https://a.example.org -d @body.json", "write it into the command"),
        ("curl https://a.example.org --no-such-option=w0nder", "--no-such-option"),
        ("curl $'https://a.example.org/\\u0021'", "plain quotes"),
    ] {
        let error = curl::read(command).unwrap_err().to_string();
        assert!(error.contains(told) && !error.contains("w0nder"), "{error}");
    }
    let insecure = curl::read("curl -k -L https://a.example.org -d username=a -d password=b").unwrap();
    assert_eq!(insecure.notes.len(), 2);
}

#[test]
fn what_is_unclear_is_asked() {
    let unclear = |command: &str| drafted(command, "", None).unwrap_err().to_string();
    assert!(
        unclear("curl https://a.example.org -d geheim=w0nder -d wer=alice")
            .contains("--password-field FIELD; there is `geheim`, `wer`")
    );
    assert!(unclear("curl https://a.example.org -d password=w0nder -d wer=alice").contains("--user-field"));
    assert!(
        unclear("curl https://a.example.org -H 'Content-Type: text/xml' -d '<a>w0nder</a>'")
            .contains("by hand")
    );
    let hints = Hints {
        user_field: Some("wer".to_owned()),
        password_field: Some("geheim".to_owned()),
        ..Hints::default()
    };
    let curl = curl::read("curl https://a.example.org -d geheim=w0nder -d wer=alice").unwrap();
    let draft = draft::write(&curl, None, &hints).unwrap();
    assert!(draft.text.contains("{/typed/password}") && !draft.text.contains("w0nder"));
    // Without an answer two things are open, and each stands in the text.
    assert_eq!(draft.questions.len(), 2, "{:?}", draft.questions);
    assert_eq!(draft.text.matches("# QUESTION: ").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_command_and_its_answer_to_a_login_that_works() {
    let running = start(Settings::default(), 0).await.unwrap();
    let command = format!(
        "curl {}/token -d grant_type=password -d username=alice -d password=wonderland",
        running.base_url
    );
    let folder = tempfile::tempdir().unwrap();
    let written =
        passerelle(folder.path(), &["connector", "from-curl", &command, "--live", "--user", "alice"], "");
    assert_eq!(written.code, Some(0), "{}", written.all());
    assert!(written.stdout.contains("preset = \"imis\""), "{}", written.stdout);
    assert!(!written.all().contains("wonderland"));
    let folder = folder_with(&written.stdout);
    let tried = passerelle(folder.path(), &["connector", "test", "--user", "alice"], "wonderland");
    assert_eq!(tried.code, Some(0), "{}", tried.all());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_without_any_preset() {
    let foreign = Foreign::open().await;
    let answer =
        r#"{"session":{"token":"t0k"},"member":{"id":"7f3c","login":"alice","email":"alice@example.org"}}"#;
    foreign.says("/login", 200, answer);
    let command =
        format!("curl {}/login --json '{{\"login\":\"alice\",\"password\":\"w&nder\"}}'", foreign.base_url);
    let folder = tempfile::tempdir().unwrap();
    let written = passerelle(
        folder.path(),
        &["connector", "from-curl", &command, "--answer", "-", "--user", "alice"],
        answer,
    );
    assert_eq!(written.code, Some(0), "{}", written.all());
    let folder = folder_with(&written.stdout);
    let checked = passerelle(folder.path(), &["check"], "");
    assert_eq!(checked.code, Some(0), "{}", checked.all());
    let tried = passerelle(folder.path(), &["connector", "test", "--user", "alice", "--json"], "w&nder");
    assert_eq!(tried.code, Some(0), "{}", tried.all());
    assert_eq!(tried.json()["identity"]["legacy_id"], "7f3c");
    assert_eq!(tried.json()["scopes"]["email"]["email"], "alice@example.org");
    assert_eq!(foreign.asked("/login")[0].body, r#"{"login":"alice","password":"w&nder"}"#);
}

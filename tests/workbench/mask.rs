//! What is hidden, in every spelling, and what is not.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use passerelle::workbench::mask::{HIDDEN, Mask, is_secret_name, looks_secret};
use rstest::rstest;
use serde_json::json;
use url::form_urlencoded::byte_serialize;

/// Every way in which `secret` may stand somewhere.
pub(super) fn spellings(secret: &str) -> Vec<String> {
    let form: String = byte_serialize(secret.as_bytes()).collect();
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let json = serde_json::to_string(secret).unwrap();
    let unicode: String = secret.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
    vec![
        secret.to_owned(),
        form.clone(),
        form.replace('+', "%20"),
        form.replace('%', "%25"),
        percent,
        json.trim_matches('"').to_owned(),
        unicode,
        STANDARD.encode(secret),
        STANDARD.encode(format!("alice:{secret}")),
        URL_SAFE_NO_PAD.encode(format!("{secret}:x")),
        STANDARD.encode(format!("a:{form}")),
    ]
}

#[rstest]
#[case::plain("wonderland")]
#[case::with_everything("p&ss w=rd+%41/\"\\\n{ü☃🦢}")]
#[case::numeric("123456789")]
#[case::base64_like("YWxpY2U6d29uZGVybGFuZA==")]
fn a_known_secret_is_hidden_in_every_spelling(#[case] secret: &str) {
    let mask = Mask::of([secret]);
    for spelt in spellings(secret) {
        let shown = mask.text(&format!("before {spelt} after"));
        assert!(!shown.contains(&spelt) && shown.contains(HIDDEN), "{spelt}: {shown}");
        assert!(shown.starts_with("before ") && shown.ends_with(" after"), "{shown}");
    }
}

#[rstest]
#[case::a_jwt("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl")]
#[case::half_a_jwt("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0")]
#[case::hex("6321657e781b4ab183d6d123fbe25096")]
#[case::random("a2PwX9_kQ7-zzR41LmNo")]
#[case::base64("Zm9vYmFyYmF6cXV4MTIz/+==")]
fn what_looks_like_a_token_is_hidden_though_nobody_knows_it(#[case] token: &str) {
    assert!(looks_secret(token));
    assert_eq!(Mask::default().text(&format!("x {token}, y")), format!("x {HIDDEN}, y"));
}

#[rstest]
#[case::a_guid("6f1d4c2a-0b5e-4e7b-9a31-00c0ffee0001")]
#[case::a_date("Thu, 14 Dec 2017 03:21:29 GMT and 2017-12-14T03:21:29Z")]
#[case::a_url("https://members-01.example.org/Asi.Scheduler_Imis2017/api/party/12345")]
#[case::a_path("/AsiCommon/Controls/Shared/FormsAuthentication/Login.aspx")]
#[case::a_header("AWSCognitoIdentityProviderService.InitiateAuth")]
#[case::a_sentence("The user name or password is incorrect.")]
#[case::a_telephone("+44 1865 276150")]
fn what_is_no_secret_is_shown(#[case] text: &str) {
    assert_eq!(Mask::of(["wonderland"]).text(text), text);
}

#[test]
fn a_text_is_hidden_by_the_name_that_it_stands_under() {
    let mask = Mask::default();
    let shown = mask.value(&json!({
        "AccessToken": "short", "token_type": "bearer", "expires_in": 1199, "ticket": 7, "passwordExpired": false,
        "password": ["This field is required."], "user": { "sessionId": "abc", "name": "Alice" },
    }));
    let wanted = json!({
        "AccessToken": HIDDEN, "token_type": "bearer", "expires_in": 1199, "ticket": HIDDEN, "passwordExpired": false,
        "password": ["This field is required."], "user": { "sessionId": HIDDEN, "name": "Alice" },
    });
    assert_eq!(shown, wanted);
    assert_eq!(mask.named("authorization", "Bearer x"), format!("Bearer {HIDDEN}"));
    assert_eq!(mask.named("cookie", "a=b; c=d"), HIDDEN);
    for name in
        ["pw", "Pw", "Passwort", "pwd", "user_password", "X-Api-Key", "refreshToken", "csrfmiddlewaretoken"]
    {
        assert!(is_secret_name(name), "{name}");
    }
    for name in
        ["username", "token_type", "tokenExpires", "expires_in", "password_hint", "sign_in_url", "compass"]
    {
        assert!(!is_secret_name(name), "{name}");
    }
}

#[test]
fn the_longer_of_two_secrets_is_hidden_whole() {
    let mask = Mask::of(["wonder", "wonderland"]);
    assert_eq!(mask.text("wonderland, wonder"), format!("{HIDDEN}, {HIDDEN}"));
}

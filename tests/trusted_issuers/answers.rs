//! Tokens that only their issuer understands: it is asked, by userinfo or introspection, once in an interval.

use std::time::Duration;

use passerelle::oauth::error::ErrorCode;
use serde_json::{Value, json};

use super::changed;
use crate::support::foreign_issuer::{AUDIENCE, ForeignIssuer, Key};
use crate::support::parts::BEGINNING;
use crate::support::trust::{Trust, issuer};

const USERINFO: &str = "validation = \"userinfo\"\nopaque_tokens = true\naudiences = []\n\
                        apis = [\"https://api.example.org\"]\nrequired_claims = { tenant = \"guild\" }";
const INTROSPECTION: &str = "validation = \"introspection\"\nopaque_tokens = true\nclient_id = \"the bridge\"\n\
                             client_secret = \"p+ss:word\"";

fn member() -> Value {
    json!({"sub": "4711", "tenant": "guild", "roles": ["member"]})
}

#[tokio::test]
async fn userinfo_is_asked_once_in_an_interval_for_each_token() {
    let partner = ForeignIssuer::open().await;
    partner.now_says(|says| says.user_info = (200, member()));
    let trust = Trust::in_one(&partner.url, USERINFO).await;
    assert_eq!(trust.shown_at_once(&vec!["opaque-1".to_owned(); 50], BEGINNING).await, [""; 0]);
    assert_eq!(partner.calls_of("/userinfo"), 1);
    let token = trust.verify("opaque-1", BEGINNING + Duration::from_secs(299)).await.unwrap();
    assert_eq!((token.subject.as_str(), &*token.roles), ("4711", &["member".to_owned()][..]));
    assert_eq!(token.audiences, [AUDIENCE]);
    assert_eq!(token.expires_at, BEGINNING + Duration::from_secs(300));
    assert_eq!(partner.calls_of("/userinfo"), 1);
    assert!(trust.verify("opaque-2", BEGINNING).await.is_ok());
    assert_eq!(partner.calls_of("/userinfo"), 2);
    // And then once more.
    assert!(trust.verify("opaque-1", BEGINNING + Duration::from_secs(300)).await.is_ok());
    assert!(trust.verify("opaque-1", BEGINNING + Duration::from_secs(301)).await.is_ok());
    assert_eq!(partner.calls_of("/userinfo"), 3);
    let sent = partner.forms().into_iter().filter_map(|(authorization, _)| authorization);
    assert_eq!(sent.collect::<Vec<_>>(), ["Bearer opaque-1", "Bearer opaque-2", "Bearer opaque-1"]);
    assert_eq!(partner.calls_of("/.well-known/openid-configuration"), 1);
}

#[tokio::test]
async fn a_refusal_is_remembered_shortly_and_a_silent_issuer_is_not_the_tokens_fault() {
    let partner = ForeignIssuer::open().await;
    let trust = Trust::in_one(&partner.url, USERINFO).await;
    for status in [400, 401, 403] {
        partner.now_says(|says| says.user_info = (status, json!({"error": "invalid_token"})));
        let error = trust.verify(&format!("refused-{status}"), BEGINNING).await.unwrap_err();
        assert_eq!((error.reason(), error.code()), ("inactive", ErrorCode::InvalidToken));
    }
    partner.now_says(|says| says.user_info = (200, member()));
    assert_eq!(trust.reason("refused-401", BEGINNING + Duration::from_secs(9)).await, "inactive");
    assert!(trust.verify("refused-401", BEGINNING + Duration::from_secs(10)).await.is_ok());
    for (number, answer) in
        [(500, member()), (404, member()), (302, member()), (200, json!({})), (200, json!("a.signed.answer"))]
            .into_iter()
            .enumerate()
    {
        partner.now_says(|says| says.user_info = answer.clone());
        let error = trust.verify(&format!("odd-{number}"), BEGINNING).await.unwrap_err();
        assert_eq!(error.reason(), "issuer_unavailable", "{answer:?}");
        assert_eq!(error.code(), ErrorCode::TemporarilyUnavailable);
    }
}

#[tokio::test]
async fn the_tenant_is_the_configurations_to_say() {
    let partner = ForeignIssuer::open().await;
    let trust = Trust::in_one(&partner.url, USERINFO).await;
    partner.now_says(|says| says.user_info = (200, changed(member(), &json!({"tenant": "other"}))));
    assert_eq!(trust.reason("of-another-tenant", BEGINNING).await, "required_claim");
    partner.now_says(|says| says.user_info = (200, changed(member(), &json!({"tenant": null}))));
    assert_eq!(trust.reason("of-no-tenant", BEGINNING).await, "required_claim");
}

/// A JWT that has no key of ours to be checked with: its issuer vouches for the whole, and then what it says counts.
#[tokio::test]
async fn what_a_jwt_says_counts_when_its_issuer_vouches_for_it() {
    let partner = ForeignIssuer::open().await;
    let trust = Trust::in_one(&partner.url, "validation = \"userinfo\"").await;
    let token = |changes: Value| Key::Stranger.token(&changed(partner.claims(BEGINNING), &changes));
    partner.now_says(|says| says.user_info = (200, json!({"sub": "of the answer"})));
    let taken = trust.verify(&token(json!({})), BEGINNING).await.unwrap();
    assert_eq!((taken.subject.as_str(), taken.client.as_deref()), ("of the answer", Some("portal")));
    assert_eq!(trust.reason(&token(json!({"aud": "https://other.example"})), BEGINNING).await, "audience");
    assert_eq!(trust.reason(&token(json!({"exp": 1})), BEGINNING).await, "expired");
    // It is remembered as good, and yet over in its time.
    let short = token(json!({"exp": BEGINNING.as_seconds() + 10}));
    let taken = trust.verify(&short, BEGINNING).await.unwrap();
    assert_eq!(taken.expires_at, BEGINNING + Duration::from_secs(10));
    assert_eq!(trust.reason(&short, BEGINNING + Duration::from_secs(70)).await, "expired");
    partner.now_says(|says| says.user_info = (401, Value::Null));
    assert_eq!(trust.reason(&token(json!({"jti": "forged"})), BEGINNING).await, "inactive");
    // Without the setting nothing is sent that does not name this issuer.
    let calls = partner.calls_of("/userinfo");
    assert_eq!(trust.reason("opaque", BEGINNING).await, "unknown");
    assert_eq!(
        trust.reason(&token(json!({"iss": "https://login.other.example"})), BEGINNING).await,
        "issuer"
    );
    assert_eq!(partner.calls_of("/userinfo"), calls);
}

#[tokio::test]
async fn introspection_says_what_a_token_means() {
    let partner = ForeignIssuer::open().await;
    let trust = Trust::in_one(&partner.url, INTROSPECTION).await;
    let active = json!({
        "active": true, "client_id": "crm-sync", "aud": AUDIENCE, "scope": "members.read", "roles": ["sync"],
        "exp": BEGINNING.as_seconds() + 100,
    });
    partner.now_says(|says| says.introspection = (200, active.clone()));
    assert_eq!(trust.shown_at_once(&vec!["opaque-1".to_owned(); 20], BEGINNING).await, [""; 0]);
    let token = trust.verify("opaque-1", BEGINNING).await.unwrap();
    assert_eq!((token.subject.as_str(), token.client.as_deref()), ("crm-sync", Some("crm-sync")));
    assert_eq!(token.scope.to_string(), "members.read");
    assert_eq!(token.expires_at, BEGINNING + Duration::from_secs(100));
    assert_eq!(partner.calls_of("/introspect"), 1);
    let (authorization, form) = partner.forms().pop().unwrap();
    assert_eq!(form, "token=opaque-1&token_type_hint=access_token");
    // RFC 6749 §2.3.1: "the+bridge:p%2Bss%3Aword".
    assert_eq!(authorization.as_deref(), Some("Basic dGhlK2JyaWRnZTpwJTJCc3MlM0F3b3Jk"));
    let rows = [
        ("inactive", 200, json!({"active": false})),
        ("inactive", 200, changed(active.clone(), &json!({"active": null}))),
        ("inactive", 200, changed(active.clone(), &json!({"active": "true"}))),
        ("audience", 200, changed(active.clone(), &json!({"aud": null}))),
        ("audience", 200, changed(active.clone(), &json!({"aud": "https://other.example"}))),
        ("issuer", 200, changed(active.clone(), &json!({"iss": "https://login.other.example"}))),
        ("expired", 200, changed(active.clone(), &json!({"exp": 1}))),
        ("missing_claim", 200, changed(active.clone(), &json!({"client_id": null}))),
        // It is the bridge that is not believed.
        ("issuer_unavailable", 401, json!({"error": "invalid_client"})),
        ("issuer_unavailable", 200, json!(true)),
    ];
    for (number, (reason, status, answer)) in rows.into_iter().enumerate() {
        partner.now_says(|says| says.introspection = (status, answer.clone()));
        assert_eq!(trust.reason(&format!("token-{number}"), BEGINNING).await, reason, "{answer}");
    }
}

/// Beside an issuer whose tokens are verified locally, which is never asked about them.
#[tokio::test]
async fn a_token_that_says_nothing_is_shown_to_the_one_issuer_that_takes_such() {
    let (local, partner) = (ForeignIssuer::open().await, ForeignIssuer::open().await);
    partner.now_says(|says| says.user_info = (200, member()));
    let written = [issuer("local", &local.url, ""), issuer("partner", &partner.url, USERINFO)].concat();
    let trust = Trust::in_issuers(&written).await;
    assert_eq!(&*trust.verify("opaque", BEGINNING).await.unwrap().issuer_name, "partner");
    assert!(trust.verify(&Key::First.token(&local.claims(BEGINNING)), BEGINNING).await.is_ok());
    assert_eq!((local.calls_of("/userinfo"), partner.calls_of("/userinfo")), (0, 1));
}

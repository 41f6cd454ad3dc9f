//! Access tokens of other identity providers: taken as the configuration says, and each refusal for its own reason.

mod answers;
mod gateway;
mod interop;
mod key_life;
mod people;
mod property;

use std::time::Duration;

use passerelle::gateway::issuers::error::IssuerError;
use passerelle::keys::compact::LONGEST_COMPACT;
use passerelle::oauth::error::ErrorCode;
use serde_json::{Value, json};

use crate::support::foreign_issuer::{AUDIENCE, ForeignIssuer, Key};
use crate::support::parts::BEGINNING;
use crate::support::trust::{Trust, issuer};

const MINUTE: Duration = Duration::from_mins(1);

/// `claims` with `changes` laid over it; a claim that is changed to null is left out.
fn changed(mut claims: Value, changes: &Value) -> Value {
    let members = claims.as_object_mut().unwrap();
    members.extend(changes.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    claims
}

#[tokio::test]
async fn a_token_is_taken_as_the_configuration_says_and_means_what_it_says() {
    let partner = ForeignIssuer::open().await;
    let trust = Trust::in_one(&partner.url, "roles_claim = [\"/realm_access/roles\", \"roles\"]").await;
    let token = trust.verify(&Key::First.token(&partner.claims(BEGINNING)), BEGINNING).await.unwrap();
    assert_eq!((&*token.issuer, &*token.issuer_name), (partner.url.as_str(), "partner"));
    assert_eq!((token.subject.as_str(), token.client.as_deref()), ("4711", Some("portal")));
    assert_eq!(
        (token.scope.to_string().as_str(), &*token.roles),
        ("members.read", &["member".to_owned()][..])
    );
    assert_eq!(token.audiences, [AUDIENCE]);
    assert_eq!(token.expires_at, BEGINNING + 5 * MINUTE);
    assert_eq!(token.claims["jti"], "1");
    // Another provider's ways: `application/at+jwt`, `azp`, a list of audiences and of scopes, roles somewhere below.
    let claims = changed(
        partner.claims(BEGINNING),
        &json!({
            "client_id": null, "azp": "portal", "aud": ["https://other.example", AUDIENCE], "scope": ["a", "b"],
            "realm_access": {"roles": ["admin"]}, "acr": "gold", "auth_time": BEGINNING.as_seconds() - 5,
        }),
    );
    let header = changed(Key::First.header(), &json!({"typ": "application/at+JWT"}));
    let token = trust.verify(&Key::First.signs(&header, &claims), BEGINNING).await.unwrap();
    assert_eq!(token.client.as_deref(), Some("portal"));
    assert_eq!(token.scope.to_string(), "a b");
    assert_eq!(token.roles, ["admin"]);
    assert_eq!(token.audiences, [AUDIENCE]);
    assert_eq!(token.acr.as_deref(), Some("gold"));
    assert_eq!(token.auth_time, Some(BEGINNING - Duration::from_secs(5)));
}

#[tokio::test]
async fn each_refusal_has_its_reason_and_the_word_of_the_protocol() {
    let partner = ForeignIssuer::open().await;
    let trust = Trust::in_one(&partner.url, "required_claims = { tenant = \"guild\" }").await;
    let good = changed(partner.claims(BEGINNING), &json!({"tenant": "guild"}));
    let at = |seconds: i64| BEGINNING.as_seconds() + seconds;
    let saying = |changes: Value| Key::First.token(&changed(good.clone(), &changes));
    let headed = |changes: Value| Key::First.signs(&changed(Key::First.header(), &changes), &good);
    let tampered = saying(json!({})).replacen('.', ".e30", 1);
    let rows = [
        ("malformed", String::new()),
        ("malformed", "two words".to_owned()),
        ("malformed", "a".repeat(LONGEST_COMPACT + 1)),
        ("malformed", tampered),
        ("unknown", "a-random-text".to_owned()),
        ("encrypted", "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AA.AA.AA".to_owned()),
        ("issuer", saying(json!({"iss": "https://login.other.example"}))),
        ("issuer", saying(json!({"iss": format!("{}/", partner.url)}))),
        ("issuer", saying(json!({"iss": null}))),
        ("issuer", saying(json!({"iss": [partner.url]}))),
        ("audience", saying(json!({"aud": "https://other.example"}))),
        ("audience", saying(json!({"aud": null}))),
        ("algorithm", Key::Edwards.token(&good)),
        ("algorithm", headed(json!({"alg": "none"}))),
        ("algorithm", headed(json!({"alg": "HS256"}))),
        ("critical_header", headed(json!({"crit": ["exp"], "exp": 1}))),
        ("critical_header", headed(json!({"b64": false}))),
        ("key", headed(json!({"kid": "nobody"}))),
        ("key", Key::Stranger.token(&good)),
        ("key", Key::Stranger.signs(&json!({"alg": "RS256", "typ": "at+jwt"}), &good)),
        // A token does not bring its own judge (RFC 8725 §3.10).
        (
            "key",
            Key::Stranger
                .signs(&changed(Key::Stranger.header(), &json!({"jwk": Key::Stranger.jwk()})), &good),
        ),
        ("signature", Key::Stranger.signs(&Key::First.header(), &good)),
        ("type", headed(json!({"typ": "JWT"}))),
        ("type", headed(json!({"typ": null}))),
        ("type", headed(json!({"typ": "logout+jwt"}))),
        ("expired", saying(json!({"exp": at(-60)}))),
        ("not_yet_valid", saying(json!({"nbf": at(61)}))),
        ("issued_ahead", saying(json!({"iat": at(61), "exp": at(400)}))),
        ("too_old", saying(json!({"iat": at(-86_400 - 61)}))),
        ("missing_claim", saying(json!({"exp": null}))),
        ("missing_claim", saying(json!({"sub": null}))),
        ("missing_claim", saying(json!({"iat": null}))),
        ("required_claim", saying(json!({"tenant": "other"}))),
        ("required_claim", saying(json!({"tenant": null}))),
    ];
    for (reason, token) in rows {
        let error = trust.verify(&token, BEGINNING).await.unwrap_err();
        assert_eq!((error.reason(), error.code()), (reason, ErrorCode::InvalidToken), "{token}");
        assert!(token.len() < 20 || !error.to_string().contains(&token));
    }
    assert!(trust.verify(&saying(json!({})), BEGINNING).await.is_ok());
}

/// A provider that does not mark its access tokens: then an ID token is told by what only it may hold.
#[tokio::test]
async fn an_unmarked_token_is_taken_by_setting_and_a_token_of_another_kind_never() {
    let partner = ForeignIssuer::open().await;
    let trust = Trust::in_one(&partner.url, "typ = \"JWT\"").await;
    let good = partner.claims(BEGINNING);
    for (typ, taken) in [
        (json!(null), true),
        (json!("JWT"), true),
        (json!("jwt"), true),
        (json!("at+jwt"), true),
        (json!("logout+jwt"), false),
        (json!("dpop+jwt"), false),
        (json!(""), false),
    ] {
        let token = Key::First.signs(&changed(Key::First.header(), &json!({"typ": typ})), &good);
        assert_eq!(trust.verify(&token, BEGINNING).await.is_ok(), taken, "{typ}");
    }
    for claim in ["at_hash", "c_hash", "s_hash", "events"] {
        let header = changed(Key::First.header(), &json!({"typ": null}));
        let token = Key::First.signs(&header, &changed(good.clone(), &json!({claim: "x"})));
        assert_eq!(trust.reason(&token, BEGINNING).await, "type", "{claim}");
    }
}

#[tokio::test]
async fn several_issuers_stand_side_by_side_and_none_speaks_for_another() {
    let (partner, other) = (ForeignIssuer::open().await, ForeignIssuer::open().await);
    partner.publishes(&[Key::First]);
    other.publishes(&[Key::Second]);
    let second = "audiences = [\"https://ledger.example.org\", \"https://reports.example.org\"]";
    let written = [issuer("partner", &partner.url, ""), issuer("other", &other.url, second)].concat();
    let trust = Trust::in_issuers(&written).await;
    let of = |issuer: &ForeignIssuer, aud: &str| changed(issuer.claims(BEGINNING), &json!({"aud": aud}));
    let ledger = "https://ledger.example.org";
    let taken = trust.verify(&Key::First.token(&of(&partner, AUDIENCE)), BEGINNING).await.unwrap();
    assert_eq!(taken.audiences, [AUDIENCE]);
    // Only the audience that the token itself names.
    let taken = trust.verify(&Key::Second.token(&of(&other, ledger)), BEGINNING).await.unwrap();
    assert_eq!(taken.audiences, [ledger]);
    assert_eq!(trust.reason(&Key::First.token(&of(&partner, ledger)), BEGINNING).await, "audience");
    assert_eq!(trust.reason(&Key::Second.token(&of(&other, AUDIENCE)), BEGINNING).await, "audience");
    assert_eq!(trust.reason(&Key::Second.token(&of(&partner, AUDIENCE)), BEGINNING).await, "key");
    assert_eq!(trust.reason(&Key::First.token(&of(&other, ledger)), BEGINNING).await, "key");
}

#[tokio::test]
async fn an_issuer_may_call_the_api_by_a_name_of_its_own() {
    let partner = ForeignIssuer::open().await;
    let lines = "audiences = [\"api://legacy\"]\napis = [\"https://api.example.org\"]";
    let trust = Trust::in_one(&partner.url, lines).await;
    let claims = changed(partner.claims(BEGINNING), &json!({"aud": "api://legacy"}));
    assert_eq!(trust.verify(&Key::First.token(&claims), BEGINNING).await.unwrap().audiences, [AUDIENCE]);
    let by_ours = Key::First.token(&partner.claims(BEGINNING));
    assert_eq!(trust.reason(&by_ours, BEGINNING).await, "audience");
}

#[tokio::test]
async fn a_token_for_one_request_is_refused_the_second_time_and_only_then_remembered() {
    let (partner, other) = (ForeignIssuer::open().await, ForeignIssuer::open().await);
    let once = "single_use = true";
    let written = [issuer("partner", &partner.url, once), issuer("other", &other.url, once)].concat();
    let trust = Trust::in_issuers(&written).await;
    // Nobody without the key, and nobody too early, uses up an id.
    let claims = partner.claims(BEGINNING);
    assert_eq!(
        trust.reason(&Key::Stranger.signs(&Key::First.header(), &claims), BEGINNING).await,
        "signature"
    );
    assert_eq!(trust.reason(&Key::First.token(&claims), BEGINNING - 2 * MINUTE).await, "issued_ahead");
    let token = Key::First.token(&claims);
    assert!(trust.verify(&token, BEGINNING).await.unwrap().once);
    assert_eq!(trust.verify(&token, BEGINNING).await, Err(IssuerError::Replayed));
    assert_eq!(IssuerError::Replayed.code(), ErrorCode::InvalidToken);
    // The same id in another token of the same issuer, and of another.
    let later = changed(claims, &json!({"exp": BEGINNING.as_seconds() + 200}));
    assert_eq!(trust.reason(&Key::First.token(&later), BEGINNING).await, "replayed");
    assert!(trust.verify(&Key::First.token(&other.claims(BEGINNING)), BEGINNING).await.is_ok());
    let nameless = changed(partner.claims(BEGINNING), &json!({"jti": null}));
    assert_eq!(trust.reason(&Key::First.token(&nameless), BEGINNING).await, "missing_claim");
    // Shown many times at once it is taken once.
    let claims = changed(partner.claims(BEGINNING), &json!({"jti": "2"}));
    let refused = trust.shown_at_once(&vec![Key::First.token(&claims); 20], BEGINNING).await;
    assert_eq!(refused, ["replayed"; 19]);
}

#[tokio::test]
async fn an_issuer_whose_key_is_written_down_is_never_asked() {
    let partner = ForeignIssuer::open().await;
    let good = Key::First.token(&partner.claims(BEGINNING));
    let members = |key: Key| {
        let jwk = key.jwk();
        let members = jwk.as_object().unwrap().iter().map(|(name, value)| format!("{name} = {value}"));
        members.collect::<Vec<_>>().join(", ")
    };
    for lines in [
        format!("jwks = {{ keys = [{{ {} }}, {{ {} }}] }}", members(Key::Second), members(Key::First)),
        format!("pem = '''\n{}'''", Key::First.pem()),
    ] {
        let trust = Trust::in_one(&partner.url, &lines).await;
        assert!(trust.verify(&good, BEGINNING).await.is_ok());
        let stranger = Key::Stranger.token(&partner.claims(BEGINNING));
        assert!(["key", "signature"].contains(&trust.reason(&stranger, BEGINNING).await));
        trust.issuers.warm(BEGINNING).await;
    }
    assert_eq!(partner.calls_of("/.well-known/openid-configuration") + partner.calls_of("/jwks"), 0);
}

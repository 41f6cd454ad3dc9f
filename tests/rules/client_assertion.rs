//! What the claims of a `private_key_jwt` assertion must say.

use std::time::Duration;

use passerelle::id::ClientId;
use passerelle::rules::client_assertion::{Accepted, AssertionRefusal as Refusal, LEEWAY, LONGEST, check};
use serde_json::{Map, Value, json};

use crate::support::parts::{BEGINNING, ISSUER};

const TOKEN_ENDPOINT: &str = "http://localhost:8080/token";

/// A good assertion with `changes` laid over it; a claim that is changed to null is left out.
fn payload(changes: Value) -> Vec<u8> {
    let now = BEGINNING.as_seconds();
    let mut claims =
        json!({ "iss": "web", "sub": "web", "aud": ISSUER, "exp": now + 60, "iat": now, "jti": "one" });
    let members: &mut Map<String, Value> = claims.as_object_mut().unwrap();
    let changes = changes.as_object().unwrap().clone();
    members.extend(changes);
    members.retain(|_, value| !value.is_null());
    claims.to_string().into_bytes()
}

fn told(payload: &[u8]) -> Result<Accepted, Refusal> {
    check(payload, &ClientId::from("web"), &[ISSUER.to_owned(), TOKEN_ENDPOINT.to_owned()], BEGINNING)
}

fn at(seconds: i64) -> i64 {
    BEGINNING.as_seconds() + seconds
}

#[test]
fn a_good_assertion_is_accepted_and_its_id_remembered_as_long_as_it_could_come_back() {
    let accepted = told(&payload(json!({}))).unwrap();
    assert_eq!(
        accepted,
        Accepted { jti: "one".to_owned(), expires_at: BEGINNING + Duration::from_secs(60) + LEEWAY }
    );
}

#[test]
fn each_claim_has_its_way_to_be_wrong() {
    let longest = i64::try_from((LONGEST + LEEWAY).as_secs()).unwrap();
    let rows = [
        // RFC 7523 §3 (1) and (2), OpenID Connect Core §9.
        (json!({ "iss": null }), Refusal::Issuer),
        (json!({ "iss": "spa" }), Refusal::Issuer),
        (json!({ "iss": "Web" }), Refusal::Issuer),
        (json!({ "iss": ["web"] }), Refusal::Issuer),
        (json!({ "sub": null }), Refusal::Subject),
        (json!({ "sub": "spa" }), Refusal::Subject),
        (json!({ "sub": 1 }), Refusal::Subject),
        // RFC 7523 §3 (3).
        (json!({ "aud": null }), Refusal::Audience),
        (json!({ "aud": "" }), Refusal::Audience),
        (json!({ "aud": [] }), Refusal::Audience),
        (json!({ "aud": "http://localhost:8080/" }), Refusal::Audience),
        (json!({ "aud": "https://other.example" }), Refusal::Audience),
        (json!({ "aud": [ISSUER, "https://other.example"] }), Refusal::Audience),
        (json!({ "aud": ["https://other.example", TOKEN_ENDPOINT] }), Refusal::Audience),
        (json!({ "aud": [ISSUER, 1] }), Refusal::Audience),
        (json!({ "aud": [[ISSUER]] }), Refusal::Audience),
        (json!({ "aud": { "name": ISSUER } }), Refusal::Audience),
        // RFC 7523 §3 (4).
        (json!({ "exp": null }), Refusal::NoExpiry),
        (json!({ "exp": "1900000000" }), Refusal::NoExpiry),
        (json!({ "exp": [at(60)] }), Refusal::NoExpiry),
        (json!({ "exp": true }), Refusal::NoExpiry),
        (json!({ "exp": at(-60) }), Refusal::Expired),
        (json!({ "exp": at(-61) }), Refusal::Expired),
        (json!({ "exp": 0 }), Refusal::Expired),
        (json!({ "exp": -1e308 }), Refusal::Expired),
        (json!({ "exp": i64::MIN }), Refusal::Expired),
        (json!({ "exp": at(longest + 1) }), Refusal::TooFarAhead),
        (json!({ "exp": 1e308 }), Refusal::TooFarAhead),
        (json!({ "exp": i64::MAX }), Refusal::TooFarAhead),
        (json!({ "exp": u64::MAX }), Refusal::TooFarAhead),
        // RFC 7523 §3 (5).
        (json!({ "nbf": at(61) }), Refusal::NotYetValid),
        (json!({ "nbf": 1e308 }), Refusal::NotYetValid),
        (json!({ "nbf": "now" }), Refusal::NotYetValid),
        // RFC 7523 §3 (6).
        (json!({ "iat": at(61) }), Refusal::IssuedAhead),
        (json!({ "iat": u64::MAX }), Refusal::IssuedAhead),
        (json!({ "iat": {} }), Refusal::IssuedAhead),
        // OpenID Connect Core §9.
        (json!({ "jti": null }), Refusal::NoId),
        (json!({ "jti": "" }), Refusal::NoId),
        (json!({ "jti": 7 }), Refusal::NoId),
        (json!({ "jti": "j".repeat(256) }), Refusal::NoId),
    ];
    for (changes, refusal) in rows {
        assert_eq!(told(&payload(changes.clone())), Err(refusal), "{changes}");
    }
}

#[test]
fn what_libraries_send_is_accepted() {
    let longest = i64::try_from((LONGEST + LEEWAY).as_secs()).unwrap();
    for changes in [
        json!({ "aud": TOKEN_ENDPOINT }),
        json!({ "aud": [ISSUER] }),
        json!({ "aud": [ISSUER, TOKEN_ENDPOINT] }),
        json!({ "iat": null }),
        json!({ "nbf": at(60), "iat": at(60) }),
        json!({ "nbf": 0 }),
        json!({ "nbf": -1e308 }),
        json!({ "exp": at(-59) }),
        json!({ "exp": at(longest) }),
        json!({ "exp": 1_800_000_060.5 }),
        json!({ "jti": "j".repeat(255) }),
        json!({ "unheard": "of" }),
    ] {
        assert!(told(&payload(changes.clone())).is_ok(), "{changes}");
    }
}

#[test]
fn an_id_is_never_forgotten_before_its_assertion_is_too_old() {
    // Else the same assertion would be good a second time.
    for seconds in [-59, 0, 1, 3_660] {
        let payload = payload(json!({ "exp": at(seconds) }));
        let accepted = told(&payload).unwrap();
        let web = ClientId::from("web");
        let again = |now| check(&payload, &web, &[ISSUER.to_owned()], now);
        assert_eq!(again(accepted.expires_at), Err(Refusal::Expired));
        assert!(again(accepted.expires_at - Duration::from_secs(1)).is_ok());
    }
}

#[test]
fn what_is_no_object_is_no_claims() {
    for payload in ["", "null", "[]", "\"web\"", "1", "{", "{} {}", "{\"iss\":\"web\"", "\u{feff}{}"] {
        assert_eq!(told(payload.as_bytes()), Err(Refusal::NotClaims), "{payload}");
    }
    assert_eq!(told(b"{\"iss\":\"\xff\"}"), Err(Refusal::NotClaims));
    let overflows = String::from_utf8(payload(json!({}))).unwrap().replace(&at(60).to_string(), "1e400");
    assert_eq!(told(overflows.as_bytes()), Err(Refusal::NotClaims));
}

#[test]
fn nobody_answers_to_no_name() {
    let told = check(&payload(json!({})), &ClientId::from("web"), &[], BEGINNING);
    assert_eq!(told, Err(Refusal::Audience));
}

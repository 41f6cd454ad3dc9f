//! What is no JWS in compact serialisation that we understand.

use passerelle::keys::client_keys::ClientKeys;
use passerelle::keys::compact::{LONGEST_COMPACT, VerifyError};
use serde_json::{Value, json};

use super::hand::Hand;

fn keys(hand: &Hand) -> ClientKeys {
    ClientKeys::from_jwks(&json!({"keys": [hand.jwk("k")]})).unwrap()
}

#[test]
fn a_good_signature_does_not_excuse_a_bad_header() {
    let hand = Hand::new();
    let rows = [
        (VerifyError::Critical, r#"{"alg":"EdDSA","kid":"k","crit":["exp"],"exp":1}"#),
        (VerifyError::Critical, r#"{"alg":"EdDSA","kid":"k","crit":[]}"#),
        (VerifyError::Critical, r#"{"alg":"EdDSA","kid":"k","crit":null}"#),
        (VerifyError::Critical, r#"{"alg":"EdDSA","kid":"k","crit":["b64"],"b64":false}"#),
        (VerifyError::Critical, r#"{"alg":"EdDSA","kid":"k","b64":false}"#),
        (VerifyError::Malformed, r#"{"alg":"EdDSA","kid":"k","b64":"false"}"#),
        (VerifyError::Malformed, r#"{"alg":"EdDSA","alg":"EdDSA","kid":"k"}"#),
        (VerifyError::Malformed, r#"{"alg":"none","kid":"k","alg":"EdDSA"}"#),
        (VerifyError::Malformed, r#"{"alg":"EdDSA","kid":"k","kid":"j"}"#),
        (VerifyError::Malformed, r#"{"alg":"EdDSA","kid":1}"#),
        (VerifyError::Malformed, r#"{"alg":["EdDSA"],"kid":"k"}"#),
        (VerifyError::Malformed, r#"{"kid":"k"}"#),
        (VerifyError::Malformed, r#"["EdDSA","k",null,false,true]"#),
        (VerifyError::Malformed, r#""EdDSA""#),
        (VerifyError::Malformed, "{"),
        (VerifyError::Malformed, ""),
        (VerifyError::Algorithm, r#"{"alg":"none","kid":"k"}"#),
        (VerifyError::Algorithm, r#"{"alg":"","kid":"k"}"#),
        (VerifyError::Algorithm, r#"{"alg":"eddsa","kid":"k"}"#),
        (VerifyError::Algorithm, r#"{"alg":"HS256","kid":"k"}"#),
        (VerifyError::Algorithm, r#"{"alg":"Ed25519","kid":"k"}"#),
        (VerifyError::UnknownKey, r#"{"alg":"ES256","kid":"k"}"#),
        (VerifyError::UnknownKey, r#"{"alg":"EdDSA","kid":"K"}"#),
        (VerifyError::UnknownKey, r#"{"alg":"EdDSA","kid":""}"#),
    ];
    for (error, header) in rows {
        assert_eq!(keys(&hand).verify(&hand.signs(header, b"{}")), Err(error), "{header}");
    }
}

#[test]
fn a_token_does_not_bring_its_own_judge() {
    let (owner, thief) = (Hand::new(), Hand::new());
    let header = json!({"alg": "EdDSA", "kid": "k", "jwk": thief.jwk("k"), "jku": "https://evil.example"});
    let forged = thief.signs(&header.to_string(), b"{}");
    assert_eq!(keys(&owner).verify(&forged), Err(VerifyError::Signature));
    // The owner may send such members; they are not looked at.
    let header = json!({"alg": "EdDSA", "kid": "k", "jwk": thief.jwk("k"), "x5c": ["MII"], "cty": "JWT"});
    assert!(keys(&owner).verify(&owner.signs(&header.to_string(), b"{}")).is_ok());
}

#[test]
fn what_is_not_three_parts_of_strict_base64url_is_malformed() {
    let hand = Hand::new();
    let good = hand.signs(r#"{"alg":"EdDSA","kid":"k"}"#, b"{}");
    let parts: Vec<&str> = good.split('.').collect();
    for text in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        parts[0].to_owned(),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}=.{}.{}", parts[0], parts[1], parts[2]),
        format!("{good}="),
        format!("{good}\n"),
        format!(" {good}"),
        format!("{}+.{}.{}", parts[0], parts[1], parts[2]),
        // JSON serialisation (RFC 7515 §7.2) is not taken.
        json!({"protected": parts[0], "payload": parts[1], "signature": parts[2]}).to_string(),
    ] {
        assert_eq!(keys(&hand).verify(&text), Err(VerifyError::Malformed), "{text}");
    }
    // A fourth part makes the message another one.
    for four in [format!("{}.{}.{}.{}", parts[0], parts[1], parts[1], parts[2]), format!("{good}.")] {
        assert!(keys(&hand).verify(&four).is_err(), "{four}");
    }
    let long = "a".repeat(LONGEST_COMPACT + 1);
    assert_eq!(keys(&hand).verify(&long), Err(VerifyError::TooLong));
}

#[test]
fn typ_is_compared_as_a_media_type() {
    let hand = Hand::new();
    for (sent, fits) in [
        (Some("at+jwt"), true),
        (Some("AT+JWT"), true),
        (Some("application/at+jwt"), true),
        (Some("APPLICATION/at+JWT"), true),
        (Some("JWT"), false),
        (Some("application/jwt"), false),
        (Some("application/"), false),
        (Some("at+jwt "), false),
        (Some("é+jwt/application/at"), false),
        (Some(""), false),
        (None, false),
    ] {
        let mut header = json!({"alg": "EdDSA", "kid": "k"});
        if let Some(typ) = sent {
            header["typ"] = typ.into();
        }
        let verified = keys(&hand).verify(&hand.signs(&header.to_string(), b"{}")).unwrap();
        assert_eq!(verified.has_typ("at+jwt"), fits, "{sent:?}");
    }
}

#[test]
fn a_payload_is_handed_over_as_it_was_signed() {
    let hand = Hand::new();
    for payload in [b"".as_slice(), b"\xff\0", b"{\"exp\":1e308}", b"{\"a\":1,\"a\":2}"] {
        let verified = keys(&hand).verify(&hand.signs(r#"{"alg":"EdDSA"}"#, payload)).unwrap();
        assert_eq!(verified.payload, payload);
    }
    let nothing = keys(&hand).verify(&hand.signs(r#"{"alg":"EdDSA"}"#, b"[")).unwrap();
    assert!(nothing.claims::<Value>().is_err());
}

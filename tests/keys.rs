//! Signing: verified by an implementation that is not the one that signs, and refused wherever something was changed.

mod client_keys;
mod compact;
mod hand;
mod issuer_keys;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};
use passerelle::keys::client_keys::{ClientKeys, ClientKeysError};
use passerelle::keys::compact::{LONGEST_COMPACT, VerifyError};
use passerelle::keys::jwk::{UnfitKey, thumbprint};
use passerelle::keys::keyring::{Keyring, SignError};
use passerelle::keys::left_half_hash::left_half_hash;
use passerelle::keys::master_key::MasterKey;
use passerelle::keys::ring::{Duty, PublicKey, Ring};
use passerelle::keys::seal::Sealer;
use passerelle::keys::signing_key::{KeyError, StoredKey, generate};
use passerelle::oauth::algorithm::SigningAlgorithm;
use passerelle::secret::{Chance, Secret};
use serde_json::{Value, json};

use crate::support::parts::{keyring, sealer};

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn other_sealer() -> Sealer {
    Sealer::new(&MasterKey::from_text(&Secret::from("f0".repeat(32))).unwrap())
}

/// What OpenSSL says of a compact JWS, given only the key's PEM.
fn openssl_verifies(token: &str, key: &PublicKey) -> bool {
    let public = PKey::public_key_from_pem(key.pem.as_bytes()).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let rsa = |padding| {
        let mut verifier = Verifier::new(MessageDigest::sha256(), &public).unwrap();
        verifier.set_rsa_padding(padding).unwrap();
        verifier
    };
    match key.algorithm {
        SigningAlgorithm::Rs256 => {
            rsa(Padding::PKCS1).verify_oneshot(&signature, message.as_bytes()).unwrap()
        }
        SigningAlgorithm::Ps256 => {
            // RFC 7518 §3.5: a salt as long as the digest.
            let mut verifier = rsa(Padding::PKCS1_PSS);
            verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).unwrap();
            verifier.set_rsa_mgf1_md(MessageDigest::sha256()).unwrap();
            verifier.verify_oneshot(&signature, message.as_bytes()).unwrap()
        }
        SigningAlgorithm::Es256 => {
            // RFC 7518 §3.4: R and S side by side, 32 bytes each.
            let number = |bytes: &[u8]| BigNum::from_slice(bytes).unwrap();
            let (r, s) = signature.split_at_checked(32).unwrap();
            let signature = EcdsaSig::from_private_components(number(r), number(s)).unwrap();
            let digest = openssl::sha::sha256(message.as_bytes());
            s.len() == 32 && signature.verify(&digest, &public.ec_key().unwrap()).unwrap()
        }
        SigningAlgorithm::EdDsa => Verifier::new_without_digest(&public)
            .unwrap()
            .verify_oneshot(&signature, message.as_bytes())
            .unwrap(),
    }
}

fn public(keyring: &Keyring, algorithm: SigningAlgorithm) -> PublicKey {
    keyring.public_keys().into_iter().find(|key| key.algorithm == algorithm).unwrap()
}

#[tokio::test]
async fn each_algorithms_signature_is_good_by_another_implementation() {
    let keyring = keyring();
    for algorithm in SigningAlgorithm::ALL {
        let token = keyring.sign(*algorithm, "at+jwt", &json!({ "sub": "ann" })).await.unwrap();
        let key = public(&keyring, *algorithm);
        assert!(openssl_verifies(&token, &key), "{algorithm}");
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(header, json!({ "typ": "at+jwt", "alg": algorithm.as_str(), "kid": key.id.as_str() }));
        let verified = keyring.verify(&token).unwrap();
        assert_eq!((verified.algorithm, &verified.key), (*algorithm, &key.id));
        assert_eq!(verified.claims::<Value>().unwrap(), json!({ "sub": "ann" }));
        assert!(verified.has_typ("AT+JWT") && !verified.has_typ("JWT"));
    }
}

#[test]
fn the_jwks_holds_public_members_and_what_each_key_is_for() {
    let keyring = keyring();
    let jwks: Value = serde_json::from_slice(&keyring.jwks()).unwrap();
    let keys = jwks["keys"].as_array().unwrap();
    assert_eq!(keys.len(), SigningAlgorithm::ALL.len());
    for key in keys {
        let members = key.as_object().unwrap();
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert!(!members.contains_key(private), "{private} in {key}");
        }
        assert_eq!(key["use"], "sig");
        assert_eq!(key["kid"], thumbprint(key).unwrap().as_str());
        assert!(SigningAlgorithm::from_word(key["alg"].as_str().unwrap()).is_some());
    }
    assert!(ClientKeys::from_jwks(&jwks).is_ok(), "whoever reads it as strictly as we do takes it");
    assert!(!format!("{keyring:?}").contains("PRIVATE"));
}

/// RFC 7638 §3.1.
fn example() -> Value {
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    json!({ "kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29" })
}

#[test]
fn the_thumbprint_of_the_example_is_the_one_of_the_specification() {
    assert_eq!(thumbprint(&example()).unwrap().as_str(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn the_hash_of_the_left_half_is_the_one_of_the_specification() {
    // OpenID Connect Core Appendix A.3: at_hash of this access token.
    assert_eq!(
        left_half_hash(SigningAlgorithm::Rs256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
        "77QmUPtjPfzWtF2AnpK9RQ"
    );
    assert_eq!(URL_SAFE_NO_PAD.decode(left_half_hash(SigningAlgorithm::EdDsa, "x")).unwrap().len(), 32);
}

fn with(change: &str, value: Value) -> Value {
    let mut key = example();
    key[change] = value;
    key
}

#[test]
fn a_clients_key_that_is_private_symmetric_weak_or_broken_refuses_its_set() {
    let good = example();
    let rows = [
        (json!("text"), UnfitKey::NotAKey),
        (json!({}), UnfitKey::NotAKey),
        (json!({ "kty": "oct", "k": "AAAA" }), UnfitKey::Symmetric),
        (with("d", json!("AQ")), UnfitKey::Private("d")),
        (with("qi", json!("AQ")), UnfitKey::Private("qi")),
        (with("k", json!("AQ")), UnfitKey::Private("k")),
        (with("n", json!(encode([0xff; 128]))), UnfitKey::RsaLength(1024)),
        (with("n", json!(encode([0xff; 1025]))), UnfitKey::RsaLength(8200)),
        (with("n", json!("")), UnfitKey::RsaLength(0)),
        (with("n", json!("not base64!")), UnfitKey::Member("n")),
        (with("n", Value::Null), UnfitKey::Member("n")),
        (with("e", json!("AQ")), UnfitKey::Member("e")),
        (with("e", json!("Ag")), UnfitKey::Member("e")),
        (with("e", json!("AQAAAAE")), UnfitKey::Member("e")),
        (with("e", json!("")), UnfitKey::Member("e")),
        (with("kid", json!(7)), UnfitKey::Member("kid")),
        (with("use", json!(7)), UnfitKey::Member("use")),
        (with("alg", json!(7)), UnfitKey::Member("alg")),
        (with("key_ops", json!("verify")), UnfitKey::Member("key_ops")),
        (json!({ "kty": "EC", "x": "AA", "y": "AA" }), UnfitKey::Member("crv")),
        (json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" }), UnfitKey::Member("x")),
        (
            json!({ "kty": "EC", "crv": "P-256", "x": encode([1; 32]), "y": encode([1; 32]) }),
            UnfitKey::NoSuchKey,
        ),
    ];
    for (key, expected) in rows {
        let refused = ClientKeys::from_jwks(&json!({ "keys": [good, key] })).unwrap_err();
        assert!(
            matches!(&refused, ClientKeysError::Unfit { index: 1, reason, .. } if *reason == expected),
            "{key}: {refused}"
        );
    }
}

#[test]
fn a_key_for_somebody_elses_use_is_passed_over_but_a_set_of_such_only_is_refused() {
    // RFC 7517 §5.
    let others = [
        json!({ "kty": "EC", "crv": "P-384", "x": "AA", "y": "AA" }),
        json!({ "kty": "OKP", "crv": "X25519", "x": encode([1; 32]) }),
        json!({ "kty": "unheard" }),
        with("use", json!("enc")),
        with("key_ops", json!(["encrypt"])),
        with("alg", json!("RSA-OAEP")),
        with("alg", json!("none")),
        with("alg", json!("HS256")),
    ];
    for other in others {
        assert!(ClientKeys::from_jwks(&json!({ "keys": [other, example()] })).is_ok(), "{other}");
        let refused = ClientKeys::from_jwks(&json!({ "keys": [other] })).unwrap_err();
        assert!(matches!(refused, ClientKeysError::NothingUsable(_)), "{other}: {refused}");
    }
    for no_set in [json!({}), json!([]), json!({ "keys": {} }), example()] {
        assert_eq!(ClientKeys::from_jwks(&no_set).err(), Some(ClientKeysError::NotASet), "{no_set}");
    }
    let many = vec![example(); 33];
    assert_eq!(ClientKeys::from_jwks(&json!({ "keys": many })).err(), Some(ClientKeysError::TooMany(33)));
}

/// A token with this header over the payload and signature of a good one.
fn under(header: &Value, good: &str) -> String {
    let (_, rest) = good.split_once('.').unwrap();
    format!("{}.{rest}", encode(header.to_string()))
}

#[tokio::test]
async fn a_token_that_is_not_as_we_signed_it_is_refused() {
    let keyring = keyring();
    let good = keyring.sign(SigningAlgorithm::Es256, "JWT", &json!({ "sub": "ann" })).await.unwrap();
    let kid = public(&keyring, SigningAlgorithm::Es256).id.to_string();
    let rsa = public(&keyring, SigningAlgorithm::Rs256).id.to_string();
    let headers = [
        (json!({ "alg": "none", "kid": kid }), VerifyError::Algorithm, "RFC 8725 §3.2"),
        (json!({ "alg": "None", "kid": kid }), VerifyError::Algorithm, "RFC 8725 §3.2"),
        (json!({ "alg": "HS256", "kid": kid }), VerifyError::Algorithm, "RFC 8725 §2.1"),
        (json!({ "alg": "es256", "kid": kid }), VerifyError::Algorithm, "RFC 7515 §4.1.1: case-sensitive"),
        (json!({ "alg": "ES384", "kid": kid }), VerifyError::Algorithm, "RFC 8725 §3.1"),
        (json!({ "kid": kid }), VerifyError::Malformed, "RFC 7515 §4.1.1"),
        (json!({ "alg": "ES256", "kid": kid, "crit": ["exp"] }), VerifyError::Critical, "RFC 7515 §4.1.11"),
        (json!({ "alg": "ES256", "kid": kid, "crit": [] }), VerifyError::Critical, "RFC 7515 §4.1.11"),
        (json!({ "alg": "ES256", "kid": kid, "crit": null }), VerifyError::Critical, "RFC 7515 §4.1.11"),
        (json!({ "alg": "ES256", "kid": kid, "b64": false }), VerifyError::Critical, "RFC 7797"),
        (json!({ "alg": "ES256", "kid": "nobody" }), VerifyError::UnknownKey, "RFC 7515 §4.1.4"),
        (json!({ "alg": "ES256", "kid": rsa }), VerifyError::UnknownKey, "RFC 8725 §3.1"),
        (json!({ "alg": "RS256", "kid": kid }), VerifyError::UnknownKey, "RFC 8725 §3.1"),
        (json!({ "alg": "ES256", "kid": 7 }), VerifyError::Malformed, "RFC 7515 §4.1.4"),
        (json!(["ES256", kid, "JWT"]), VerifyError::Malformed, "RFC 7515 §4"),
        (
            json!({ "alg": "ES256", "kid": kid, "typ": "at+jwt" }),
            VerifyError::Signature,
            "the header is signed too",
        ),
    ];
    for (header, expected, paragraph) in headers {
        assert_eq!(keyring.verify(&under(&header, &good)), Err(expected), "{header}: {paragraph}");
    }
    let twice = format!("{{\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"{kid}\"}}");
    let (_, rest) = good.split_once('.').unwrap();
    assert_eq!(
        keyring.verify(&format!("{}.{rest}", encode(twice))),
        Err(VerifyError::Malformed),
        "RFC 7515 §4"
    );
}

#[tokio::test]
async fn a_token_that_was_cut_or_changed_is_refused() {
    let keyring = keyring();
    let good = keyring.sign(SigningAlgorithm::Es256, "JWT", &json!({ "sub": "ann" })).await.unwrap();
    assert!(keyring.verify(&good).is_ok());
    for cut in 0..good.len() {
        assert!(keyring.verify(&good[..cut]).is_err(), "cut at {cut}");
    }
    let parts: Vec<_> = good.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let bob = encode(json!({ "sub": "bob" }).to_string());
    assert_eq!(keyring.verify(&format!("{header}.{bob}.{signature}")), Err(VerifyError::Signature));
    assert_eq!(keyring.verify(&format!("{header}.{payload}.")), Err(VerifyError::Signature));
    assert_eq!(
        keyring.verify(&format!("{header}.{payload}.{}", encode([0; 64]))),
        Err(VerifyError::Signature)
    );
    for malformed in [
        format!("{good}="),
        format!("{good} "),
        format!(" {good}"),
        format!("{good}."),
        format!("{header}.{payload}"),
        header.to_owned(),
        String::new(),
    ] {
        assert!(keyring.verify(&malformed).is_err(), "{malformed:?}");
    }
    let long = format!("{header}.{}.{signature}", "A".repeat(LONGEST_COMPACT));
    assert_eq!(keyring.verify(&long), Err(VerifyError::TooLong));
}

fn fresh(algorithm: SigningAlgorithm) -> StoredKey {
    generate(algorithm, &sealer(), &Chance::System).unwrap()
}

#[test]
fn a_stored_key_opens_in_its_own_row_under_its_own_master_key() {
    let (one, two) = (fresh(SigningAlgorithm::Es256), fresh(SigningAlgorithm::Es256));
    let open = |key: StoredKey, sealer: &Sealer| Ring::assemble(&[(key, Duty::Signs)], sealer).err();
    assert!(open(one.clone(), &sealer()).is_none());
    assert!(matches!(open(one.clone(), &other_sealer()), Some(KeyError::OtherMasterKey { .. })));
    let moved = StoredKey { sealed: two.sealed, ..one.clone() };
    assert!(matches!(open(moved, &sealer()), Some(KeyError::Damaged { .. })));
    let renamed = StoredKey { algorithm: SigningAlgorithm::EdDsa, ..one };
    assert!(matches!(open(renamed, &sealer()), Some(KeyError::Damaged { .. })));
}

#[tokio::test]
async fn a_key_that_is_only_published_verifies_and_does_not_sign() {
    let key = fresh(SigningAlgorithm::Es256);
    let keyring = Keyring::new(Ring::assemble(&[(key.clone(), Duty::Signs)], &sealer()).unwrap());
    let token = keyring.sign(SigningAlgorithm::Es256, "JWT", &json!({})).await.unwrap();
    keyring.replace(Ring::assemble(&[(key, Duty::Published)], &sealer()).unwrap());
    assert!(keyring.verify(&token).is_ok());
    let refused = keyring.sign(SigningAlgorithm::Es256, "JWT", &json!({})).await.unwrap_err();
    assert!(matches!(refused, SignError::NoKey(SigningAlgorithm::Es256)));
    keyring.replace(Ring::assemble(&[], &sealer()).unwrap());
    assert_eq!(keyring.verify(&token), Err(VerifyError::UnknownKey));
    assert_eq!(&*keyring.jwks(), b"{\"keys\":[]}");
}

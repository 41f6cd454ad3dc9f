//! Signing and sealing: verified by an implementation that is not the one that signs, and refused wherever something was changed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};
use passerelle::keys::client_keys::{ClientKeys, ClientKeysError};
use passerelle::keys::compact::{LONGEST_COMPACT, VerifyError};
use passerelle::keys::form::FormError;
use passerelle::keys::jwk::{UnfitKey, thumbprint};
use passerelle::keys::keyring::{Keyring, SignError};
use passerelle::keys::left_half_hash::left_half_hash;
use passerelle::keys::master_key::{MasterKey, MasterKeyError};
use passerelle::keys::ring::{Duty, PublicKey, Ring};
use passerelle::keys::seal::{Purpose, Sealer, Unsealable};
use passerelle::keys::signing_key::{KeyError, StoredKey, generate};
use passerelle::oauth::algorithm::SigningAlgorithm;
use passerelle::secret::{Chance, Secret};
use serde_json::{Value, json};

use crate::support::parts::{BEGINNING, keyring, sealer};

const PURPOSES: [Purpose; 4] =
    [Purpose::SigningKey, Purpose::Browser, Purpose::RefreshSuccessor, Purpose::LegacyToken];

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn other_sealer() -> Sealer {
    Sealer::new(&MasterKey::from_text(&Secret::from("f0".repeat(32))).unwrap())
}

#[test]
fn a_sealed_value_opens_for_its_purpose_in_its_place_under_its_master_key_only() {
    for purpose in PURPOSES {
        let sealed = sealer().seal(purpose, b"row 1", b"plain", &Chance::System);
        assert_eq!(&**sealer().open(purpose, b"row 1", &sealed).unwrap(), b"plain");
        for other in PURPOSES.into_iter().filter(|other| *other != purpose) {
            assert_eq!(
                sealer().open(other, b"row 1", &sealed),
                Err(Unsealable::Tampered),
                "{purpose:?} as {other:?}"
            );
        }
        assert_eq!(sealer().open(purpose, b"row 2", &sealed), Err(Unsealable::Tampered));
        assert_eq!(sealer().open(purpose, b"", &sealed), Err(Unsealable::Tampered));
        assert_eq!(other_sealer().open(purpose, b"row 1", &sealed), Err(Unsealable::OtherMasterKey));
        assert!(!sealed.windows(5).any(|window| window == b"plain"));
    }
}

#[test]
fn the_same_value_is_never_sealed_the_same_way_twice() {
    let seal = || sealer().seal(Purpose::Browser, b"", b"plain", &Chance::System);
    assert_ne!(seal(), seal());
}

#[test]
fn a_form_comes_back_to_its_browser_until_it_expires() {
    let later = BEGINNING + std::time::Duration::from_secs(60);
    let text = sealer().seal_form(Purpose::Browser, b"ann", &["a"], later, &Chance::System).unwrap();
    let open = |place: &[u8], now| sealer().open_form::<Vec<String>>(Purpose::Browser, place, &text, now);
    assert_eq!(open(b"ann", BEGINNING), Ok(vec!["a".to_owned()]));
    assert_eq!(open(b"ann", later), Err(FormError::Expired));
    assert_eq!(open(b"bob", BEGINNING), Err(FormError::Forged));
    let other_shape = sealer().open_form::<u8>(Purpose::Browser, b"ann", &text, BEGINNING);
    assert_eq!(other_shape, Err(FormError::Expired), "an older version made it");
    let forged = sealer().open_form::<Vec<String>>(Purpose::Browser, b"ann", "not base64!", BEGINNING);
    assert_eq!(forged, Err(FormError::Forged));
}

#[test]
fn a_master_key_is_32_bytes_in_one_of_three_spellings() {
    let fingerprint =
        |text: &str| MasterKey::from_text(&Secret::from(text)).map(|key| Sealer::new(&key).fingerprint());
    let bytes = [0xfb; 32];
    let hex = "fb".repeat(32);
    let expected = fingerprint(&hex).unwrap();
    let padded = STANDARD.encode(bytes);
    for text in
        [hex.to_uppercase(), encode(bytes), padded.trim_end_matches('=').to_owned(), format!(" {padded}\n")]
    {
        assert_eq!(fingerprint(&text).ok().as_ref(), Some(&expected), "{text}");
    }
    for text in [
        String::new(),
        "fb".repeat(31),
        "fb".repeat(33),
        encode([1; 31]),
        encode([1; 33]),
        "g".repeat(64),
        "ü".repeat(32),
    ] {
        assert!(matches!(fingerprint(&text), Err(MasterKeyError::Malformed)), "{text}");
    }
}

#[test]
fn a_master_key_file_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    assert!(MasterKey::read_file(&path).unwrap().is_none());
    let made = MasterKey::create_file(&path, &Chance::System).unwrap();
    let read = MasterKey::read_file(&path).unwrap().unwrap();
    assert_eq!(Sealer::new(&made).fingerprint(), Sealer::new(&read).fingerprint());
    assert_eq!(format!("{made:?}"), "[master key]");
    let before = fs::read(&path).unwrap();
    assert!(matches!(MasterKey::create_file(&path, &Chance::System), Err(MasterKeyError::Exists { .. })));
    assert_eq!(fs::read(&path).unwrap(), before, "it is never overwritten");
    for mode in [0o400, 0o600, 0o700] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        assert!(MasterKey::read_file(&path).unwrap().is_some(), "{mode:o}");
    }
    for open in [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o660, 0o644, 0o777] {
        fs::set_permissions(&path, Permissions::from_mode(open)).unwrap();
        let refused = MasterKey::read_file(&path).unwrap_err();
        assert!(matches!(refused, MasterKeyError::OpenToOthers { mode, .. } if mode == open), "{refused}");
    }
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    for content in [&b"short"[..], b"", b"\xff\xff", &[b'a'; 4096]] {
        fs::write(&path, content).unwrap();
        assert!(matches!(MasterKey::read_file(&path), Err(MasterKeyError::MalformedFile { .. })));
    }
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

//! A client's JWK Set: what is taken, what is passed over, what refuses the whole.

use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use passerelle::keys::client_keys::{ClientKeys, ClientKeysError};
use passerelle::keys::compact::VerifyError;
use passerelle::keys::jwk::UnfitKey;
use passerelle::oauth::algorithm::SigningAlgorithm;
use serde_json::{Value, json};

use super::hand::{Hand, base64url};
use crate::support::parts::keyring;

/// Our own public keys play a client's.
fn jwk(algorithm: SigningAlgorithm) -> Value {
    keyring().public_keys().into_iter().find(|key| key.algorithm == algorithm).unwrap().jwk
}

fn with(mut jwk: Value, member: &str, value: &Value) -> Value {
    jwk[member] = value.clone();
    jwk
}

fn without(mut jwk: Value, members: &[&str]) -> Value {
    jwk.as_object_mut().unwrap().retain(|name, _| !members.contains(&name.as_str()));
    jwk
}

fn read(keys: &[Value]) -> Result<ClientKeys, ClientKeysError> {
    ClientKeys::from_jwks(&json!({ "keys": keys }))
}

fn rsa(bits: u32, exponent: &[u8]) -> Value {
    let n = Rsa::generate(bits).unwrap().n().to_vec();
    json!({"kty": "RSA", "n": base64url(&n), "e": base64url(exponent)})
}

#[tokio::test]
async fn each_algorithm_of_a_client_is_verified() {
    let all: Vec<Value> = SigningAlgorithm::ALL.iter().map(|algorithm| jwk(*algorithm)).collect();
    let keys = read(&all).unwrap();
    for algorithm in SigningAlgorithm::ALL.iter().copied() {
        let token = keyring().sign(algorithm, "JWT", &json!({"a": 1})).await.unwrap();
        assert_eq!(keys.verify(&token).unwrap().algorithm, algorithm);
        let strangers: Vec<Value> =
            all.iter().filter(|jwk| jwk["alg"] != algorithm.as_str()).cloned().collect();
        assert_eq!(read(&strangers).unwrap().verify(&token), Err(VerifyError::UnknownKey));
    }
}

#[tokio::test]
async fn an_rsa_key_without_alg_may_sign_by_both_paddings_and_one_with_alg_may_not() {
    let bare = without(jwk(SigningAlgorithm::Ps256), &["alg"]);
    let named = with(bare.clone(), "alg", &json!("RS256"));
    let token = keyring().sign(SigningAlgorithm::Ps256, "JWT", &json!({})).await.unwrap();
    assert!(read(&[bare]).unwrap().verify(&token).is_ok());
    assert_eq!(read(&[named]).unwrap().verify(&token), Err(VerifyError::UnknownKey));
}

#[test]
fn what_must_not_stand_in_a_set_refuses_all_of_it() {
    let good = jwk(SigningAlgorithm::Es256);
    let ed = Hand::new().jwk("k");
    let secret = |member: &str| with(good.clone(), member, &json!("AQ"));
    let off_curve = with(good.clone(), "x", &json!(base64url(&[7; 32])));
    let rows = [
        (UnfitKey::NotAKey, json!("x")),
        (UnfitKey::NotAKey, json!({})),
        (UnfitKey::NotAKey, json!({"kty": 1})),
        (UnfitKey::Symmetric, json!({"kty": "oct", "k": "AAAA"})),
        (UnfitKey::Private("d"), secret("d")),
        (UnfitKey::Private("p"), secret("p")),
        (UnfitKey::Private("q"), secret("q")),
        (UnfitKey::Private("dp"), secret("dp")),
        (UnfitKey::Private("dq"), secret("dq")),
        (UnfitKey::Private("qi"), secret("qi")),
        (UnfitKey::Private("oth"), secret("oth")),
        (UnfitKey::Private("k"), secret("k")),
        (UnfitKey::Private("d"), json!({"kty": "new", "d": "AQ"})),
        (UnfitKey::Member("crv"), without(good.clone(), &["crv"])),
        (UnfitKey::Member("x"), without(good.clone(), &["x"])),
        (UnfitKey::Member("y"), with(good.clone(), "y", &json!("AA"))),
        (UnfitKey::Member("x"), with(good.clone(), "x", &json!("+/=="))),
        (UnfitKey::Member("x"), with(ed.clone(), "x", &json!(base64url(&[1; 33])))),
        (UnfitKey::Member("kid"), with(good.clone(), "kid", &json!(1))),
        (UnfitKey::Member("use"), with(good.clone(), "use", &json!(["sig"]))),
        (UnfitKey::Member("alg"), with(good.clone(), "alg", &json!(1))),
        (UnfitKey::Member("key_ops"), with(good.clone(), "key_ops", &json!("verify"))),
        (UnfitKey::NoSuchKey, off_curve),
        (UnfitKey::RsaLength(1024), rsa(1024, &[1, 0, 1])),
        (UnfitKey::RsaLength(0), json!({"kty": "RSA", "n": "", "e": "AQAB"})),
        (UnfitKey::RsaLength(16384), json!({"kty": "RSA", "n": base64url(&[0xff; 2048]), "e": "AQAB"})),
        (UnfitKey::Member("n"), json!({"kty": "RSA", "e": "AQAB"})),
        (UnfitKey::Member("e"), rsa(2048, &[1])),
        (UnfitKey::Member("e"), rsa(2048, &[])),
        (UnfitKey::Member("e"), rsa(2048, &[2])),
        (UnfitKey::Member("e"), rsa(2048, &[1, 0, 0, 0, 1])),
    ];
    for (reason, unfit) in rows {
        let kid = unfit.get("kid").and_then(Value::as_str).map(Into::into);
        let refused = read(&[good.clone(), unfit]).unwrap_err();
        assert_eq!(refused, ClientKeysError::Unfit { index: 1, kid, reason });
        assert!(refused.to_string().starts_with("keys[1]"), "{refused}");
    }
}

#[test]
fn a_key_for_another_use_is_passed_over() {
    let good = jwk(SigningAlgorithm::EdDsa);
    let p384 = json!({"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"});
    let rows = [
        (UnfitKey::OtherUse, with(good.clone(), "use", &json!("enc"))),
        (UnfitKey::OtherUse, with(good.clone(), "key_ops", &json!(["sign"]))),
        (UnfitKey::UnknownKind, p384),
        (UnfitKey::UnknownKind, json!({"kty": "OKP", "crv": "X25519", "x": "AA"})),
        (UnfitKey::UnknownKind, json!({"kty": "AKP"})),
        (UnfitKey::Algorithm, with(good.clone(), "alg", &json!("RSA-OAEP"))),
        (UnfitKey::Algorithm, with(good.clone(), "alg", &json!("ES256"))),
        (UnfitKey::Algorithm, with(good.clone(), "alg", &json!("HS256"))),
    ];
    for (reason, other) in rows {
        assert!(read(&[other.clone(), good.clone()]).is_ok(), "{other}");
        let Err(ClientKeysError::NothingUsable(passed)) = read(std::slice::from_ref(&other)) else {
            panic!("{other}")
        };
        assert!(matches!(&passed[..], [ClientKeysError::Unfit { reason: told, .. }] if *told == reason));
    }
    assert!(read(&[with(good, "key_ops", &json!(["sign", "verify"]))]).is_ok());
}

#[test]
fn a_set_is_an_object_with_one_to_thirty_two_keys() {
    for no_set in [json!(null), json!([]), json!({}), json!({"keys": {}}), json!({"keys": "x"})] {
        assert_eq!(ClientKeys::from_jwks(&no_set).unwrap_err(), ClientKeysError::NotASet, "{no_set}");
    }
    assert_eq!(read(&[]).unwrap_err(), ClientKeysError::NothingUsable(Vec::new()));
    let many: Vec<Value> = (0..33).map(|_| jwk(SigningAlgorithm::EdDsa)).collect();
    assert_eq!(read(&many).unwrap_err(), ClientKeysError::TooMany(33));
    assert!(read(&many[..32]).is_ok());
}

#[test]
fn a_token_that_names_no_key_is_tried_with_those_that_fit_and_not_with_too_many() {
    let hands: Vec<Hand> = (0..9).map(|_| Hand::new()).collect();
    let jwks: Vec<Value> = hands.iter().map(|hand| without(hand.jwk(""), &["kid"])).collect();
    let token = hands[7].signs(r#"{"alg":"EdDSA"}"#, b"{}");
    let eight = read(&jwks[..8]).unwrap();
    let verified = eight.verify(&token).unwrap();
    assert_eq!(verified.key, passerelle::keys::jwk::thumbprint(&jwks[7]).unwrap());
    assert_eq!(read(&jwks[..7]).unwrap().verify(&token), Err(VerifyError::Signature));
    assert_eq!(read(&jwks).unwrap().verify(&token), Err(VerifyError::UnnamedKey));
    // A name that no key has is not taken for no name.
    let named = hands[7].signs(r#"{"alg":"EdDSA","kid":"x"}"#, b"{}");
    assert_eq!(eight.verify(&named), Err(VerifyError::UnknownKey));
}

#[test]
fn two_keys_may_share_a_name() {
    // RFC 7517 §4.5 allows it for keys of different types; some clients do it while they rotate.
    let (old, new) = (Hand::new(), Hand::new());
    let keys = read(&[old.jwk("k"), new.jwk("k")]).unwrap();
    for hand in [&old, &new] {
        assert!(keys.verify(&hand.signs(r#"{"alg":"EdDSA","kid":"k"}"#, b"{}")).is_ok());
    }
    assert_eq!(
        keys.verify(&Hand::new().signs(r#"{"alg":"EdDSA","kid":"k"}"#, b"{}")),
        Err(VerifyError::Signature)
    );
}

#[test]
fn a_public_key_is_no_secret_to_sign_with() {
    // The oldest trick: the client's public key as an HMAC secret (RFC 8725 §2.1).
    let public = keyring().public_keys().remove(0);
    let key = PKey::hmac(public.pem.as_bytes()).unwrap();
    let header = json!({"alg": "HS256", "kid": public.id}).to_string();
    let message = format!("{}.{}", base64url(header.as_bytes()), base64url(b"{}"));
    let digest = openssl::hash::MessageDigest::sha256();
    let mut signer = openssl::sign::Signer::new(digest, &key).unwrap();
    let signature = signer.sign_oneshot_to_vec(message.as_bytes()).unwrap();
    let token = format!("{message}.{}", base64url(&signature));
    assert_eq!(read(&[public.jwk]).unwrap().verify(&token), Err(VerifyError::Algorithm));
    assert_eq!(keyring().verify(&token), Err(VerifyError::Algorithm));
}

//! The keys of another issuer: published for everybody, or written by an administrator.

use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::X509Builder;
use passerelle::keys::client_keys::ClientKeysError;
use passerelle::keys::compact::VerifyError;
use passerelle::keys::issuer_keys::{IssuerKeys, PemError};
use passerelle::oauth::algorithm::SigningAlgorithm::{EdDsa, Es256, Ps256, Rs256};
use serde_json::{Value, json};

use crate::support::foreign_issuer::Key;
use crate::support::parts::keyring;

fn with_kid(mut jwk: Value, kid: Option<&str>) -> Value {
    match kid {
        Some(kid) => jwk["kid"] = kid.into(),
        None => drop(jwk.as_object_mut().unwrap().remove("kid")),
    }
    jwk
}

fn published(keys: &[Value]) -> IssuerKeys {
    IssuerKeys::published(&json!({ "keys": keys })).unwrap().0
}

#[test]
fn only_algorithms_that_are_allowed_count_whatever_the_token_and_the_keys_say() {
    let keys = published(&[Key::First.jwk(), Key::Edwards.jwk()]);
    let (rsa, edwards) = (Key::First.token(&json!({})), Key::Edwards.token(&json!({})));
    assert!(keys.verify(&rsa, &[Rs256]).is_ok());
    assert!(keys.verify(&edwards, &[Rs256, EdDsa]).is_ok());
    assert_eq!(keys.verify(&edwards, &[Rs256]), Err(VerifyError::Algorithm));
    assert_eq!(keys.verify(&rsa, &[]), Err(VerifyError::Algorithm));
    // An RSA key that is for RS256 signs nothing else, though it could.
    let ps256 = Key::First.signs(&json!({"alg": "PS256", "kid": "first"}), &json!({}));
    assert_eq!(keys.verify(&ps256, &[Rs256, Ps256]), Err(VerifyError::UnknownKey));
    for alg in ["none", "HS256", "HS512", "RS512", "rs256", ""] {
        let token = Key::First.signs(&json!({"alg": alg, "kid": "first"}), &json!({}));
        assert_eq!(keys.verify(&token, &[Rs256]), Err(VerifyError::Algorithm), "{alg}");
    }
}

/// The public key as an HMAC secret: whoever lets the token choose the algorithm believes it.
#[test]
fn a_public_key_is_no_shared_secret() {
    let mut header = josekit::jws::JwsHeader::new();
    header.set_key_id("first");
    let signer = josekit::jws::HS256.signer_from_bytes(Key::First.pem()).unwrap();
    let token = josekit::jws::serialize_compact(b"{}", &header, &signer).unwrap();
    assert_eq!(published(&[Key::First.jwk()]).verify(&token, &[Rs256]), Err(VerifyError::Algorithm));
}

#[test]
fn keys_may_share_a_name_or_have_none() {
    let same = published(&[with_kid(Key::First.jwk(), Some("k")), with_kid(Key::Second.jwk(), Some("k"))]);
    let nameless = published(&[with_kid(Key::First.jwk(), None), with_kid(Key::Second.jwk(), None)]);
    for key in [Key::First, Key::Second] {
        let named = key.signs(&json!({"alg": "RS256", "kid": "k"}), &json!({}));
        let unnamed = key.signs(&json!({"alg": "RS256"}), &json!({}));
        assert!(same.verify(&named, &[Rs256]).is_ok());
        assert!(same.verify(&unnamed, &[Rs256]).is_ok());
        assert!(nameless.verify(&unnamed, &[Rs256]).is_ok());
        assert_eq!(nameless.verify(&named, &[Rs256]), Err(VerifyError::UnknownKey));
    }
    let stranger = |header: Value| Key::Stranger.signs(&header, &json!({}));
    let named = stranger(json!({"alg": "RS256", "kid": "k"}));
    assert_eq!(same.verify(&named, &[Rs256]), Err(VerifyError::Signature));
    // It may be that of a key that was not fetched yet.
    let unnamed = stranger(json!({"alg": "RS256"}));
    assert_eq!(same.verify(&unnamed, &[Rs256]), Err(VerifyError::UnknownKey));
}

#[test]
fn what_an_issuer_publishes_and_nobody_can_use_is_passed_over_and_told() {
    let mut private = Key::Second.jwk();
    private["d"] = "AQAB".into();
    let odd = [
        json!({"kty": "oct", "k": "AAAA"}),
        json!({"kty": "EC", "crv": "P-521", "x": "", "y": ""}),
        json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"}),
        json!("no key"),
        private,
    ];
    let keys: Vec<Value> = odd.iter().cloned().chain([Key::First.jwk()]).collect();
    let (keys, unfit) = IssuerKeys::published(&json!({ "keys": keys })).unwrap();
    assert_eq!(unfit.len(), odd.len());
    assert!(keys.verify(&Key::First.token(&json!({})), &[Rs256]).is_ok());
    assert_eq!(keys.verify(&Key::Second.token(&json!({})), &[Rs256]), Err(VerifyError::UnknownKey));
    // Whoever writes them down by hand is told instead.
    for key in &odd[..1] {
        let set = json!({"keys": [key, Key::First.jwk()]});
        assert!(matches!(IssuerKeys::written(&set), Err(ClientKeysError::Unfit { index: 0, .. })));
    }
    for set in [json!({}), json!([]), json!({"keys": []}), json!({"keys": odd})] {
        assert!(IssuerKeys::published(&set).is_err(), "{set}");
    }
}

fn certificate(key: &PKey<Private>) -> String {
    let mut builder = X509Builder::new().unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    builder.sign(key, MessageDigest::sha256()).unwrap();
    String::from_utf8(builder.build().to_pem().unwrap()).unwrap()
}

#[tokio::test]
async fn a_key_in_pem_is_tried_whatever_name_the_token_gives_it() {
    let keys = IssuerKeys::from_pem(&Key::First.pem()).unwrap();
    for header in [json!({"alg": "RS256"}), json!({"alg": "RS256", "kid": "whatever"})] {
        assert!(keys.verify(&Key::First.signs(&header, &json!({})), &[Rs256]).is_ok());
        let stranger = Key::Stranger.signs(&header, &json!({}));
        assert_eq!(keys.verify(&stranger, &[Rs256]), Err(VerifyError::Signature));
    }
    let edwards = IssuerKeys::from_pem(&Key::Edwards.pem()).unwrap();
    assert!(edwards.verify(&Key::Edwards.token(&json!({})), &[EdDsa]).is_ok());
    // A key of P-256, by josekit's hand.
    let jwk = josekit::jwk::Jwk::generate_ec_key(josekit::jwk::P_256).unwrap();
    let pair = josekit::jwk::alg::ec::EcKeyPair::from_jwk(&jwk).unwrap();
    let pem = String::from_utf8(pair.to_pem_public_key()).unwrap();
    let signer = josekit::jws::ES256.signer_from_jwk(&jwk).unwrap();
    let token = josekit::jws::serialize_compact(b"{}", &josekit::jws::JwsHeader::new(), &signer).unwrap();
    assert!(IssuerKeys::from_pem(&pem).unwrap().verify(&token, &[Es256]).is_ok());
    let ours = keyring().sign(Es256, "JWT", &json!({})).await.unwrap();
    assert_eq!(IssuerKeys::from_pem(&pem).unwrap().verify(&ours, &[Es256]), Err(VerifyError::Signature));
}

#[test]
fn a_certificate_is_as_good_as_its_key_and_another_text_is_no_key() {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let p256 = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    assert!(IssuerKeys::from_pem(&certificate(&p256)).is_ok());
    let private = String::from_utf8(p256.private_key_to_pem_pkcs8().unwrap()).unwrap();
    assert_eq!(IssuerKeys::from_pem(&private).unwrap_err(), PemError::Private);
    for text in ["", "key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"] {
        assert_eq!(IssuerKeys::from_pem(text).unwrap_err(), PemError::NotAKey);
    }
    let p521 = EcGroup::from_curve_name(Nid::SECP521R1).unwrap();
    let p521 = PKey::from_ec_key(EcKey::generate(&p521).unwrap()).unwrap();
    let pem = String::from_utf8(p521.public_key_to_pem().unwrap()).unwrap();
    assert!(matches!(IssuerKeys::from_pem(&pem), Err(PemError::Unfit(_))));
}

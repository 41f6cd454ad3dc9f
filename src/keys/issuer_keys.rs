//! The public keys of another issuer, ready to verify its tokens with the algorithms that the administrator allowed. Fetching them, and
//! what a token says, is somebody else's business.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::{BigNum, BigNumContext};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Public};
use openssl::x509::X509;
use serde_json::{Value, json};

use super::client_keys::{ClientKeys, ClientKeysError};
use super::compact::{Unverified, VerifiedJws, VerifyError};
use crate::oauth::algorithm::SigningAlgorithm;

/// Why a PEM text is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// Whoever wrote it there has given it away.
    #[error("this is a private key; write the public one, and replace this key, since it was shown")]
    Private,
    /// Neither a public key nor a certificate.
    #[error("not a public key (`BEGIN PUBLIC KEY`) and not a certificate (`BEGIN CERTIFICATE`) in PEM")]
    NotAKey,
    /// A key that we do not speak.
    #[error("{0}")]
    Unfit(#[from] ClientKeysError),
}

/// An issuer's keys.
#[derive(Debug)]
pub struct IssuerKeys {
    keys: ClientKeys,
    names: Names,
}

/// Whether the keys have names that tokens call them by.
#[derive(Clone, Copy, Debug)]
enum Names {
    /// The members of a JWK Set, with `kid` or without.
    Theirs,
    /// A PEM text has no place for one, so it is tried whatever a token says.
    None,
}

impl IssuerKeys {
    /// Reads a JWK Set that an administrator wrote: as strictly as a client's.
    ///
    /// # Errors
    /// [`ClientKeysError`], which says which key and why.
    pub fn written(jwks: &Value) -> Result<Self, ClientKeysError> {
        ClientKeys::from_jwks(jwks).map(Self::named)
    }

    /// Reads the JWK Set that an issuer publishes, and lists the keys in it that cannot be used.
    ///
    /// # Errors
    /// When it is no JWK Set, or none of its keys can be used.
    pub fn published(jwks: &Value) -> Result<(Self, Vec<ClientKeysError>), ClientKeysError> {
        ClientKeys::from_published(jwks).map(|(keys, unfit)| (Self::named(keys), unfit))
    }

    /// Reads one public key or certificate in PEM.
    ///
    /// # Errors
    /// [`PemError`].
    pub fn from_pem(pem: &str) -> Result<Self, PemError> {
        if pem.contains("PRIVATE KEY") {
            return Err(PemError::Private);
        }
        let key = PKey::public_key_from_pem(pem.as_bytes())
            .or_else(|_| X509::from_pem(pem.as_bytes()).and_then(|certificate| certificate.public_key()))
            .map_err(|_| PemError::NotAKey)?;
        let keys = ClientKeys::from_jwks(&json!({ "keys": [jwk(&key).map_err(|_| PemError::NotAKey)?] }))?;
        Ok(Self { keys, names: Names::None })
    }

    fn named(keys: ClientKeys) -> Self {
        Self { keys, names: Names::Theirs }
    }

    /// Checks that one of these keys signed `compact`, with one of the algorithms in `allowed`: which those are is never the token's to
    /// say (RFC 8725 §3.1).
    ///
    /// # Errors
    /// [`VerifyError`]. A wrong signature on a token that names no key is [`VerifyError::UnknownKey`]: it may be that of a key that is
    /// not among these.
    pub fn verify(&self, compact: &str, allowed: &[SigningAlgorithm]) -> Result<VerifiedJws, VerifyError> {
        let mut token = Unverified::parse(compact)?;
        if !allowed.contains(&token.algorithm) {
            return Err(VerifyError::Algorithm);
        }
        if matches!(self.names, Names::None) {
            token.kid = None;
            return self.keys.vouch_for(&token);
        }
        match self.keys.vouch_for(&token) {
            Err(VerifyError::Signature) if token.kid.is_none() => Err(VerifyError::UnknownKey),
            vouched => vouched,
        }
    }
}

/// A key as OpenSSL has it, as the members of a JWK, which are judged like those of any other.
fn jwk(key: &PKey<Public>) -> Result<Value, ErrorStack> {
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Ok(match key.id() {
        Id::RSA => {
            let rsa = key.rsa()?;
            json!({ "kty": "RSA", "n": text(&rsa.n().to_vec()), "e": text(&rsa.e().to_vec()) })
        }
        Id::EC => {
            let key = key.ec_key()?;
            if key.group().curve_name() != Some(Nid::X9_62_PRIME256V1) {
                return Ok(json!({ "kty": "EC", "crv": "another" }));
            }
            let (mut x, mut y, mut context) = (BigNum::new()?, BigNum::new()?, BigNumContext::new()?);
            key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut context)?;
            let [x, y] = [x.to_vec_padded(32)?, y.to_vec_padded(32)?].map(|bytes| text(&bytes));
            json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y })
        }
        Id::ED25519 => json!({ "kty": "OKP", "crv": "Ed25519", "x": text(&key.raw_public_key()?) }),
        _ => json!({ "kty": "another" }),
    })
}

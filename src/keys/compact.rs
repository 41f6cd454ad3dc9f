//! A JWS in compact serialisation (RFC 7515 §7.1), read before anybody trusts it, and what it becomes once a key has vouched
//! for it. What its payload says, and whether that is still good, is decided elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jws::JwsVerifier;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};

use crate::id::KeyId;
use crate::oauth::algorithm::SigningAlgorithm;

/// Nobody sends a token as long as this; whatever is longer is not even looked at.
pub const LONGEST_COMPACT: usize = 64 * 1024;

/// A JWS whose signature was good. Made in this file only.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::manual_non_exhaustive,
    reason = "the attribute binds other crates only, and this one is the crate"
)]
pub struct VerifiedJws {
    /// `alg`.
    pub algorithm: SigningAlgorithm,
    /// The key that vouched for it: its `kid`, or its thumbprint when its owner gave it no `kid`.
    pub key: KeyId,
    /// `typ`, as it was spelt.
    pub typ: Option<String>,
    /// What was signed.
    pub payload: Vec<u8>,
    /// Nobody else can fill this, so that the type itself is the proof.
    vouched: (),
}

impl VerifiedJws {
    /// The payload as claims. A duplicated claim that `T` names is an error.
    ///
    /// # Errors
    /// When the payload is not JSON of that shape.
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.payload)
    }

    /// Whether `typ` is `expected`: case does not count, and `application/` may be left out (RFC 7515 §4.1.9).
    pub fn has_typ(&self, expected: &str) -> bool {
        self.typ.as_deref().is_some_and(|typ| {
            let (prefix, rest) = typ.split_at_checked("application/".len()).unwrap_or(("", typ));
            let short = if prefix.eq_ignore_ascii_case("application/") { rest } else { typ };
            short.eq_ignore_ascii_case(expected)
        })
    }
}

/// Why nobody vouches for a JWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Longer than [`LONGEST_COMPACT`].
    #[error("the token is longer than {LONGEST_COMPACT} characters")]
    TooLong,
    /// Not three parts of base64url with a JSON header, or a header parameter stands twice.
    #[error("the token is not a JWS in compact serialisation")]
    Malformed,
    /// `none`, an HMAC, or an algorithm that we do not speak.
    #[error("the token's algorithm is not accepted")]
    Algorithm,
    /// `crit` asks for something that we do not understand, or `b64` for an unencoded payload.
    #[error("the token's header asks for an extension that is not understood")]
    Critical,
    /// No key of that name, or none of that algorithm.
    #[error("no key fits the token's `kid` and algorithm")]
    UnknownKey,
    /// There is no `kid`, and too many keys to try them all.
    #[error("the token names no key, and there are too many to try")]
    UnnamedKey,
    /// The signature is not that key's.
    #[error("the token's signature is wrong")]
    Signature,
}

/// What of a header is looked at. `jwk`, `jku`, `x5c` and `x5u` are not: a token does not bring its own judge (RFC 8725 §3.10).
/// serde refuses a parameter of these that stands twice (RFC 7515 §4).
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
    b64: Option<bool>,
}

/// The parts of a JWS that nobody has vouched for yet.
pub(super) struct Unverified<'t> {
    pub(super) algorithm: SigningAlgorithm,
    pub(super) kid: Option<String>,
    typ: Option<String>,
    message: &'t str,
    payload: &'t str,
    signature: Vec<u8>,
}

impl<'t> Unverified<'t> {
    /// Takes `text` apart; the payload is not decoded before its signature is good.
    pub(super) fn parse(text: &'t str) -> Result<Self, VerifyError> {
        if text.len() > LONGEST_COMPACT {
            return Err(VerifyError::TooLong);
        }
        let (message, signature) = text.rsplit_once('.').ok_or(VerifyError::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(VerifyError::Malformed)?;
        let header = decode(header)?;
        // serde would read an array as well; a header is an object (RFC 7515 §4).
        if !header.trim_ascii_start().starts_with(b"{") {
            return Err(VerifyError::Malformed);
        }
        let header: Header = serde_json::from_slice(&header).map_err(|_| VerifyError::Malformed)?;
        // RFC 8725 §3.1: only algorithms on our list, which holds neither `none` nor any HMAC.
        let algorithm = SigningAlgorithm::from_word(&header.alg).ok_or(VerifyError::Algorithm)?;
        // RFC 7515 §4.1.11: what is critical and not understood is refused; we understand no extension, nor RFC 7797.
        if header.crit || header.b64 == Some(false) {
            return Err(VerifyError::Critical);
        }
        let signature = decode(signature)?;
        Ok(Self { algorithm, kid: header.kid, typ: header.typ, message, payload, signature })
    }

    /// Asks `verifier`, the parsed key named `key`.
    pub(super) fn vouched_for(
        &self,
        verifier: &dyn JwsVerifier,
        key: &KeyId,
    ) -> Result<VerifiedJws, VerifyError> {
        verifier.verify(self.message.as_bytes(), &self.signature).map_err(|_| VerifyError::Signature)?;
        let payload = decode(self.payload)?;
        Ok(VerifiedJws {
            algorithm: self.algorithm,
            key: key.clone(),
            typ: self.typ.clone(),
            payload,
            vouched: (),
        })
    }
}

fn decode(part: &str) -> Result<Vec<u8>, VerifyError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| VerifyError::Malformed)
}

/// Whether a header parameter is there, whatever its value.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

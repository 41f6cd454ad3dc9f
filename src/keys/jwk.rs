//! The public half of a key: read from a JWK (RFC 7517), named by its thumbprint (RFC 7638), made into a verifier.
//! josekit's own `Jwk` stays behind this: it prints private members, and it is only handed members that were checked here.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::JoseError;
use josekit::jwk::Jwk;
use josekit::jws::{self, JwsVerifier};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::id::KeyId;
use crate::oauth::algorithm::SigningAlgorithm;

/// A parsed key that checks signatures of one algorithm.
pub(super) type Verifier = Box<dyn JwsVerifier>;

/// RFC 7518 §3.3: at least 2048 bits.
const SHORTEST_RSA: usize = 2048;
/// Beyond it a verification costs so much that a stranger could keep us busy.
const LONGEST_RSA: usize = 8192;

/// Why a JWK is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnfitKey {
    /// Not a JSON object, or one without `kty`.
    #[error("is not a JWK: a JSON object with `kty`")]
    NotAKey,
    /// Its private half is in it: whoever registered it has given it away.
    #[error("holds the private member `{0}`; register the public half only, and replace this key")]
    Private(&'static str),
    /// A shared secret.
    #[error("is a symmetric key (`kty` oct); a key of RSA, EC or OKP is needed")]
    Symmetric,
    /// A member is missing or is not what it should be.
    #[error("member `{0}` is missing or malformed")]
    Member(&'static str),
    /// An RSA modulus outside of what is safe.
    #[error("is an RSA key of {0} bits; between {SHORTEST_RSA} and {LONGEST_RSA} are needed")]
    RsaLength(usize),
    /// The numbers are no key: a point off the curve, for instance.
    #[error("its numbers make no key")]
    NoSuchKey,
    /// A type or curve that we do not speak.
    #[error("has a type or curve that is not spoken here; RSA, EC with P-256 and OKP with Ed25519 are")]
    UnknownKind,
    /// `alg` names an algorithm that we do not speak, or not one of this type of key.
    #[error("`alg` names no algorithm that this key could be used with here")]
    Algorithm,
    /// `use` or `key_ops` say that it is for something else.
    #[error("`use` or `key_ops` say that it is not for verifying signatures")]
    OtherUse,
}

impl UnfitKey {
    /// Whether a set may hold such a key for somebody else's use (RFC 7517 §5), rather than by mistake.
    pub(super) fn may_be_passed_over(&self) -> bool {
        matches!(self, Self::UnknownKind | Self::Algorithm | Self::OtherUse)
    }
}

/// The JWK thumbprint with SHA-256 (RFC 7638 §3) of the public half of an RSA, P-256 or Ed25519 key.
///
/// # Errors
/// When `jwk` is no such key, or holds private members.
pub fn thumbprint(jwk: &Value) -> Result<KeyId, UnfitKey> {
    let members = jwk.as_object().ok_or(UnfitKey::NotAKey)?;
    PublicHalf::from_members(members).map(|half| half.thumbprint())
}

/// What makes a public key, and no word about its use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PublicHalf {
    /// Modulus and exponent without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// A point on P-256.
    P256 { x: [u8; 32], y: [u8; 32] },
    /// A point on the Edwards curve.
    Ed25519 { x: [u8; 32] },
}

impl PublicHalf {
    /// Reads the members of a JWK.
    pub(super) fn from_members(members: &Map<String, Value>) -> Result<Self, UnfitKey> {
        let kind = members.get("kty").and_then(Value::as_str).ok_or(UnfitKey::NotAKey)?;
        if kind == "oct" {
            return Err(UnfitKey::Symmetric);
        }
        // RFC 7518 §6.2.2 and §6.3.2, RFC 8037 §2: what only the owner may know.
        let private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
        if let Some(name) = private.into_iter().find(|name| members.contains_key(*name)) {
            return Err(UnfitKey::Private(name));
        }
        let curve = members.get("crv").and_then(Value::as_str);
        let half = match (kind, curve) {
            ("RSA", _) => Self::rsa(number(members, "n")?, number(members, "e")?)?,
            ("EC", Some("P-256")) => {
                Self::P256 { x: coordinate(members, "x")?, y: coordinate(members, "y")? }
            }
            ("OKP", Some("Ed25519")) => Self::Ed25519 { x: coordinate(members, "x")? },
            ("EC" | "OKP", None) => return Err(UnfitKey::Member("crv")),
            _ => return Err(UnfitKey::UnknownKind),
        };
        Ok(half)
    }

    fn rsa(n: Vec<u8>, e: Vec<u8>) -> Result<Self, UnfitKey> {
        let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
        if !(SHORTEST_RSA..=LONGEST_RSA).contains(&bits) {
            return Err(UnfitKey::RsaLength(bits));
        }
        // An exponent of 1 makes every message its own signature; a long or even one belongs to nobody's real key.
        let odd = e.last().is_some_and(|last| last & 1 == 1);
        if !odd || e.len() > 4 || e == [1] { Err(UnfitKey::Member("e")) } else { Ok(Self::Rsa { n, e }) }
    }

    /// The algorithms that a key of this type can be used with.
    pub(super) fn algorithms(&self) -> &'static [SigningAlgorithm] {
        match self {
            Self::Rsa { .. } => &[SigningAlgorithm::Rs256, SigningAlgorithm::Ps256],
            Self::P256 { .. } => &[SigningAlgorithm::Es256],
            Self::Ed25519 { .. } => &[SigningAlgorithm::EdDsa],
        }
    }

    /// The required members and no other, in the order of their names: what a thumbprint is made of (RFC 7638 §3.2).
    pub(super) fn members(&self) -> Map<String, Value> {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let members = match self {
            Self::Rsa { n, e } => vec![("e", text(e)), ("kty", "RSA".to_owned()), ("n", text(n))],
            Self::P256 { x, y } => {
                vec![("crv", "P-256".to_owned()), ("kty", "EC".to_owned()), ("x", text(x)), ("y", text(y))]
            }
            Self::Ed25519 { x } => {
                vec![("crv", "Ed25519".to_owned()), ("kty", "OKP".to_owned()), ("x", text(x))]
            }
        };
        members.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect()
    }

    /// The JWK thumbprint with SHA-256 (RFC 7638 §3), which also serves as `kid`.
    pub(super) fn thumbprint(&self) -> KeyId {
        let digest = Sha256::digest(Value::Object(self.members()).to_string().as_bytes());
        KeyId::from(URL_SAFE_NO_PAD.encode(digest))
    }

    /// A verifier for `algorithm`; fails when the key is not of that algorithm's type or is no key at all.
    pub(super) fn verifier(&self, algorithm: SigningAlgorithm) -> Result<Verifier, JoseError> {
        let jwk = Jwk::from_map(self.members())?;
        Ok(match algorithm {
            SigningAlgorithm::Rs256 => Box::new(jws::RS256.verifier_from_jwk(&jwk)?),
            SigningAlgorithm::Ps256 => Box::new(jws::PS256.verifier_from_jwk(&jwk)?),
            SigningAlgorithm::Es256 => Box::new(jws::ES256.verifier_from_jwk(&jwk)?),
            SigningAlgorithm::EdDsa => Box::new(jws::EdDSA.verifier_from_jwk(&jwk)?),
        })
    }
}

/// The algorithms that a JWK's own words leave it: those of its type, less what `alg`, `use` and `key_ops` exclude.
pub(super) fn permitted_algorithms(
    half: &PublicHalf,
    members: &Map<String, Value>,
) -> Result<BTreeSet<SigningAlgorithm>, UnfitKey> {
    // RFC 7517 §4.2: `use` of a key that verifies is `sig`.
    let for_signatures = match members.get("use") {
        None => true,
        Some(value) => value.as_str().ok_or(UnfitKey::Member("use"))? == "sig",
    };
    // RFC 7517 §4.3: when `key_ops` is there, it must name what is done.
    let for_verifying = match members.get("key_ops") {
        None => true,
        Some(value) => value.as_array().ok_or(UnfitKey::Member("key_ops"))?.iter().any(|op| op == "verify"),
    };
    if !(for_signatures && for_verifying) {
        return Err(UnfitKey::OtherUse);
    }
    // RFC 8725 §3.1: a key that names its algorithm is used with no other.
    let mut permitted: BTreeSet<_> = half.algorithms().iter().copied().collect();
    if let Some(value) = members.get("alg") {
        let named = SigningAlgorithm::from_word(value.as_str().ok_or(UnfitKey::Member("alg"))?);
        permitted.retain(|algorithm| Some(*algorithm) == named);
    }
    if permitted.is_empty() { Err(UnfitKey::Algorithm) } else { Ok(permitted) }
}

fn bytes(members: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, UnfitKey> {
    let text = members.get(name).and_then(Value::as_str).ok_or(UnfitKey::Member(name))?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| UnfitKey::Member(name))
}

/// An unsigned number. RFC 7518 §2 wants no leading zero, but Java's big numbers bring one along, so it is dropped.
fn number(members: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, UnfitKey> {
    Ok(bytes(members, name)?.into_iter().skip_while(|byte| *byte == 0).collect())
}

/// A coordinate, always as long as its field (RFC 7518 §6.2.1.2).
fn coordinate(members: &Map<String, Value>, name: &'static str) -> Result<[u8; 32], UnfitKey> {
    bytes(members, name)?.try_into().map_err(|_| UnfitKey::Member(name))
}

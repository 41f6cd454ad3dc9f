//! `at_hash` and its sisters: ties an ID token to what was issued beside it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256, Sha512};

use crate::oauth::algorithm::SigningAlgorithm;

/// The left half of `text`'s hash as base64url, with the hash function of the ID token's `alg` (OpenID Connect Core §3.1.3.6).
///
/// `EdDSA` names no hash. Ed25519 uses SHA-512 (RFC 8032 §5.1), so the OpenID Connect working group settled on that
/// (its issue 1125), and the clients that check an Ed25519 `at_hash` at all do the same.
pub fn left_half_hash(algorithm: SigningAlgorithm, text: &str) -> String {
    match algorithm {
        SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 | SigningAlgorithm::Es256 => {
            left_half(&Sha256::digest(text.as_bytes()))
        }
        SigningAlgorithm::EdDsa => left_half(&Sha512::digest(text.as_bytes())),
    }
}

fn left_half(hash: &[u8]) -> String {
    let (left, _) = hash.split_at(hash.len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}

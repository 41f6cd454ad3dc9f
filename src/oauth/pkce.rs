//! Proof Key for Code Exchange with S256 (RFC 7636). `plain` has no type here: RFC 9700 §2.1.1 wants a challenge that
//! does not give away the verifier.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use subtle::ConstantTimeEq;

/// `code_challenge` with `code_challenge_method=S256`: 43 characters of base64url, the SHA-256 of the verifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// The challenge, when `text` can be the base64url of a SHA-256 digest.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }

    /// Whether `verifier` is the one that the challenge was made from (RFC 7636 §4.6), in constant time.
    pub fn is_met_by(&self, verifier: &CodeVerifier) -> bool {
        let met = URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(verifier.0.as_bytes()));
        met.as_bytes().ct_eq(self.0.as_bytes()).into()
    }
}

/// `code_verifier`: 43 to 128 unreserved characters (RFC 7636 §4.1).
#[derive(Clone)]
pub struct CodeVerifier(String);

impl CodeVerifier {
    /// The verifier, when `text` keeps to the grammar.
    pub fn parse(text: &str) -> Option<Self> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        ((43..=128).contains(&text.len()) && text.bytes().all(unreserved)).then(|| Self(text.to_owned()))
    }
}

impl std::fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[code_verifier]")
    }
}

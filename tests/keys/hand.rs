//! A signer by hand: whatever header, whatever payload, under an Ed25519 key that OpenSSL made.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use serde_json::{Value, json};

pub(super) struct Hand(PKey<Private>);

impl Hand {
    pub(super) fn new() -> Self {
        Self(PKey::generate_ed25519().unwrap())
    }

    /// The public half.
    pub(super) fn jwk(&self, kid: &str) -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(&self.0.raw_public_key().unwrap()), "kid": kid})
    }

    /// `header` and `payload` as they are, with a good signature.
    pub(super) fn signs(&self, header: &str, payload: &[u8]) -> String {
        let message = format!("{}.{}", base64url(header.as_bytes()), base64url(payload));
        let mut signer = Signer::new_without_digest(&self.0).unwrap();
        let signature = signer.sign_oneshot_to_vec(message.as_bytes()).unwrap();
        format!("{message}.{}", base64url(&signature))
    }
}

pub(super) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

//! Signature algorithms that we speak (RFC 7518 §3.1, RFC 8037 §3.1). `none` and the HMAC family are absent on purpose:
//! a token signed with a secret that two parties hold proves nothing to a third.

use super::word::words;

words! {
    /// A JWS `alg`.
    SigningAlgorithm {
        /// RSASSA-PKCS1-v1_5 with SHA-256: every OpenID Provider must have it (OpenID Connect Core §15.1).
        Rs256 = "RS256",
        /// RSASSA-PSS with SHA-256.
        Ps256 = "PS256",
        /// ECDSA on P-256 with SHA-256: thirty times cheaper to sign than RSA.
        Es256 = "ES256",
        /// Edwards curve Ed25519.
        EdDsa = "EdDSA",
    }
}

//! An authorization code (RFC 6749 §4.1.2): issued once, redeemed at most once, remembered until it would have expired.

use crate::id::FamilyId;
use crate::model::authorization::Authorization;
use crate::oauth::pkce::CodeChallenge;
use crate::secret::Digest;
use crate::time::Timestamp;

/// A code as we keep it. The code itself was shown once, in a redirect.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthorizationCode {
    /// SHA-256 of the code: its key.
    pub digest: Digest,
    /// What it stands for.
    pub authorization: Authorization,
    /// The redirect URI as the request had it, to be repeated at redemption (RFC 6749 §4.1.3); none when it was left out.
    pub redirect_uri: Option<String>,
    /// The PKCE challenge, when one was sent.
    pub challenge: Option<CodeChallenge>,
    /// `nonce` for the ID token.
    pub nonce: Option<String>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it is too old.
    pub expires_at: Timestamp,
    /// Set by the one redemption that succeeded: the family that ends when the code is shown again.
    pub redeemed_as: Option<FamilyId>,
}

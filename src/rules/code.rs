//! What a code must be shown with (RFC 6749 §4.1.3, RFC 7636 §4.6). Proven before the single-use gate, so that somebody who merely saw a
//! code can neither redeem nor spoil it. Whether it was redeemed before is the gate's question, not this one's.

use crate::id::ClientId;
use crate::model::code::AuthorizationCode;
use crate::oauth::error::ErrorCode;
use crate::oauth::pkce::{CodeChallenge, CodeVerifier};
use crate::oauth::token_request::CodeRequest;
use crate::secret::Secret;
use crate::time::Timestamp;

/// Why a code is not good for this request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeRefusal {
    /// RFC 6749 §4.1.3: issued to the client that shows it.
    #[error("the code was issued to another client")]
    AnotherClient,
    /// RFC 6749 §4.1.3: the same redirect URI, or none if there was none.
    #[error("redirect_uri is not the one of the authorization request")]
    AnotherRedirect,
    /// RFC 7636 §4.6: a challenge was sent.
    #[error("code_verifier is missing; the authorization request had a code_challenge")]
    VerifierMissing,
    /// RFC 7636 §4.1.
    #[error("code_verifier is not 43 to 128 unreserved characters")]
    VerifierMalformed,
    /// RFC 7636 §4.6.
    #[error("code_verifier does not match the code_challenge")]
    VerifierWrong,
    /// RFC 9700 §4.8.2: PKCE was stripped on the way to the authorization endpoint.
    #[error("code_verifier was sent, but the authorization request had no code_challenge")]
    VerifierUnexpected,
    /// RFC 6749 §4.1.2.
    #[error("the code has expired")]
    Expired,
}

impl CodeRefusal {
    /// The protocol's word for it (RFC 6749 §5.2, RFC 7636 §4.6).
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::AnotherClient
            | Self::AnotherRedirect
            | Self::VerifierMissing
            | Self::VerifierMalformed
            | Self::VerifierWrong
            | Self::VerifierUnexpected
            | Self::Expired => ErrorCode::InvalidGrant,
        }
    }
}

/// Whether `client` may redeem `code` with what it sent.
///
/// # Errors
/// The first thing that does not fit.
pub fn check(
    code: &AuthorizationCode,
    client: &ClientId,
    request: &CodeRequest,
    now: Timestamp,
) -> Result<(), CodeRefusal> {
    issued_to(code, client)?;
    redirect(code, request.redirect_uri.as_deref())?;
    proof(code.challenge.as_ref(), request.code_verifier.as_ref())?;
    if now < code.expires_at { Ok(()) } else { Err(CodeRefusal::Expired) }
}

fn issued_to(code: &AuthorizationCode, client: &ClientId) -> Result<(), CodeRefusal> {
    if code.authorization.client == *client { Ok(()) } else { Err(CodeRefusal::AnotherClient) }
}

/// A URI that is sent although the request had none is compared with nothing and refused: it is not what was sent before.
fn redirect(code: &AuthorizationCode, shown: Option<&str>) -> Result<(), CodeRefusal> {
    if code.redirect_uri.as_deref() == shown { Ok(()) } else { Err(CodeRefusal::AnotherRedirect) }
}

fn proof(challenge: Option<&CodeChallenge>, verifier: Option<&Secret>) -> Result<(), CodeRefusal> {
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(CodeRefusal::VerifierUnexpected),
        (Some(_), None) => Err(CodeRefusal::VerifierMissing),
        (Some(challenge), Some(verifier)) => {
            let verifier = CodeVerifier::parse(verifier.expose()).ok_or(CodeRefusal::VerifierMalformed)?;
            if challenge.is_met_by(&verifier) { Ok(()) } else { Err(CodeRefusal::VerifierWrong) }
        }
    }
}

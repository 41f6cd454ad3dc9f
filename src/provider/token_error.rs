//! Everything for which the token endpoint gives no token, with the protocol's code.

use crate::keys::keyring::SignError;
use crate::oauth::error::ErrorCode;
use crate::oauth::token_request::MalformedTokenRequest;
use crate::provider::client_auth::error::ClientAuthError;
use crate::rules::code::CodeRefusal;
use crate::rules::scope::NarrowingRefusal;
use crate::store::error::StoreError;

/// Why there is no token. The text goes to the client: it says what to do and repeats no secret.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The client did not prove itself.
    #[error(transparent)]
    Client(#[from] ClientAuthError),
    /// The request cannot be read.
    #[error(transparent)]
    Malformed(#[from] MalformedTokenRequest),
    /// RFC 6749 §5.2.
    #[error("this client is not registered for this grant_type")]
    GrantNotRegistered,
    /// Scope or target.
    #[error(transparent)]
    Narrowing(#[from] NarrowingRefusal),
    /// Never issued here, or forgotten after it expired.
    #[error("the code is unknown or has expired")]
    CodeUnknown,
    /// RFC 6749 §4.1.2: shown a second time; what came of it was revoked.
    #[error("the code was used before; what was issued for it has been revoked")]
    CodeSpent,
    /// It does not fit the request.
    #[error(transparent)]
    Code(#[from] CodeRefusal),
    /// The person signed out, or the session expired.
    #[error("the session in which this was granted has ended")]
    SessionOver,
    /// The legacy system says that the person is out.
    #[error("the person may not sign in any more")]
    LegacyRefused,
    /// The legacy system has said nothing of the person for too long; the refresh token stays good.
    #[error("the legacy system has said nothing of this person for too long; try again later")]
    LegacySilent,
    /// What the legacy system could be asked with is lost, and the last answer is too old: the person signs in again.
    #[error("the person has to sign in again: the legacy system cannot be asked about them any more")]
    SignInNeeded,
    /// The account is not there any more.
    #[error("the account for which this was granted is gone")]
    AccountGone,
    /// No refresh token of ours.
    #[error("the refresh token is unknown")]
    RefreshUnknown,
    /// RFC 9700 §4.14.2: used before; the family was revoked.
    #[error("the refresh token was used before; its family has been revoked")]
    RefreshReused,
    /// Too old.
    #[error("the refresh token has expired")]
    RefreshExpired,
    /// Revoked with its family.
    #[error("the refresh token has been revoked")]
    RefreshRevoked,
    /// RFC 6749 §6.
    #[error("the refresh token was issued to another client")]
    RefreshOfAnotherClient,
    /// Others used the same refresh token at the same moment again and again.
    #[error("the refresh token is being used elsewhere at this moment; try again")]
    Raced,
    /// Nothing could be signed.
    #[error("a token could not be signed")]
    Sign(#[from] SignError),
    /// The database does not answer.
    #[error("the database does not answer")]
    Store(#[from] StoreError),
}

impl TokenError {
    /// The protocol's word for it (RFC 6749 §5.2, RFC 8707 §2).
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Client(error) => error.code(),
            Self::Malformed(MalformedTokenRequest::Missing(_)) => ErrorCode::InvalidRequest,
            Self::Malformed(MalformedTokenRequest::UnknownGrantType) => ErrorCode::UnsupportedGrantType,
            Self::GrantNotRegistered => ErrorCode::UnauthorizedClient,
            Self::Narrowing(refusal) => refusal.code(),
            Self::CodeUnknown
            | Self::CodeSpent
            | Self::SessionOver
            | Self::LegacyRefused
            | Self::SignInNeeded
            | Self::AccountGone
            | Self::RefreshUnknown
            | Self::RefreshReused
            | Self::RefreshExpired
            | Self::RefreshRevoked
            | Self::RefreshOfAnotherClient => ErrorCode::InvalidGrant,
            Self::Code(refusal) => refusal.code(),
            Self::Raced | Self::LegacySilent => ErrorCode::TemporarilyUnavailable,
            Self::Sign(_) => ErrorCode::ServerError,
            Self::Store(error) => error.code(),
        }
    }
}

//! Everything that can be wrong with an authorization request once its client and redirect are trusted, with the protocol's code and a
//! sentence that says what to do about it. Nothing that was sent is repeated, but for names in the grammar of a scope.

use crate::oauth::claims::MalformedClaims;
use crate::oauth::error::ErrorCode;
use crate::oauth::params::DuplicateParameter;
use crate::oauth::prompt::MalformedPrompt;
use crate::rules::scope::NarrowingRefusal;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationRefusal {
    /// RFC 6749 §3.1.
    #[error(transparent)]
    Repeated(#[from] DuplicateParameter),
    /// OpenID Connect Core §6.1.
    #[error("request objects are not supported here; send the parameters themselves")]
    RequestObject,
    /// OpenID Connect Core §6.2.
    #[error("request_uri is not supported here; send the parameters themselves")]
    RequestUri,
    /// OpenID Connect Core §7.2.1.
    #[error("registration in the request is not supported here; the client is registered by the operator")]
    Registration,
    /// RFC 6749 §3.1.1.
    #[error("response_type is missing; use code")]
    ResponseTypeMissing,
    /// RFC 6749 §3.1.1.
    #[error("this response_type is not supported here; use code")]
    ResponseTypeUnsupported,
    /// RFC 6749 §4.1.2.1.
    #[error("this client is not registered for the authorization code grant")]
    GrantNotRegistered,
    /// OAuth 2.0 Multiple Response Type Encoding Practices §2.1.
    #[error("this response_mode is not supported here; use query or form_post")]
    ResponseModeUnsupported,
    /// Longer than is sensible.
    #[error("the parameter `{0}` is too long")]
    TooLong(&'static str),
    /// It waits in a cookie, which holds only so much.
    #[error(
        "the request is too long to wait while its person signs in at the legacy site; some 2500 bytes can, state and claims included"
    )]
    TooLongToWait,
    /// Scope or target.
    #[error(transparent)]
    Narrowing(#[from] NarrowingRefusal),
    /// RFC 9700 §2.1.1.
    #[error("code_challenge is missing; this client must use PKCE with S256")]
    ChallengeMissing,
    /// RFC 7636 §4.3.
    #[error("code_challenge_method was sent without a code_challenge")]
    ChallengeMethodAlone,
    /// RFC 9700 §2.1.1.
    #[error("code_challenge_method plain (which is meant when none is sent) is not supported here; use S256")]
    ChallengePlain,
    /// RFC 7636 §4.4.1.
    #[error("this code_challenge_method is not supported here; use S256")]
    ChallengeMethodUnknown,
    /// RFC 7636 §4.2.
    #[error("code_challenge is not the base64url of a SHA-256 digest, 43 characters without padding")]
    ChallengeMalformed,
    /// RFC 9700 §2.1.1.
    #[error("nonce is missing; a request without PKCE must have one")]
    NonceMissing,
    /// OpenID Connect Core §3.1.2.1.
    #[error(transparent)]
    Prompt(#[from] MalformedPrompt),
    /// OpenID Connect Core §3.1.2.1.
    #[error("max_age is not a whole number of seconds")]
    MaxAgeMalformed,
    /// OpenID Connect Core §5.5.
    #[error(transparent)]
    Claims(#[from] MalformedClaims),
    /// OpenID Connect Core §3.1.2.1: a hint that was not issued here, or to another client, names nobody.
    #[error("id_token_hint is not an ID token that was issued here to this client")]
    Hint,
    /// OpenID Connect Core §5.5.1.1.
    #[error("none of the acr values that the request insists on can be reached here")]
    AcrUnreachable,
}

impl AuthorizationRefusal {
    /// The protocol's word for it.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Repeated(_)
            | Self::ResponseTypeMissing
            | Self::ResponseModeUnsupported
            | Self::TooLong(_)
            | Self::TooLongToWait
            | Self::ChallengeMissing
            | Self::ChallengeMethodAlone
            | Self::ChallengePlain
            | Self::ChallengeMethodUnknown
            | Self::ChallengeMalformed
            | Self::NonceMissing
            | Self::Prompt(_)
            | Self::MaxAgeMalformed
            | Self::Hint
            | Self::Claims(_) => ErrorCode::InvalidRequest,
            Self::RequestObject => ErrorCode::RequestNotSupported,
            Self::RequestUri => ErrorCode::RequestUriNotSupported,
            Self::Registration => ErrorCode::RegistrationNotSupported,
            Self::ResponseTypeUnsupported => ErrorCode::UnsupportedResponseType,
            Self::GrantNotRegistered => ErrorCode::UnauthorizedClient,
            Self::Narrowing(refusal) => refusal.code(),
            Self::AcrUnreachable => ErrorCode::UnmetAuthenticationRequirements,
        }
    }

    /// What to tell the client: what was wrong and what to do.
    pub fn description(&self) -> String {
        self.to_string()
    }
}

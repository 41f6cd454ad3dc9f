//! Why a request ends here, in the words of the protocols that have words for it.

use std::time::Duration;

use crate::gateway::issuers::error::IssuerError;
use crate::gateway::limits::TooMany;
use crate::gateway::verify::Unverified;
use crate::rules::access::Denial;
use crate::rules::request_path::AmbiguousPath;
use crate::store::error::StoreError;
use crate::vault::custody_error::VaultError;

/// Why.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The path can be read in more than one way.
    #[error("{0}")]
    Path(#[from] AmbiguousPath),
    /// The request names a whole address instead of a path.
    #[error("the request line holds a whole address instead of a path")]
    AbsoluteForm,
    /// CONNECT, TRACE.
    #[error("this method is never forwarded")]
    Method,
    /// The request cannot be put into the words of the API: a header or a query that no address may have.
    #[error("the request cannot be passed on as it is")]
    Unspeakable,
    /// RFC 6750 §3.1: no authentication information.
    #[error("an access token is needed, in the Authorization header")]
    NoToken,
    /// More than one `Authorization`, or one that is no bearer token.
    #[error("send one Authorization header, with one bearer token")]
    MalformedAuthorization,
    /// Unknown, expired, revoked, or its session has ended.
    #[error("the access token is unknown, has expired or was revoked")]
    InvalidToken,
    /// Another issuer's token that is not taken, or stands for nobody.
    #[error(transparent)]
    Foreign(IssuerError),
    /// RFC 9068 §4: the token is for another API.
    #[error("the access token is for another API")]
    Audience,
    /// The rules say no.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// Too much at a time.
    #[error("too many requests; wait a moment")]
    TooMany(TooMany),
    /// The caller has nobody to be in the legacy system.
    #[error("this client stands for nobody in the legacy system")]
    Nobody,
    /// The person has to sign in again, because their legacy tokens are used up.
    #[error("the person has to sign in again")]
    SignInAgain,
    /// The legacy system refuses the person.
    #[error("the legacy system does not let this person in")]
    LegacyRefuses,
    /// The legacy system, or the way to its tokens, is not available.
    #[error("the legacy system is not available at the moment")]
    LegacyUnavailable,
    /// The legacy token was replaced while a request was on its way that cannot be sent twice.
    #[error("nothing was done; send the request again")]
    SendAgain,
    /// More came than the route takes.
    #[error("the body is larger than this route takes")]
    TooLarge,
    /// Nobody answers at the API's address, or the answer cannot be read.
    #[error("the API cannot be reached")]
    Unreachable,
    /// It did not answer in time.
    #[error("the API did not answer in time")]
    Silent,
    /// The database does not answer.
    #[error("the database does not answer")]
    Store(#[from] StoreError),
}

impl Refusal {
    /// The protocol's word for it: RFC 6750 §3.1, RFC 9470 §3, RFC 6749 §4.1.2.1 where they have one.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Path(_)
            | Self::AbsoluteForm
            | Self::Method
            | Self::Unspeakable
            | Self::MalformedAuthorization
            | Self::TooLarge => "invalid_request",
            Self::NoToken | Self::InvalidToken | Self::Audience | Self::LegacyRefuses => "invalid_token",
            Self::Denied(Denial::Scope { .. }) => "insufficient_scope",
            Self::Denied(Denial::StepUp { .. }) | Self::SignInAgain => "insufficient_user_authentication",
            Self::Denied(Denial::NoRule | Denial::Role { .. }) | Self::Nobody => "access_denied",
            Self::TooMany(_) => "too_many_requests",
            Self::LegacyUnavailable | Self::SendAgain | Self::Store(_) => "temporarily_unavailable",
            Self::Foreign(error) => error.code().as_str(),
            Self::Unreachable => "bad_gateway",
            Self::Silent => "gateway_timeout",
        }
    }

    /// When it is worth to come again.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooMany(TooMany { retry_after }) => Some(*retry_after),
            Self::LegacyUnavailable | Self::Foreign(IssuerError::Unavailable { .. }) => {
                Some(Duration::from_secs(5))
            }
            Self::SendAgain | Self::Store(_) => Some(Duration::from_secs(1)),
            _ => None,
        }
    }

    /// What is to be asked for at the authorization endpoint (RFC 9470 §3): `acr_values` and `max_age`.
    pub fn step_up(&self) -> Option<(&[String], Option<Duration>)> {
        match self {
            Self::Denied(Denial::StepUp { acr_values, max_age, .. }) => Some((acr_values, *max_age)),
            Self::SignInAgain => Some((&[], Some(Duration::ZERO))),
            _ => None,
        }
    }

    /// The rule that said no.
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::Denied(denial) => denial.rule(),
            _ => None,
        }
    }

    /// The scopes that are missing (RFC 6750 §3).
    pub fn scopes(&self) -> Option<&[String]> {
        match self {
            Self::Denied(Denial::Scope { scopes, .. }) => Some(scopes),
            _ => None,
        }
    }
}

impl From<Unverified> for Refusal {
    fn from(error: Unverified) -> Self {
        match error {
            Unverified::Unknown => Self::InvalidToken,
            Unverified::Foreign(error) => Self::Foreign(error),
            Unverified::Store(error) => Self::Store(error),
        }
    }
}

impl From<VaultError> for Refusal {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Empty | VaultError::RunOut | VaultError::NeedsSignIn { .. } => Self::SignInAgain,
            VaultError::Refused { .. } => Self::LegacyRefuses,
            VaultError::Unavailable { .. } => Self::LegacyUnavailable,
            VaultError::Store(error) => Self::Store(error),
        }
    }
}

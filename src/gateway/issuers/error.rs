//! Why another issuer's token is not taken.

use crate::keys::compact::VerifyError;
use crate::oauth::error::ErrorCode;
use crate::rules::foreign_token::ForeignRefusal;
use crate::store::error::StoreError;

/// Why a token is not taken, or stands for nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// Too long, or no token at all.
    #[error("this is no token")]
    NotAToken,
    /// RFC 9068 §4 lets tokens be encrypted, for whoever has agreed on a key; nobody has.
    #[error("encrypted tokens are not taken")]
    Encrypted,
    /// Nobody by this name is trusted.
    #[error("the token's issuer is not trusted here")]
    UnknownIssuer,
    /// A token without a name of an issuer, and nobody is asked about such tokens.
    #[error("the token is unknown")]
    Unknown,
    /// No key of the issuer's vouches for it.
    #[error("{0}")]
    Signature(#[from] VerifyError),
    /// RFC 9068 §4: another kind of token, such as an ID token.
    #[error("`typ` does not say that this is an access token")]
    Type,
    /// What it says does not hold.
    #[error(transparent)]
    Claims(#[from] ForeignRefusal),
    /// The issuer, when asked, does not say that it is good.
    #[error("the token's issuer does not vouch for it")]
    Inactive,
    /// It is good for one request, and that was before.
    #[error("the token was used before, and it is good for one request")]
    Replayed,
    /// No rule says who it is for the legacy system.
    #[error("no rule says whom this token stands for")]
    Nobody,
    /// The person has never signed in here, or by another name.
    #[error("the person whom this token names has no account here")]
    NoAccount,
    /// The legacy systems know several people by this name.
    #[error("the token names several people")]
    SeveralPeople,
    /// The person has an account, and nothing is kept for it.
    #[error("nothing is kept for the person whom this token names; they have to sign in here once")]
    NothingKept,
    /// The issuer cannot be asked now. Nobody knows whether the token is good.
    #[error("the token's issuer cannot be asked: {why}")]
    Unavailable {
        /// What happened, without URLs and contents.
        why: String,
    },
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IssuerError {
    /// The protocol's word for it (RFC 6750 §3.1, RFC 6749 §4.1.2.1).
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotAToken
            | Self::Encrypted
            | Self::UnknownIssuer
            | Self::Unknown
            | Self::Signature(_)
            | Self::Type
            | Self::Claims(_)
            | Self::Inactive
            | Self::Replayed => ErrorCode::InvalidToken,
            // The token is good, and another one of the same person would fare no better.
            Self::Nobody | Self::NoAccount | Self::SeveralPeople | Self::NothingKept => {
                ErrorCode::AccessDenied
            }
            // Not the token's fault: whoever has it keeps it and tries again.
            Self::Unavailable { .. } => ErrorCode::TemporarilyUnavailable,
            Self::Store(_) => ErrorCode::ServerError,
        }
    }

    /// One word for the log, another for each thing that can be wrong.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NotAToken => "malformed",
            Self::Encrypted => "encrypted",
            Self::UnknownIssuer => "issuer",
            Self::Unknown => "unknown",
            Self::Signature(cause) => match cause {
                VerifyError::TooLong | VerifyError::Malformed => "malformed",
                VerifyError::Algorithm => "algorithm",
                VerifyError::Critical => "critical_header",
                VerifyError::UnknownKey | VerifyError::UnnamedKey => "key",
                VerifyError::Signature => "signature",
            },
            Self::Type => "type",
            Self::Claims(refusal) => match refusal {
                ForeignRefusal::Issuer => "issuer",
                ForeignRefusal::Audience => "audience",
                ForeignRefusal::Missing(_) => "missing_claim",
                ForeignRefusal::Expired => "expired",
                ForeignRefusal::NotYetValid => "not_yet_valid",
                ForeignRefusal::IssuedAhead => "issued_ahead",
                ForeignRefusal::TooOld => "too_old",
                ForeignRefusal::Claim(_) => "required_claim",
            },
            Self::Inactive => "inactive",
            Self::Replayed => "replayed",
            Self::Nobody => "nobody",
            Self::NoAccount => "no_account",
            Self::SeveralPeople => "several_people",
            Self::NothingKept => "nothing_kept",
            Self::Unavailable { .. } => "issuer_unavailable",
            Self::Store(_) => "store",
        }
    }
}

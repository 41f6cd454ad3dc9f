//! Why a client is not believed.

use crate::keys::compact::VerifyError;
use crate::oauth::basic::MalformedBasic;
use crate::oauth::error::ErrorCode;
use crate::rules::client_assertion::AssertionRefusal;
use crate::store::error::StoreError;

/// What every proof that fails is told, for whatever reason: who asks shall not learn which clients exist, nor how they prove
/// themselves. The log has the reason, as `Debug` writes it.
const NOT_PROVEN: &str =
    "the client is unknown, its proof is wrong, or it is registered for another token_endpoint_auth_method";

/// What is wrong with a client's credentials. Until the client has proved itself, all that can be wrong with its proof reads alike.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientAuthError {
    /// RFC 6749 §2.3: "The client MUST NOT use more than one authentication method in each request."
    #[error("more than one kind of client authentication was sent; send one")]
    SeveralMethods,
    /// No `client_id` anywhere.
    #[error("no client is named; send client_id, or HTTP Basic credentials")]
    NobodyNamed,
    /// Header and form name different clients.
    #[error("client_id in the form is not the client of the Authorization header")]
    TwoNames,
    /// The header cannot be read.
    #[error(transparent)]
    Basic(#[from] MalformedBasic),
    /// RFC 7523 §2.2.
    #[error("client_assertion_type is not urn:ietf:params:oauth:client-assertion-type:jwt-bearer")]
    AssertionType,
    /// Nobody registered by this id.
    #[error("{NOT_PROVEN}")]
    UnknownClient,
    /// Another secret than those registered.
    #[error("{NOT_PROVEN}")]
    WrongSecret,
    /// RFC 9700 §2.5: the registered method, and no weaker one.
    #[error("{NOT_PROVEN}")]
    AnotherMethod,
    /// The assertion's signature or form.
    #[error("{NOT_PROVEN}")]
    Assertion(VerifyError),
    /// The assertion's `typ` says that it is some other kind of token (RFC 8725 §3.11).
    #[error("client_assertion: its `typ` names another kind of token")]
    AssertionKind,
    /// The assertion's claims.
    #[error("client_assertion: {0}")]
    AssertionClaims(#[from] AssertionRefusal),
    /// RFC 7523 §3 (7): used before.
    #[error("client_assertion: its `jti` was used before; make a new assertion for each request")]
    AssertionReplayed,
    /// RFC 6749 §3.2: a form, unless the client is registered for more.
    #[error(
        "the request is JSON, for which this client is not registered; send application/x-www-form-urlencoded"
    )]
    JsonNotRegistered,
    /// The database does not answer.
    #[error("the database does not answer")]
    Store(#[from] StoreError),
}

impl ClientAuthError {
    /// The protocol's word for it (RFC 6749 §5.2).
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::SeveralMethods | Self::TwoNames | Self::JsonNotRegistered => ErrorCode::InvalidRequest,
            Self::NobodyNamed
            | Self::Basic(_)
            | Self::AssertionType
            | Self::UnknownClient
            | Self::WrongSecret
            | Self::AnotherMethod
            | Self::Assertion(_)
            | Self::AssertionKind
            | Self::AssertionClaims(_)
            | Self::AssertionReplayed => ErrorCode::InvalidClient,
            Self::Store(error) => error.code(),
        }
    }
}

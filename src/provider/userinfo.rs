//! The userinfo endpoint (OpenID Connect Core §5.3): what a client may know of the person who is behind an access token.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::keys::keyring::{Keyring, SignError};
use crate::model::claim_scopes::ClaimScopes;
use crate::model::registry::Registry;
use crate::oauth::error::ErrorCode;
use crate::oauth::scope::OPENID;
use crate::provider::liveness::{Liveness, Standing};
use crate::secret::Secret;
use crate::store::accounts;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::time::Timestamp;
use crate::tokens::claims::released;
use crate::tokens::presented::Presented;
use crate::tokens::subject::subject;

/// What is answered.
#[derive(Clone, Debug, PartialEq)]
pub enum UserInfo {
    /// Plain.
    Json(Map<String, Value>),
    /// Signed, because the client registered `userinfo_signed_response_alg`.
    Jwt(String),
}

/// Why nothing is told.
#[derive(Debug, thiserror::Error)]
pub enum UserInfoError {
    /// RFC 6750 §3.1: no token at all; then no error code is told either.
    #[error("an access token is needed")]
    NoToken,
    /// RFC 6750 §2: one way, once.
    #[error("send the access token one way: in the Authorization header or in the form")]
    SeveralTokens,
    /// Unknown, expired, revoked, or not an access token.
    #[error("the access token is unknown, has expired or was revoked")]
    InvalidToken,
    /// OpenID Connect Core §5.3.1: it must be for `openid`.
    #[error("the access token was not granted the scope openid")]
    InsufficientScope,
    /// The legacy system has said nothing of the person for too long.
    #[error("the legacy system has said nothing of this person for too long")]
    LegacySilent,
    /// Nothing could be signed.
    #[error("the answer could not be signed")]
    Sign(#[from] SignError),
    /// The database does not answer.
    #[error("the database does not answer")]
    Store(#[from] StoreError),
}

impl UserInfoError {
    /// The protocol's word for it (RFC 6750 §3.1).
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::SeveralTokens => ErrorCode::InvalidRequest,
            Self::NoToken | Self::InvalidToken => ErrorCode::InvalidToken,
            Self::InsufficientScope => ErrorCode::InsufficientScope,
            Self::LegacySilent => ErrorCode::TemporarilyUnavailable,
            Self::Sign(_) => ErrorCode::ServerError,
            Self::Store(error) => error.code(),
        }
    }
}

/// The endpoint.
#[derive(Clone)]
pub struct UserInfoEndpoint {
    /// Opens the token.
    pub presented: Presented,
    /// Where accounts are.
    pub db: Db,
    /// Whose settings count.
    pub registry: Registry,
    /// Signs, for clients that want it.
    pub keyring: Keyring,
    /// `iss` of a signed answer.
    pub issuer: Arc<str>,
    /// Which scope stands for which claims.
    pub scopes: Arc<ClaimScopes>,
    /// Asks the legacy system whether the person is still good.
    pub liveness: Liveness,
}

impl UserInfoEndpoint {
    /// Tells what the token allows.
    ///
    /// # Errors
    /// [`UserInfoError`].
    pub async fn answer(&self, token: &Secret, now: Timestamp) -> Result<UserInfo, UserInfoError> {
        let live = self.presented.open(token.expose(), now).await?.ok_or(UserInfoError::InvalidToken)?;
        let granted = live.authorization;
        if !granted.scope.contains(OPENID) {
            return Err(UserInfoError::InsufficientScope);
        }
        let person = granted.person.as_ref().ok_or(UserInfoError::InsufficientScope)?;
        let client = self.registry.client(&granted.client).ok_or(UserInfoError::InvalidToken)?;
        let account = accounts::find(&self.db, &person.account).await?.ok_or(UserInfoError::InvalidToken)?;
        match self.liveness.of(&account, now).await? {
            Standing::Good => {}
            Standing::Over | Standing::Unasked => return Err(UserInfoError::InvalidToken),
            Standing::Stale => return Err(UserInfoError::LegacySilent),
        }
        let mut claims = Map::new();
        // OpenID Connect Core §5.3.2: always, and the same as in the ID token.
        claims.insert("sub".to_owned(), subject(&client, &account).into());
        claims.extend(released(&client, &account, &granted.scope, &granted.claims.userinfo, &self.scopes));
        let Some(algorithm) = client.userinfo_signed_response_alg else { return Ok(UserInfo::Json(claims)) };
        // §5.3.2: a signed answer says who made it and for whom.
        claims.insert("iss".to_owned(), self.issuer.as_ref().into());
        claims.insert("aud".to_owned(), client.id.as_str().into());
        Ok(UserInfo::Jwt(self.keyring.sign(algorithm, "JWT", &claims).await?))
    }
}

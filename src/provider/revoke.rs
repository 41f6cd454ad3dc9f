//! Token revocation (RFC 7009): a refresh token takes its whole family along, an access token goes alone.

use tracing::info;

use crate::model::client::Client;
use crate::model::token_family::{RevocationReason, TokenFamily};
use crate::oauth::error::ErrorCode;
use crate::oauth::token_request::{MalformedTokenRequest, TokenInquiry};
use crate::provider::client_auth::authenticate::ClientAuth;
use crate::provider::client_auth::credentials::Credentials;
use crate::provider::client_auth::error::ClientAuthError;
use crate::secret::Digest;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::{opaque_tokens, revoked_tokens, token_families};
use crate::time::Timestamp;
use crate::tokens::presented::{LiveAccess, Presented};
use crate::tokens::refresh;

/// Why nothing was revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevocationError {
    /// The client did not prove itself.
    #[error(transparent)]
    Client(#[from] ClientAuthError),
    /// The request cannot be read.
    #[error(transparent)]
    Malformed(#[from] MalformedTokenRequest),
    /// RFC 7009 §2.1: "If this validation fails, the request is refused and the client is informed of the error".
    #[error("the token was issued to another client")]
    AnotherClient,
    /// The database does not answer.
    #[error("the database does not answer")]
    Store(#[from] StoreError),
}

impl RevocationError {
    /// The protocol's word for it (RFC 7009 §2.2.1, RFC 6749 §5.2).
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Client(error) => error.code(),
            Self::Malformed(_) => ErrorCode::InvalidRequest,
            Self::AnotherClient => ErrorCode::InvalidGrant,
            Self::Store(error) => error.code(),
        }
    }
}

/// The endpoint.
#[derive(Clone)]
pub struct RevocationEndpoint {
    /// Who asks.
    pub clients: ClientAuth,
    /// Opens access tokens.
    pub presented: Presented,
    /// Where it is written.
    pub db: Db,
}

impl RevocationEndpoint {
    /// Revokes a token. One that is unknown or dead already is no error (RFC 7009 §2.2): the client has what it wanted.
    ///
    /// # Errors
    /// [`RevocationError`].
    pub async fn answer(
        &self,
        credentials: &Credentials,
        request: Result<TokenInquiry, MalformedTokenRequest>,
        now: Timestamp,
    ) -> Result<(), RevocationError> {
        let authenticated = self.clients.authenticate(credentials, now).await?;
        let client = authenticated.client();
        let token = request?.token;
        // The two kinds cannot be taken for one another, so `token_type_hint` has nothing to tell (RFC 7009 §2.1: it may be ignored).
        match refresh::handle_of(token.expose()) {
            Some(handle) => match token_families::find_by_handle(&self.db, &handle).await? {
                Some(family) => self.refresh_token(client, family, now).await,
                None => Ok(()),
            },
            None => match self.presented.open(token.expose(), now).await? {
                Some(live) => self.access_token(client, live, Digest::of(token.expose()), now).await,
                None => Ok(()),
            },
        }
    }

    /// RFC 7009 §2.1: the access tokens of the same grant end with it.
    async fn refresh_token(
        &self,
        client: &Client,
        family: TokenFamily,
        now: Timestamp,
    ) -> Result<(), RevocationError> {
        if family.authorization.client != client.id {
            return Err(RevocationError::AnotherClient);
        }
        let id = family.id.clone();
        let revoke = self.db.write(move |tx| {
            Box::pin(async move { token_families::revoke(tx, &id, RevocationReason::ByClient, now).await })
        });
        if revoke.await? {
            info!(client.id = %client.id, family.id = %family.id, "{} revoked family {}", client.id, family.id);
        }
        Ok(())
    }

    async fn access_token(
        &self,
        client: &Client,
        live: LiveAccess,
        digest: Digest,
        now: Timestamp,
    ) -> Result<(), RevocationError> {
        if live.authorization.client != client.id {
            return Err(RevocationError::AnotherClient);
        }
        let LiveAccess { jti, expires_at, .. } = live;
        let revoke = self.db.write(move |tx| {
            Box::pin(async move {
                match &jti {
                    Some(jti) => revoked_tokens::insert(tx, jti, expires_at, now).await,
                    // The record goes; its name stays for whoever kept a verdict on it.
                    None => {
                        revoked_tokens::insert(tx, &digest.to_text(), expires_at, now).await?;
                        opaque_tokens::revoke(tx, &digest).await
                    }
                }
            })
        });
        if revoke.await? {
            info!(client.id = %client.id, "{} revoked an access token", client.id);
        }
        Ok(())
    }
}

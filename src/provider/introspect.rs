//! Token introspection (RFC 7662).
//!
//! # Who is told
//! The client that a token was issued to, and the clients by which an API that the token is for asks (`introspected_by`). Everybody
//! else hears what is said of a token that does not exist (RFC 7662 §2.2): whoever could ask about any token could try stolen ones.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::model::authorization::Authorization;
use crate::model::client::Client;
use crate::model::registry::Registry;
use crate::model::token_family::TokenFamily;
use crate::oauth::error::ErrorCode;
use crate::oauth::scope::Scope;
use crate::oauth::token_request::{MalformedTokenRequest, TokenInquiry};
use crate::provider::client_auth::authenticate::ClientAuth;
use crate::provider::client_auth::credentials::Credentials;
use crate::provider::client_auth::error::ClientAuthError;
use crate::rules::rotation::{Decision, decide};
use crate::secret::Digest;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::{accounts, token_families};
use crate::time::Timestamp;
use crate::tokens::access::OneOrMany;
use crate::tokens::presented::{LiveAccess, Presented};
use crate::tokens::refresh;
use crate::tokens::subject::subject_at;

/// What is said of a token (RFC 7662 §2.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Introspection {
    /// Whether it is good.
    pub active: bool,
    /// What it is told of a good one.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenDescription>,
}

/// What is said of a good one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenDescription {
    /// `scope`; an empty one has no spelling (RFC 6749 §3.3).
    #[serde(skip_serializing_if = "Scope::is_empty")]
    pub scope: Scope,
    /// `client_id`.
    pub client_id: String,
    /// `username`: what the person signs in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// `token_type`; none for a refresh token, which is no bearer of anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    /// `exp`.
    pub exp: i64,
    /// `iat`.
    pub iat: i64,
    /// `sub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// `aud`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aud: Option<OneOrMany>,
    /// `iss`.
    pub iss: String,
    /// `jti`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// `sid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// `auth_time` (RFC 9470 §6.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// `acr` (RFC 9470 §6.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
}

/// Why nothing is said.
#[derive(Debug, thiserror::Error)]
pub enum IntrospectionError {
    /// The client did not prove itself.
    #[error(transparent)]
    Client(#[from] ClientAuthError),
    /// RFC 7662 §2.1: the endpoint is for those who can prove who they are.
    #[error("a public client cannot introspect tokens")]
    PublicClient,
    /// The request cannot be read.
    #[error(transparent)]
    Malformed(#[from] MalformedTokenRequest),
    /// The database does not answer.
    #[error("the database does not answer")]
    Store(#[from] StoreError),
}

impl IntrospectionError {
    /// The protocol's word for it (RFC 7662 §2.3).
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Client(error) => error.code(),
            Self::PublicClient => ErrorCode::InvalidClient,
            Self::Malformed(_) => ErrorCode::InvalidRequest,
            Self::Store(error) => error.code(),
        }
    }
}

/// The endpoint.
#[derive(Clone)]
pub struct IntrospectionEndpoint {
    /// Who asks.
    pub clients: ClientAuth,
    /// Opens access tokens.
    pub presented: Presented,
    /// Where families and accounts are.
    pub db: Db,
    /// Which API asks by which client.
    pub registry: Registry,
    /// `iss`.
    pub issuer: Arc<str>,
}

impl IntrospectionEndpoint {
    /// Says what a token means.
    ///
    /// # Errors
    /// [`IntrospectionError`]; a token that is no good is no error.
    pub async fn answer(
        &self,
        credentials: &Credentials,
        request: Result<TokenInquiry, MalformedTokenRequest>,
        now: Timestamp,
    ) -> Result<Introspection, IntrospectionError> {
        let authenticated = self.clients.authenticate(credentials, now).await?;
        let asker = authenticated.client();
        if asker.is_public() {
            return Err(IntrospectionError::PublicClient);
        }
        let token = request?.token;
        let described = match refresh::handle_of(token.expose()) {
            Some(handle) => self.refresh_token(asker, &handle, &Digest::of(token.expose()), now).await?,
            None => self.access_token(asker, token.expose(), now).await?,
        };
        Ok(Introspection { active: described.is_some(), token: described })
    }

    async fn access_token(
        &self,
        asker: &Client,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<TokenDescription>, StoreError> {
        let Some(live) = self.presented.open(token, now).await? else { return Ok(None) };
        if !self.may_know(asker, &live.authorization) {
            return Ok(None);
        }
        let LiveAccess { authorization, jti, subject, issued_at, expires_at, .. } = live;
        let mut described = self.described(&authorization, issued_at, expires_at).await?;
        if let Some(described) = &mut described {
            described.token_type = Some("Bearer");
            described.jti = jti;
            described.aud = Some(OneOrMany::of(&authorization.audiences, &self.registry, &self.issuer));
            described.sub = subject.or(described.sub.take());
        }
        Ok(described)
    }

    /// Only to its own client: nobody else ever has a use for a refresh token. It is good when it is the one that would be replaced.
    async fn refresh_token(
        &self,
        asker: &Client,
        handle: &Digest,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<TokenDescription>, StoreError> {
        let family = token_families::find_by_handle(&self.db, handle).await?;
        let good =
            |family: &TokenFamily| decide(family, &asker.id, digest, Duration::ZERO, now) == Decision::Rotate;
        let Some(family) = family.filter(good) else { return Ok(None) };
        let Some(refresh) = &family.refresh else { return Ok(None) };
        let expires_at = refresh.idle_expires_at.min(family.expires_at);
        self.described(&family.authorization, refresh.rotated_at, expires_at).await
    }

    fn may_know(&self, asker: &Client, token: &Authorization) -> bool {
        let asks_for =
            |name| self.registry.api(name).is_some_and(|api| api.introspected_by.contains(&asker.id));
        token.client == asker.id || token.audiences.iter().any(asks_for)
    }

    async fn described(
        &self,
        granted: &Authorization,
        issued_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Option<TokenDescription>, StoreError> {
        let account = match &granted.person {
            None => None,
            Some(person) => match accounts::find(&self.db, &person.account).await? {
                Some(account) => Some(account),
                None => return Ok(None),
            },
        };
        let Some(client) = self.registry.client(&granted.client) else { return Ok(None) };
        let person = granted.person.as_ref();
        Ok(Some(TokenDescription {
            scope: granted.scope.clone(),
            client_id: client.id.to_string(),
            sub: Some(account.as_ref().map_or_else(
                || client.id.to_string(),
                |account| subject_at(self.registry.apis_of(&granted.audiences), &client, account),
            )),
            username: account.map(|account| account.user_name),
            token_type: None,
            exp: expires_at.as_seconds(),
            iat: issued_at.as_seconds(),
            aud: None,
            iss: self.issuer.to_string(),
            jti: None,
            sid: person.map(|person| person.session.to_string()),
            auth_time: person.map(|person| person.auth_time.as_seconds()),
            acr: person.map(|person| person.acr.clone()),
        }))
    }
}

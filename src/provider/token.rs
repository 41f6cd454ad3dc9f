//! The token endpoint's pipeline: it owns the steps that all grants share, so that no grant can forget one.
//!
//! Authenticate the client -> may it use this grant -> what was granted -> narrow it to this token -> sign -> commit -> answer.
//!
//! # Why signatures come before the commit
//! What is committed is answered at once, with nothing left that can fail: a code that was redeemed without an answer would be lost
//! to its client. The price is a signature that is thrown away when two requests race for the same code.

use crate::model::authorization::Authorization;
use crate::model::client::Client;
use crate::model::registry::Registry;
use crate::oauth::response::{TokenResponse, TokenType};
use crate::oauth::scope::OPENID;
use crate::oauth::token_request::{GrantRequest, MalformedTokenRequest, TokenRequest};
use crate::provider::client_auth::authenticate::ClientAuth;
use crate::provider::client_auth::credentials::Credentials;
use crate::provider::grant::authorization_code::CodeGrant;
use crate::provider::grant::client_credentials;
use crate::provider::grant::granted::Granted;
use crate::provider::grant::refresh_token::RefreshGrant;
use crate::provider::grant::settlement::Settled;
use crate::provider::token_error::TokenError;
use crate::rules::scope::narrow;
use crate::secret::Secret;
use crate::store::db::Db;
use crate::time::Timestamp;
use crate::tokens::access::{AccessTokens, Bearer, MintedAccess};
use crate::tokens::identity::{IdTokens, Sitting};

/// How often a refresh that lost a race is looked at again; then its answer is given again, or it is a theft.
const TRIES: usize = 3;

/// The token endpoint.
#[derive(Clone)]
pub struct TokenEndpoint {
    /// Who asks.
    pub clients: ClientAuth,
    /// The APIs that tokens are for.
    pub registry: Registry,
    /// Where what changes is committed.
    pub db: Db,
    /// For codes.
    pub code: CodeGrant,
    /// For refresh tokens.
    pub refresh: RefreshGrant,
    /// Mints access tokens.
    pub access_tokens: AccessTokens,
    /// Mints ID tokens.
    pub id_tokens: IdTokens,
}

impl TokenEndpoint {
    /// Answers a token request.
    ///
    /// # Errors
    /// [`TokenError`], which tells the client what was wrong.
    pub async fn answer(
        &self,
        credentials: &Credentials,
        request: Result<TokenRequest, MalformedTokenRequest>,
        now: Timestamp,
    ) -> Result<TokenResponse, TokenError> {
        let authenticated = self.clients.authenticate(credentials, now).await?;
        let client = authenticated.client();
        let request = request?;
        if !client.grant_types.contains(&request.grant.grant_type()) {
            return Err(TokenError::GrantNotRegistered);
        }
        for _ in 0..TRIES {
            let granted = self.grant(client, &request.grant, now).await?;
            let answer = self.issue(client, granted, &request, now).await?;
            if let Some(answer) = answer {
                return Ok(answer);
            }
        }
        Err(TokenError::Raced)
    }

    async fn grant(
        &self,
        client: &Client,
        request: &GrantRequest,
        now: Timestamp,
    ) -> Result<Granted, TokenError> {
        match request {
            GrantRequest::AuthorizationCode(request) => self.code.authorize(client, request, now).await,
            GrantRequest::RefreshToken(request) => self.refresh.authorize(client, request, now).await,
            GrantRequest::ClientCredentials(_) => Ok(client_credentials::authorize(client, &self.registry)),
        }
    }

    /// Signs, commits and answers; `None` when another request rotated the same refresh token in this moment.
    async fn issue(
        &self,
        client: &Client,
        granted: Granted,
        request: &TokenRequest,
        now: Timestamp,
    ) -> Result<Option<TokenResponse>, TokenError> {
        let asked = request.grant.scope();
        let narrowed = narrow(&granted.authorization, asked, &request.targets, self.registry.apis())?;
        let token = Authorization {
            scope: narrowed.scope,
            audiences: narrowed.audiences,
            ..granted.authorization.clone()
        };
        let access = self.access_token(client, &granted, &token, now).await?;
        let id_token = self.id_token(client, &granted, &token, &access.token, now).await?;
        match granted.settlement.commit(&self.db, access.record, now).await? {
            Settled::Done => Ok(Some(TokenResponse {
                access_token: access.token,
                token_type: TokenType::Bearer,
                expires_in: access.lifetime.map(|lifetime| lifetime.as_secs()),
                refresh_token: granted.refresh_token,
                id_token,
                scope: token.scope,
            })),
            Settled::CodeSpent => Err(TokenError::CodeSpent),
            Settled::SessionOver => Err(TokenError::SessionOver),
            Settled::CodeGone => Err(TokenError::CodeUnknown),
            Settled::Raced => Ok(None),
        }
    }

    async fn access_token(
        &self,
        client: &Client,
        granted: &Granted,
        token: &Authorization,
        now: Timestamp,
    ) -> Result<MintedAccess, TokenError> {
        let bearer = granted.person.as_ref().map_or(Bearer::Client, |person| Bearer::Person {
            account: &person.account,
            family: &person.family,
            generation: person.generation,
        });
        Ok(self.access_tokens.mint(client, token, bearer, now).await?)
    }

    /// OpenID Connect Core §3.1.3.3: with `openid`, and about a person.
    async fn id_token(
        &self,
        client: &Client,
        granted: &Granted,
        token: &Authorization,
        access_token: &Secret,
        now: Timestamp,
    ) -> Result<Option<Secret>, TokenError> {
        let Some(person) = granted.person.as_ref().filter(|_| token.scope.contains(OPENID)) else {
            return Ok(None);
        };
        let sitting = Sitting {
            client,
            account: &person.account,
            person: &person.authenticated,
            granted: token,
            nonce: granted.nonce.as_deref(),
            access_token,
        };
        Ok(Some(self.id_tokens.mint(sitting, now).await?))
    }
}

//! ID tokens: who signed in, said to one client (OpenID Connect Core §2).

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::keys::keyring::{Keyring, SignError};
use crate::keys::left_half_hash::left_half_hash;
use crate::model::account::Account;
use crate::model::authorization::{Authenticated, Authorization};
use crate::model::claim_scopes::ClaimScopes;
use crate::model::client::{Client, ScopeClaims};
use crate::oauth::scope::Scope;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::tokens::claims::released;
use crate::tokens::subject::subject;

/// Mints ID tokens.
#[derive(Clone)]
pub struct IdTokens {
    /// Signs them.
    pub keyring: Keyring,
    /// `iss`.
    pub issuer: Arc<str>,
    /// Which scope stands for which claims.
    pub scopes: Arc<ClaimScopes>,
}

/// What an ID token is made of.
#[derive(Clone, Copy, Debug)]
pub struct Sitting<'a> {
    /// For whom.
    pub client: &'a Client,
    /// About whom.
    pub account: &'a Account,
    /// When and how they signed in.
    pub person: &'a Authenticated,
    /// What was granted.
    pub granted: &'a Authorization,
    /// `nonce` of the authorization request; none at a refresh (OpenID Connect Core §12.2).
    pub nonce: Option<&'a str>,
    /// The access token that goes beside it.
    pub access_token: &'a Secret,
}

#[derive(Serialize)]
struct IdClaims<'a> {
    iss: &'a str,
    sub: String,
    aud: &'a str,
    exp: i64,
    iat: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    acr: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    amr: &'a [String],
    at_hash: String,
    sid: &'a str,
    #[serde(flatten)]
    person: Map<String, Value>,
}

impl IdTokens {
    /// An ID token. There is no `azp`: it has one audience, the client itself (OpenID Connect Core §2).
    ///
    /// # Errors
    /// [`SignError`].
    pub async fn mint(&self, sitting: Sitting<'_>, now: Timestamp) -> Result<Secret, SignError> {
        let Sitting { client, account, person, granted, nonce, access_token } = sitting;
        let algorithm = client.id_token.algorithm;
        // OpenID Connect Core §5.4: by scope at userinfo, unless the client's library never asks there.
        let nothing = Scope::default();
        let scope = match client.id_token.scope_claims {
            ScopeClaims::UserInfo => &nothing,
            ScopeClaims::IdTokenToo => &granted.scope,
        };
        let claims = IdClaims {
            iss: &self.issuer,
            sub: subject(client, account),
            aud: client.id.as_str(),
            exp: (now + client.lifetimes.id_token).as_seconds(),
            iat: now.as_seconds(),
            auth_time: person.auth_time.as_seconds(),
            nonce,
            acr: &person.acr,
            amr: &person.amr,
            at_hash: left_half_hash(algorithm, access_token.expose()),
            sid: person.session.as_str(),
            person: released(client, account, scope, &granted.claims.id_token, &self.scopes),
        };
        self.keyring.sign(algorithm, "JWT", &claims).await.map(Secret::from)
    }
}

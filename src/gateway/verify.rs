//! Whose token it is: a bearer token, the bridge's own or another issuer's, becomes a [`Caller`], or nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::gateway::caller::{Bonds, Caller, Issuer};
use crate::gateway::issuers::claimed::Claimed;
use crate::gateway::issuers::error::IssuerError;
use crate::gateway::issuers::trusted::Issuers;
use crate::gateway::verdicts::Verdicts;
use crate::id::{ClientId, ConnectorId};
use crate::model::account::Account;
use crate::model::authorization::Authorization;
use crate::model::registry::Registry;
use crate::secret::{Digest, Secret};
use crate::store::accounts;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::time::Timestamp;
use crate::tokens::presented::{LiveAccess, Presented};

/// Verifies tokens.
#[derive(Clone)]
pub struct Verifier {
    /// Opens the bridge's own.
    pub presented: Presented,
    /// Where accounts are.
    pub db: Db,
    /// Which clients have service accounts.
    pub registry: Registry,
    /// What is known of tokens that were seen.
    pub verdicts: Verdicts,
    /// Who has which roles.
    pub roles: Arc<Roles>,
    /// Whose tokens are taken besides.
    pub issuers: Issuers,
    /// The legacy system whose people their tokens stand for.
    pub connector: ConnectorId,
}

/// Why nobody is known to be behind a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unverified {
    /// It is unknown, over or revoked.
    Unknown,
    /// Another issuer's, and not taken.
    Foreign(IssuerError),
    /// The database does not answer.
    Store(StoreError),
}

impl From<StoreError> for Unverified {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<IssuerError> for Unverified {
    fn from(error: IssuerError) -> Self {
        match error {
            IssuerError::Store(error) => Self::Store(error),
            IssuerError::Unknown => Self::Unknown,
            other => Self::Foreign(other),
        }
    }
}

/// Who issued a token, by its own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Ours,
    Theirs,
    Nothing,
}

/// Who has which roles.
#[derive(Clone, Debug)]
pub struct Roles {
    /// The claim of a person that holds them.
    pub claim: String,
    /// Those of clients that act for themselves.
    pub of_clients: BTreeMap<ClientId, Vec<String>>,
}

impl Verifier {
    /// Who is behind `token`.
    ///
    /// # Errors
    /// [`Unverified`], when that is nobody or cannot be known.
    pub async fn caller(&self, token: &Secret, now: Timestamp) -> Result<Arc<Caller>, Unverified> {
        let digest = Digest::of(token.expose());
        if let Some(caller) = self.verdicts.find(&digest, now).await? {
            return Ok(caller);
        }
        // The rare way, and a long one: boxed, so that the others do not carry it along.
        Box::pin(self.opened(token, &digest, now)).await
    }

    async fn opened(
        &self,
        token: &Secret,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Arc<Caller>, Unverified> {
        let says = self.says(token);
        if says != Says::Theirs
            && let Some(live) = self.presented.open(token.expose(), now).await?
        {
            let caller = Arc::new(self.ours(live, digest).await?);
            self.verdicts.keep(digest, caller.clone());
            return Ok(caller);
        }
        if says == Says::Ours {
            return Err(Unverified::Unknown);
        }
        let foreign = self.issuers.caller(token, &self.connector, now).await?;
        let caller = Arc::new(foreign.caller);
        // Whoever remembers a token for one request lets it in twice.
        if !foreign.once {
            self.verdicts.keep(digest, caller.clone());
        }
        Ok(caller)
    }

    fn says(&self, token: &Secret) -> Says {
        if self.issuers.is_empty() {
            return Says::Ours;
        }
        match Claimed::of(token.expose()) {
            Claimed::Jwt(claims) => match claims.get("iss").and_then(Value::as_str) {
                Some(iss) if iss == &*self.presented.issuer => Says::Ours,
                _ => Says::Theirs,
            },
            Claimed::Encrypted | Claimed::Nothing => Says::Theirs,
            Claimed::Opaque => Says::Nothing,
        }
    }

    /// A machine's; whoever speaks for a person is that person everywhere.
    fn service_account(&self, authorization: &Authorization) -> Option<String> {
        let client =
            self.registry.client(&authorization.client).filter(|_| authorization.person.is_none())?;
        client.service_account.as_ref().map(ToString::to_string)
    }

    async fn ours(&self, live: LiveAccess, digest: &Digest) -> Result<Caller, StoreError> {
        let LiveAccess { authorization, family, jti, subject, expires_at, .. } = live;
        let account = match &authorization.person {
            Some(person) => accounts::find(&self.db, &person.account).await?,
            None => None,
        };
        let service_account = self.service_account(&authorization);
        let (session, acr, auth_time) = match authorization.person {
            Some(person) => (Some(person.session), Some(person.acr), Some(person.auth_time)),
            None => (None, None, None),
        };
        let subject = subject.unwrap_or_else(|| {
            account
                .as_ref()
                .map_or_else(|| authorization.client.to_string(), |account| account.id.to_string())
        });
        Ok(Caller {
            issuer: Issuer::Ours,
            audiences: authorization.audiences.iter().map(ToString::to_string).collect(),
            service_account,
            roles: self.roles.of(account.as_ref(), &authorization.client),
            client: authorization.client,
            subject,
            scope: authorization.scope,
            acr,
            auth_time,
            expires_at,
            bonds: Bonds {
                session,
                family: family.map(|family| family.id),
                token: Some(jti.unwrap_or_else(|| digest.to_text())),
            },
            user_name: account.as_ref().map(|account| account.user_name.clone()),
            claims: account.as_ref().map(|account| account.claims.clone()).unwrap_or_default(),
            account: account.map(|account| account.id),
        })
    }
}

impl Roles {
    /// Those of a person, or of the client that acts for itself.
    pub fn of(&self, account: Option<&Account>, client: &ClientId) -> Vec<String> {
        match account {
            Some(account) => account.claims.get(&self.claim).map(listed).unwrap_or_default(),
            None => self.of_clients.get(client).cloned().unwrap_or_default(),
        }
    }
}

/// A list of texts, or one text that is one role.
fn listed(claim: &Value) -> Vec<String> {
    match claim {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

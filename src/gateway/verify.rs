//! Whose token it is: a bearer token becomes a [`Caller`], or nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::gateway::caller::{Bonds, Caller, Issuer};
use crate::gateway::verdicts::Verdicts;
use crate::id::ClientId;
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
    /// Who is behind `token`; nobody when it is unknown, over or revoked.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn caller(&self, token: &Secret, now: Timestamp) -> Result<Option<Arc<Caller>>, StoreError> {
        let digest = Digest::of(token.expose());
        if let Some(caller) = self.verdicts.find(&digest, now).await? {
            return Ok(Some(caller));
        }
        // The rare way, and a long one: boxed, so that the others do not carry it along.
        Box::pin(self.opened(token, &digest, now)).await
    }

    async fn opened(
        &self,
        token: &Secret,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<Arc<Caller>>, StoreError> {
        let Some(live) = self.presented.open(token.expose(), now).await? else { return Ok(None) };
        let caller = Arc::new(self.ours(live, digest).await?);
        self.verdicts.keep(digest, caller.clone());
        Ok(Some(caller))
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

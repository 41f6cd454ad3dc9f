//! What the gateway would do with a request of somebody, for an operator who wonders. Nobody is called, and nothing is written.

use std::sync::Arc;

use crate::gateway::caller::{Bonds, Caller, Issuer};
use crate::gateway::explain::{Explanation, explain};
use crate::gateway::route::Routes;
use crate::gateway::verify::Roles;
use crate::id::ClientId;
use crate::model::account::Account;
use crate::model::client::Client;
use crate::model::registry::Registry;
use crate::oauth::scope::Scope;
use crate::store::accounts;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::time::Timestamp;

/// Explains.
#[derive(Clone, Debug)]
pub struct Explain {
    /// Where people are.
    pub db: Db,
    /// Which clients there are.
    pub registry: Registry,
    /// The routes.
    pub routes: Routes,
    /// Who has which roles.
    pub roles: Arc<Roles>,
    /// `acr` of a sign-in.
    pub acr: &'static str,
}

/// Whose request it would be.
#[derive(Clone, Debug)]
pub struct Supposed {
    /// The app.
    pub client: ClientId,
    /// What the person signs in with; nobody when the client acts for itself.
    pub user_name: Option<String>,
    /// What the token would be granted; all that the client may have without it.
    pub scope: Option<Scope>,
}

/// Why nothing can be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// There is no such client.
    #[error("no [[client]] has the id {0}")]
    Client(ClientId),
    /// The person never signed in here, so neither claims nor legacy tokens are known.
    #[error("nobody has signed in as {0} yet")]
    Nobody(String),
    /// Several people have the name.
    #[error("several people have signed in as {0}")]
    Several(String),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Explain {
    /// What would become of `method` on `path`, whole with its prefix, if its sender had signed in a moment ago.
    ///
    /// # Errors
    /// [`ExplainError`].
    pub async fn answer(
        &self,
        (method, path): (&str, &str),
        supposed: &Supposed,
        now: Timestamp,
    ) -> Result<Explanation, ExplainError> {
        let client = self.registry.client(&supposed.client);
        let client = client.ok_or_else(|| ExplainError::Client(supposed.client.clone()))?;
        let account = match &supposed.user_name {
            Some(name) => Some(self.account(name).await?),
            None => None,
        };
        let caller = self.caller(&client, account, supposed, now);
        Ok(explain(&self.routes, (method, path), &caller, now))
    }

    async fn account(&self, name: &str) -> Result<Account, ExplainError> {
        let mut found = accounts::list_by_user_name(&self.db, name).await?.into_iter();
        let account = found.next().ok_or_else(|| ExplainError::Nobody(name.to_owned()))?;
        if found.next().is_some() { Err(ExplainError::Several(name.to_owned())) } else { Ok(account) }
    }

    fn caller(
        &self,
        client: &Client,
        account: Option<Account>,
        supposed: &Supposed,
        now: Timestamp,
    ) -> Caller {
        Caller {
            issuer: Issuer::Ours,
            audiences: client.audiences.iter().map(ToString::to_string).collect(),
            service_account: client
                .service_account
                .as_ref()
                .filter(|_| account.is_none())
                .map(ToString::to_string),
            client: client.id.clone(),
            subject: account.as_ref().map_or_else(|| client.id.to_string(), |account| account.id.to_string()),
            scope: supposed.scope.clone().unwrap_or_else(|| client.scope.clone()),
            roles: self.roles.of(account.as_ref(), &client.id),
            acr: account.as_ref().map(|_| self.acr.to_owned()),
            auth_time: account.as_ref().map(|_| now),
            expires_at: now + client.lifetimes.access_token,
            bonds: Bonds::default(),
            user_name: account.as_ref().map(|account| account.user_name.clone()),
            claims: account.as_ref().map(|account| account.claims.clone()).unwrap_or_default(),
            account: account.map(|account| account.id),
        }
    }
}

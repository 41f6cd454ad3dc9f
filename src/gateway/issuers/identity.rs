//! Whom another issuer's token stands for here: a person who has an account and legacy tokens in the vault, or a service account. Nobody is
//! made up: who has never signed in has to do that once.

use serde_json::Value;

use super::error::IssuerError;
use super::foreign_token::ForeignToken;
use super::trusted::{Issuers, tell};
use crate::gateway::caller::{Bonds, Caller, Issuer};
use crate::id::{ClientId, ConnectorId};
use crate::model::account::Account;
use crate::rules::foreign_identity::{Facts, Identity, identify};
use crate::secret::Secret;
use crate::store::{accounts, legacy_grants};
use crate::time::Timestamp;

/// Who calls with another issuer's token.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignCaller {
    /// Who.
    pub caller: Caller,
    /// Whether the token is good for one request only, so that nobody may remember it.
    pub once: bool,
}

/// Whom a token stands for.
enum LegacyIdentity {
    Person(Account),
    ServiceAccount(String),
}

impl Issuers {
    /// Who calls with `token`, in the legacy system called `connector`.
    ///
    /// # Errors
    /// [`IssuerError`].
    pub async fn caller(
        &self,
        token: &Secret,
        connector: &ConnectorId,
        now: Timestamp,
    ) -> Result<ForeignCaller, IssuerError> {
        let token = self.verify(token, now).await?;
        let identity = self.identity_of(&token, connector).await;
        if let Err(error) = &identity {
            tell(error);
        }
        let once = token.once;
        Ok(ForeignCaller { caller: caller(token, identity?), once })
    }

    async fn identity_of(
        &self,
        token: &ForeignToken,
        connector: &ConnectorId,
    ) -> Result<LegacyIdentity, IssuerError> {
        let facts = Facts {
            client: token.client.as_deref(),
            subject: &token.subject,
            roles: &token.roles,
            claims: &token.claims,
        };
        let account = match identify(self.identity_rules(&token.issuer), facts).ok_or(IssuerError::Nobody)? {
            Identity::ServiceAccount(name) => return Ok(LegacyIdentity::ServiceAccount(name)),
            Identity::LegacyId(id) => accounts::find_by_legacy_id(self.db(), connector, &id).await?,
            Identity::UserName(name) => self.only_one(&name, connector).await?,
        };
        let account = account.ok_or(IssuerError::NoAccount)?;
        if legacy_grants::list(self.db(), &account.id).await?.is_empty() {
            return Err(IssuerError::NothingKept);
        }
        Ok(LegacyIdentity::Person(account))
    }

    /// A user name may have had several owners; then it is nobody's.
    async fn only_one(&self, name: &str, connector: &ConnectorId) -> Result<Option<Account>, IssuerError> {
        let known = accounts::list_by_user_name(self.db(), name).await?;
        let mut here = known.into_iter().filter(|account| account.connector == *connector);
        match (here.next(), here.next()) {
            (Some(_), Some(_)) => Err(IssuerError::SeveralPeople),
            (account, _) => Ok(account),
        }
    }
}

fn caller(token: ForeignToken, identity: LegacyIdentity) -> Caller {
    let (account, service_account) = match identity {
        LegacyIdentity::Person(account) => (Some(account), None),
        LegacyIdentity::ServiceAccount(name) => (None, Some(name)),
    };
    // A client of ours has no colon in its id, so no rule about one of ours ever means one of theirs.
    let client = format!("{}:{}", token.issuer_name, token.client.unwrap_or_default());
    Caller {
        issuer: Issuer::Foreign(token.issuer),
        audiences: token.audiences,
        user_name: account.as_ref().map(|account| account.user_name.clone()),
        account: account.map(|account| account.id),
        service_account,
        client: ClientId::from(client),
        subject: token.subject,
        scope: token.scope,
        roles: token.roles,
        acr: token.acr,
        auth_time: token.auth_time,
        expires_at: token.expires_at,
        bonds: Bonds::default(),
        claims: match token.claims {
            Value::Object(claims) => claims,
            _ => serde_json::Map::new(),
        },
    }
}

//! The swap: whose legacy token a request carries on, and where in it. A token that was just fetched is used for some seconds before the
//! vault is asked again: for less time than the vault promises that it lives.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};
use moka::sync::Cache;
use tracing::warn;

use crate::gateway::caller::Caller;
use crate::gateway::query;
use crate::gateway::refusal::Refusal;
use crate::gateway::route::{Inject, LegacyIdentity, Route};
use crate::id::{AccountId, ServiceAccountName};
use crate::model::account::Account;
use crate::secret::Secret;
use crate::store::accounts;
use crate::vault::custody::Vault;
use crate::vault::custody_error::VaultError;
use crate::vault::service_accounts::ServiceAccounts;

/// How long a token is used without asking the vault.
const KEPT: Duration = Duration::from_secs(10);
/// How many are.
const MOST: u64 = 20_000;

/// As whom the legacy system is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Whose {
    /// This person.
    Person(AccountId),
    /// This service account.
    ServiceAccount(ServiceAccountName),
}

impl Whose {
    /// As whom `caller` calls on `route`; nobody where no legacy token is wanted.
    ///
    /// # Errors
    /// [`Refusal::Nobody`].
    pub fn of(route: &Route, caller: &Caller) -> Result<Option<Self>, Refusal> {
        match &route.identity {
            LegacyIdentity::None => Ok(None),
            LegacyIdentity::ServiceAccount(name) => Ok(Some(Self::ServiceAccount(name.clone()))),
            LegacyIdentity::User => match (&caller.account, &caller.service_account) {
                (Some(account), _) => Ok(Some(Self::Person(account.clone()))),
                (None, Some(name)) => Ok(Some(Self::ServiceAccount(name.as_str().into()))),
                (None, None) => Err(Refusal::Nobody),
            },
        }
    }
}

/// Hands out legacy tokens.
#[derive(Clone)]
pub struct LegacyTokens {
    vault: Vault,
    services: ServiceAccounts,
    kept: Cache<(Whose, String), Result<Secret, Refused>>,
}

/// The legacy system refuses the person. It is not asked again with every request that still comes.
#[derive(Clone, Copy, Debug)]
struct Refused;

impl LegacyTokens {
    /// Those of people from `vault`, those of machines from `services`.
    pub fn new(vault: Vault, services: ServiceAccounts) -> Self {
        let kept = Cache::builder().max_capacity(MOST).time_to_live(KEPT).build();
        Self { vault, services, kept }
    }

    /// A token that works.
    ///
    /// # Errors
    /// By the vault's classes.
    pub async fn fresh(&self, whose: &Whose, caller: &Caller) -> Result<Secret, Refusal> {
        let place = place(whose, caller);
        if let Some(known) = self.kept.get(&place) {
            return known.map_err(|Refused| Refusal::LegacyRefuses);
        }
        let token = Box::pin(self.asked_for(whose)).await;
        self.remember(place, token)
    }

    async fn asked_for(&self, whose: &Whose) -> Result<Secret, Refusal> {
        match whose {
            Whose::Person(person) => self.vault.fresh(&self.account(person).await?).await.map_err(Into::into),
            Whose::ServiceAccount(name) => self.services.fresh(name).await.map_err(of_service),
        }
    }

    /// A token instead of `dead`, which the legacy system did not take.
    ///
    /// # Errors
    /// By the vault's classes.
    pub async fn instead_of(&self, whose: &Whose, caller: &Caller, dead: &Secret) -> Result<Secret, Refusal> {
        let place = place(whose, caller);
        self.kept.invalidate(&place);
        let token = match whose {
            Whose::Person(person) => {
                self.vault.fresh_instead_of(&self.account(person).await?, dead).await.map_err(Into::into)
            }
            Whose::ServiceAccount(name) => {
                self.services.fresh_instead_of(name, dead).await.map_err(of_service)
            }
        };
        self.remember(place, token)
    }

    fn remember(&self, place: (Whose, String), token: Result<Secret, Refusal>) -> Result<Secret, Refusal> {
        match &token {
            Ok(token) => self.kept.insert(place, Ok(token.clone())),
            Err(Refusal::LegacyRefuses) => self.kept.insert(place, Err(Refused)),
            Err(_) => {}
        }
        token
    }

    async fn account(&self, id: &AccountId) -> Result<Account, Refusal> {
        accounts::find(&self.vault.db, id).await?.ok_or(Refusal::InvalidToken)
    }
}

/// Whoever signs in anew brings new tokens, and shall not be held back by those of before.
fn place(whose: &Whose, caller: &Caller) -> (Whose, String) {
    let family = caller.bonds.family.as_ref().map(ToString::to_string);
    (whose.clone(), family.unwrap_or_default())
}

/// That a service account cannot be used is the operator's affair: no caller can sign it in.
fn of_service(error: VaultError) -> Refusal {
    match error {
        VaultError::Store(error) => Refusal::Store(error),
        trouble => {
            warn!("a service account has no legacy token: {trouble}");
            Refusal::LegacyUnavailable
        }
    }
}

/// Puts `token` where `inject` says; the query is the one that goes on.
///
/// # Errors
/// When no header can hold the token.
pub(super) fn put(
    token: &Secret,
    inject: &Inject,
    headers: &mut HeaderMap,
    query: Option<String>,
) -> Result<Option<String>, Refusal> {
    let value = |text: String| {
        let mut value = HeaderValue::try_from(text).map_err(|_| Refusal::Unspeakable)?;
        value.set_sensitive(true);
        Ok::<_, Refusal>(value)
    };
    match inject {
        Inject::Header { name, scheme } => {
            let space = if scheme.is_empty() { "" } else { " " };
            headers.insert(name.clone(), value(format!("{scheme}{space}{}", token.expose()))?);
            Ok(query)
        }
        Inject::Cookie(name) => {
            // A token with a semicolon would be several cookies.
            if token.expose().contains([';', ',', ' ', '"', '\\']) {
                return Err(Refusal::Unspeakable);
            }
            headers.insert(header::COOKIE, value(format!("{name}={}", token.expose()))?);
            Ok(query)
        }
        Inject::Query(name) => Ok(Some(query::with(query, name, token.expose()))),
    }
}

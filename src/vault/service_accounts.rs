//! Service accounts: their legacy tokens, and the sign-in that brings them, on demand and one at a time on whatever node.
//!
//! Once an account has signed in, its tokens are a legacy grant like those of people, refreshed by the same rules: many systems keep one
//! live refresh token for each user and client, whoever it is that signs in. When a refresh does not help, the password does.
//!
//! # A password that was refused is not tried again
//! A few wrong tries lock an account over there, and with it every service that lives on it. So a refusal is kept until an operator
//! changes the password, or lifts the refusal (a lock was undone). A sign-in that nobody knows the end of counts as failed, and each
//! failure doubles the pause before the next.

use std::time::Duration;

use tracing::warn;

use super::custody::Vault;
use super::custody_error::VaultError;
use super::refreshing::unavailable;
use super::service_passwords::{ServicePasswords, Standing};
use super::turns::Turns;
use crate::id::ServiceAccountName;
use crate::legacy::connector::Connector;
use crate::model::account::Account;
use crate::model::service_account::{KeptServiceAccount, ServiceAccount, SignedIn};
use crate::secret::Secret;
use crate::store::accounts;
use crate::store::error::StoreError;
use crate::store::service_accounts;

/// A token that a sign-in brought so short a time ago and that is refused already: another sign-in would bring no better one.
const JUST_NOW: Duration = Duration::from_secs(10);

/// The service accounts. Clones share them.
#[derive(Clone)]
pub struct ServiceAccounts {
    pub(super) vault: Vault,
    pub(super) passwords: ServicePasswords,
    turns: Turns<ServiceAccountName>,
}

impl ServiceAccounts {
    /// The accounts that `passwords` knows; their tokens are kept in `vault`.
    pub fn new(vault: Vault, passwords: ServicePasswords) -> Self {
        Self { vault, passwords, turns: Turns::default() }
    }

    /// A legacy access token of the account that works: refreshed or signed in if need be, at most one at a time. What was begun is
    /// brought to its end also when the caller goes away meanwhile.
    ///
    /// # Errors
    /// [`VaultError`]: `Empty` when there is no such account, `NeedsSignIn` when it has no password, `Refused` when the legacy system
    /// refused the one there is.
    pub async fn fresh(&self, name: &ServiceAccountName) -> Result<Secret, VaultError> {
        let account = self.passwords.accounts.get(name).ok_or(VaultError::Empty)?;
        let kept = service_accounts::find(&self.vault.db, name).await?;
        if let Some(token) = self.at_hand(account, kept.as_ref()).await? {
            return Ok(token);
        }
        if let Some(person) = self.who(account, kept.as_ref()).await?
            && let Some(token) = unless_spent(self.vault.fresh(&person).await)?
        {
            return Ok(token);
        }
        self.by_password(account).await
    }

    /// The same, after the legacy system refused `dead` before its time.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn fresh_instead_of(
        &self,
        name: &ServiceAccountName,
        dead: &Secret,
    ) -> Result<Secret, VaultError> {
        let account = self.passwords.accounts.get(name).ok_or(VaultError::Empty)?;
        let kept = service_accounts::find(&self.vault.db, name).await?;
        let now = self.vault.clock.now();
        let is_new = |who: &SignedIn| now.since(who.at) < JUST_NOW;
        if kept.as_ref().and_then(|kept| kept.signed_in.as_ref()).is_some_and(is_new)
            && self.at_hand(account, kept.as_ref()).await?.is_some_and(|token| token == *dead)
        {
            return Err(unavailable("it refuses a token that a sign-in brought a moment ago"));
        }
        if let Some(person) = self.who(account, kept.as_ref()).await?
            && let Some(token) = unless_spent(self.vault.fresh_instead_of(&person, dead).await)?
        {
            return Ok(token);
        }
        self.by_password(account).await
    }

    /// Tells the log which accounts cannot sign in as things stand.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tell(&self) -> Result<(), StoreError> {
        for account in self.passwords.accounts.values() {
            let kept = service_accounts::find(&self.vault.db, &account.name).await?;
            let name = &account.name;
            match self.passwords.standing(account, kept.as_ref()) {
                Standing::Ready(_) => {}
                Standing::NoPassword => {
                    warn!(service_account = %name, "service account {name} has no password yet: {}", set(name));
                }
                Standing::OtherUserName => warn!(
                    service_account = %name,
                    "the password that is kept for service account {name} was set for another user name: {}", set(name)
                ),
                Standing::Refused { why, .. } => warn!(
                    service_account = %name,
                    "the legacy system refused the password of service account {name} ({why}); it is not tried again: {}",
                    remedy(account)
                ),
            }
        }
        Ok(())
    }

    /// A token that can be used as it is.
    pub(super) async fn at_hand(
        &self,
        account: &ServiceAccount,
        kept: Option<&KeptServiceAccount>,
    ) -> Result<Option<Secret>, StoreError> {
        match signed_in(account, kept) {
            Some(who) => Ok(self.vault.at_hand(&who.account).await?.map(|tokens| tokens.access)),
            None => Ok(None),
        }
    }

    /// The old system that the account signs in at.
    pub(super) fn connector(&self, account: &ServiceAccount) -> Result<&Connector, VaultError> {
        let systems = &self.vault.connectors;
        match &account.realm {
            None => Ok(systems.first()),
            Some(realm) => systems.find(realm).ok_or(VaultError::Empty),
        }
    }

    async fn who(
        &self,
        account: &ServiceAccount,
        kept: Option<&KeptServiceAccount>,
    ) -> Result<Option<Account>, StoreError> {
        match signed_in(account, kept) {
            Some(who) => accounts::find(&self.vault.db, &who.account).await,
            None => Ok(None),
        }
    }

    async fn by_password(&self, account: &ServiceAccount) -> Result<Secret, VaultError> {
        let (accounts, account) = (self.clone(), account.clone());
        let signing_in = async move {
            let turn = accounts.turns.take(&account.name).await;
            let token = accounts.signed_in(&account).await;
            drop(turn);
            token
        };
        let broken = |_| unavailable("the sign-in was broken off");
        self.vault.errands.begin(signing_in).await.map_err(broken)?
    }
}

/// Who the account is over there, as far as a sign-in under its user name has told.
fn signed_in<'a>(account: &ServiceAccount, kept: Option<&'a KeptServiceAccount>) -> Option<&'a SignedIn> {
    kept?.signed_in.as_ref().filter(|who| who.user_name == account.user_name)
}

/// How the account gets another password.
fn set(name: &ServiceAccountName) -> String {
    format!("`passerelle service-accounts set {name}`")
}

/// What an operator can do about a refusal.
pub(super) fn remedy(account: &ServiceAccount) -> String {
    let name = &account.name;
    let change = match account.password {
        Some(_) => "change it in the configuration".to_owned(),
        None => set(name),
    };
    format!("{change}, or `passerelle service-accounts retry {name}` once the account is unlocked there")
}

/// A grant that a sign-in can replace is no error.
fn unless_spent(fresh: Result<Secret, VaultError>) -> Result<Option<Secret>, VaultError> {
    match fresh {
        Ok(token) => Ok(Some(token)),
        Err(
            VaultError::Empty
            | VaultError::RunOut
            | VaultError::NeedsSignIn { .. }
            | VaultError::Refused { .. },
        ) => Ok(None),
        Err(error @ (VaultError::Unavailable { .. } | VaultError::Store(_))) => Err(error),
    }
}

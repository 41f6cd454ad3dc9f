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

use tracing::{Instrument as _, Span, warn};

use super::custody::Vault;
use super::custody_error::VaultError;
use super::refreshing::unavailable;
use super::service_passwords::{ServicePasswords, Standing};
use super::turns::Turns;
use crate::id::ServiceAccountName;
use crate::model::account::Account;
use crate::model::service_account::{KeptServiceAccount, ServiceAccount};
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
        if let Some(person) = self.who(account, kept.as_ref()).await? {
            let signed_in = kept.and_then(|kept| kept.signed_in);
            let now = self.vault.clock.now();
            let given_just_now = signed_in.is_some_and(|signed_in| now.since(signed_in.at) < JUST_NOW);
            if given_just_now && self.vault.at_hand(&person.id).await?.is_some_and(|token| token == *dead) {
                return Err(unavailable("it refuses a token that a sign-in brought a moment ago"));
            }
            if let Some(token) = unless_spent(self.vault.fresh_instead_of(&person, dead).await)? {
                return Ok(token);
            }
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
                    set(name)
                ),
            }
        }
        Ok(())
    }

    /// Who the account is over there, as far as a sign-in under its user name has told.
    pub(super) async fn who(
        &self,
        account: &ServiceAccount,
        kept: Option<&KeptServiceAccount>,
    ) -> Result<Option<Account>, StoreError> {
        match kept.and_then(|kept| kept.signed_in.as_ref()) {
            Some(signed_in) if signed_in.user_name == account.user_name => {
                accounts::find(&self.vault.db, &signed_in.account).await
            }
            _ => Ok(None),
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
        tokio::spawn(signing_in.instrument(Span::current())).await.map_err(broken)?
    }
}

/// What an operator can do.
pub(super) fn set(name: &ServiceAccountName) -> String {
    format!("`passerelle service-accounts set {name}`")
}

/// A grant that a sign-in can replace is no error.
fn unless_spent(fresh: Result<Secret, VaultError>) -> Result<Option<Secret>, VaultError> {
    match fresh {
        Ok(token) => Ok(Some(token)),
        Err(VaultError::Empty | VaultError::NeedsSignIn { .. } | VaultError::Refused { .. }) => Ok(None),
        Err(error @ (VaultError::Unavailable { .. } | VaultError::Store(_))) => Err(error),
    }
}

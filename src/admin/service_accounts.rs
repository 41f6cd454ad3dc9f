//! The operator's view of service accounts: give one its password, see how each stands, let a refused password be tried again, forget
//! one. A bridge that runs takes it up with its next sign-in.

use serde::Serialize;

use crate::id::ServiceAccountName;
use crate::model::service_account::{KeptServiceAccount, ServiceAccount};
use crate::secret::Secret;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::{legacy_grants, service_accounts};
use crate::time::Timestamp;
use crate::vault::service_passwords::{ServicePasswords, Standing};

/// A service account as an operator sees it: everything but its password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedServiceAccount {
    /// What we call it.
    pub name: ServiceAccountName,
    /// What it signs in with; none when the configuration knows the account no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// Where its password is: `configuration`, `vault` or `none`.
    pub password: &'static str,
    /// `ready`, `no_password`, `other_user_name`, `refused` or `not_configured`.
    pub state: &'static str,
    /// What the legacy system said of the password that it refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// When it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_at: Option<Timestamp>,
    /// When the account last signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_in_at: Option<Timestamp>,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum ServiceAccountError {
    /// The configuration knows no such account.
    #[error("no [[service_account]] is called {0}")]
    Unknown(ServiceAccountName),
    /// The configuration has the password, and it would win.
    #[error("the password of {0} is given by the configuration; take its `password` away first")]
    InConfiguration(ServiceAccountName),
    /// Nothing was given.
    #[error("the password is empty")]
    Empty,
    /// Nothing is kept of it.
    #[error("nothing is kept of a service account called {0}")]
    NothingKept(ServiceAccountName),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The service accounts in an operator's hand.
#[derive(Clone, Debug)]
pub struct ServiceAccounts {
    /// Where what is kept of them is.
    pub db: Db,
    /// The accounts there are, and what seals their passwords.
    pub passwords: ServicePasswords,
}

impl ServiceAccounts {
    /// Every account that the configuration knows, and then those that only the database knows.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list(&self) -> Result<Vec<ListedServiceAccount>, StoreError> {
        let mut kept = service_accounts::list(&self.db).await?;
        let configured = self.passwords.accounts.values().map(|account| {
            let at = kept.iter().position(|kept| kept.name == account.name);
            self.listed(account, at.map(|at| kept.swap_remove(at)).as_ref())
        });
        let mut listed: Vec<ListedServiceAccount> = configured.collect();
        kept.sort_by(|one, other| one.name.cmp(&other.name));
        listed.extend(kept.into_iter().map(|kept| ListedServiceAccount {
            user_name: None,
            password: if kept.password.is_some() { "vault" } else { "none" },
            state: "not_configured",
            refused: None,
            refused_at: None,
            signed_in_at: kept.signed_in.map(|signed_in| signed_in.at),
            name: kept.name,
        }));
        Ok(listed)
    }

    /// Keeps `password` for the account, sealed. A refusal of an earlier one is forgotten.
    ///
    /// # Errors
    /// [`ServiceAccountError`].
    pub async fn set(
        &self,
        name: &ServiceAccountName,
        password: &Secret,
        now: Timestamp,
    ) -> Result<(), ServiceAccountError> {
        let account = self.passwords.accounts.get(name);
        let account = account.ok_or_else(|| ServiceAccountError::Unknown(name.clone()))?;
        if account.password.is_some() {
            return Err(ServiceAccountError::InConfiguration(name.clone()));
        }
        if password.expose().is_empty() {
            return Err(ServiceAccountError::Empty);
        }
        let (row, sealed) = (name.clone(), self.passwords.seal(account, password));
        let set = self.db.write(move |tx| {
            Box::pin(async move { service_accounts::set_password(tx, &row, &sealed, now).await })
        });
        Ok(set.await?)
    }

    /// Lets the password be tried once more that was refused: a lock was undone over there.
    ///
    /// # Errors
    /// [`ServiceAccountError`].
    pub async fn retry(&self, name: &ServiceAccountName, now: Timestamp) -> Result<(), ServiceAccountError> {
        let row = name.clone();
        let forgive =
            self.db.write(move |tx| Box::pin(async move { service_accounts::forgive(tx, &row, now).await }));
        if forgive.await? { Ok(()) } else { Err(ServiceAccountError::NothingKept(name.clone())) }
    }

    /// Forgets the account's password, and its tokens unless the same user is signed in here as a person.
    ///
    /// # Errors
    /// [`ServiceAccountError`].
    pub async fn remove(&self, name: &ServiceAccountName, now: Timestamp) -> Result<(), ServiceAccountError> {
        let kept = service_accounts::find(&self.db, name).await?;
        let kept = kept.ok_or_else(|| ServiceAccountError::NothingKept(name.clone()))?;
        let write = self.db.write(move |tx| {
            Box::pin(async move {
                if let Some(signed_in) = &kept.signed_in {
                    legacy_grants::burn_unused(tx, &signed_in.account, now).await?;
                }
                service_accounts::remove(tx, &kept.name).await.map(drop)
            })
        });
        Ok(write.await?)
    }

    fn listed(&self, account: &ServiceAccount, kept: Option<&KeptServiceAccount>) -> ListedServiceAccount {
        let (state, refused, refused_at) = match self.passwords.standing(account, kept) {
            Standing::Ready(_) => ("ready", None, None),
            Standing::NoPassword => ("no_password", None, None),
            Standing::OtherUserName => ("other_user_name", None, None),
            Standing::Refused { why, at } => ("refused", Some(why), Some(at)),
        };
        let sealed = kept.is_some_and(|kept| kept.password.is_some());
        ListedServiceAccount {
            name: account.name.clone(),
            user_name: Some(account.user_name.clone()),
            password: match &account.password {
                Some(_) => "configuration",
                None if sealed => "vault",
                None => "none",
            },
            state,
            refused,
            refused_at,
            signed_in_at: kept.and_then(|kept| kept.signed_in.as_ref()).map(|signed_in| signed_in.at),
        }
    }
}

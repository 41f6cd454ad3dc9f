//! A service account: a user of the legacy system that no person is. Clients that are bound to it have a legacy token too.

use crate::id::{AccountId, ServiceAccountName};
use crate::model::legacy_grant::Lease;
use crate::secret::Secret;
use crate::time::Timestamp;

/// The account as the configuration knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccount {
    /// What we call it.
    pub name: ServiceAccountName,
    /// What it signs in with over there.
    pub user_name: String,
    /// Its password; none where the vault keeps it.
    pub password: Option<Secret>,
}

/// What is kept of it.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptServiceAccount {
    /// What we call it.
    pub name: ServiceAccountName,
    /// The password, sealed; none where the configuration has it.
    pub password: Option<Vec<u8>>,
    /// Grows when an operator changes something.
    pub generation: i64,
    /// Who it is over there.
    pub signed_in: Option<SignedIn>,
    /// Who is signing it in.
    pub lease: Option<Lease>,
    /// How often in a row a sign-in began that did not succeed.
    pub failures: i64,
    /// When the next may begin.
    pub retry_at: Timestamp,
    /// The password that was refused.
    pub refused: Option<Refused>,
    /// When an operator last changed something.
    pub updated_at: Timestamp,
}

/// Who a service account turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The account whose legacy grant its tokens are.
    pub account: AccountId,
    /// The user name that it signed in with: another one may be somebody else.
    pub user_name: String,
    /// When it last did.
    pub at: Timestamp,
}

/// A password that the legacy system refused.
#[derive(Clone, PartialEq, Eq)]
pub struct Refused {
    /// Which, sealed.
    pub password: Vec<u8>,
    /// What the legacy system said of it.
    pub why: String,
    /// When.
    pub at: Timestamp,
}

impl std::fmt::Debug for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Refused").field("why", &self.why).field("at", &self.at).finish_non_exhaustive()
    }
}

impl KeptServiceAccount {
    /// Whether somebody is signing it in.
    pub fn is_leased(&self, now: Timestamp) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.until > now)
    }
}

impl std::fmt::Debug for KeptServiceAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptServiceAccount")
            .field("name", &self.name)
            .field("password", &self.password.is_some())
            .field("generation", &self.generation)
            .field("signed_in", &self.signed_in)
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}

//! An account: a person whom a legacy system knows, under the subject that we minted for them.

use serde_json::{Map, Value};

use crate::id::{AccountId, ConnectorId, LegacyId};
use crate::time::Timestamp;

/// A person. One account per connector and immutable legacy id: a changed user name keeps it, a reused user name
/// with a new id gets another.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// `sub`.
    pub id: AccountId,
    /// Which legacy system knows them.
    pub connector: ConnectorId,
    /// What that system calls them for ever.
    pub legacy_id: LegacyId,
    /// What they typed to sign in; it may change.
    pub user_name: String,
    /// Claims as the connector mapped them at the last sign-in.
    pub claims: Map<String, Value>,
    /// When we first saw them.
    pub created_at: Timestamp,
    /// When user name or claims last changed.
    pub updated_at: Timestamp,
    /// What the legacy system last said of them; written by `store::life` alone.
    pub heard: LastHeard,
}

/// Whether a person is still good, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastHeard {
    /// When they were last known to be good.
    pub alive_at: Option<Timestamp>,
    /// When somebody last asked; none while something gives cause to ask at once.
    pub asked_at: Option<Timestamp>,
}

impl LastHeard {
    /// Of a person who has just signed in.
    pub const fn shown_at(now: Timestamp) -> Self {
        Self { alive_at: Some(now), asked_at: Some(now) }
    }
}

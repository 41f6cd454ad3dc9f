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
    /// When the legacy system last said that they are good; written by `store::life`.
    pub alive_at: Option<Timestamp>,
}

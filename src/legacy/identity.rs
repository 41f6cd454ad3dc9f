//! Who the old system says has signed in.

use serde_json::{Map, Value};

use crate::id::{ConnectorId, LegacyId};

/// A person as the old system knows them at this sign-in.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// Which old system.
    pub connector: ConnectorId,
    /// What it calls them for ever.
    pub legacy_id: LegacyId,
    /// What they sign in with today.
    pub user_name: String,
    /// Claims as the configuration maps them. `sub` is not among them: the bridge mints it.
    pub claims: Map<String, Value>,
}

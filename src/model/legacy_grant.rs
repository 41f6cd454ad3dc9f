//! A legacy grant: what the legacy system gave one person through one legacy client, sealed. All sessions of the person share it, since
//! many systems keep one live refresh token for each user and client.

use crate::id::{AccountId, NodeId};
use crate::time::Timestamp;

/// The grant as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct LegacyGrant {
    /// Whose.
    pub account: AccountId,
    /// The `client_id` of the bridge at the legacy system; empty where it was given without one.
    pub legacy_client: String,
    /// Grows with every change.
    pub generation: i64,
    /// The access token, sealed.
    pub access: Vec<u8>,
    /// The refresh token, sealed; none where the system gives none, or where the one that was there may be spent.
    pub refresh: Option<Vec<u8>>,
    /// Until when the access token can be used.
    pub usable_until: Timestamp,
    /// Who is refreshing it.
    pub lease: Option<Lease>,
    /// How often in a row a refresh met a system that did not work.
    pub failures: i64,
    /// When the next refresh may be tried.
    pub retry_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A refresh under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// In which process.
    pub node: NodeId,
    /// Whoever is not done by then has died.
    pub until: Timestamp,
}

impl LegacyGrant {
    /// Whether somebody began a refresh and died before its end: then nobody knows whether the refresh token is spent.
    pub fn is_abandoned(&self, now: Timestamp) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.until <= now)
    }

    /// Whether its tokens went before their time: not simply over, but lost on the way or refused.
    pub fn is_given_up(&self) -> bool {
        self.refresh.is_none() && self.usable_until == Timestamp::from_seconds(0)
    }
}

impl std::fmt::Debug for LegacyGrant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LegacyGrant")
            .field("account", &self.account)
            .field("legacy_client", &self.legacy_client)
            .field("generation", &self.generation)
            .field("refreshable", &self.refresh.is_some())
            .field("usable_until", &self.usable_until)
            .finish_non_exhaustive()
    }
}

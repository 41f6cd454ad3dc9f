//! Consent: what a person agreed that a client may see, remembered so that they are asked once.

use crate::id::{AccountId, ClientId};
use crate::oauth::scope::Scope;
use crate::time::Timestamp;

/// One person's agreement with one client.
#[derive(Clone, Debug, PartialEq)]
pub struct Consent {
    /// Who agreed.
    pub account: AccountId,
    /// To whom.
    pub client: ClientId,
    /// To what.
    pub scope: Scope,
    /// Single claims (names) agreed to beyond the scopes, sorted.
    pub claims: Vec<String>,
    /// Since when.
    pub granted_at: Timestamp,
    /// When it last grew.
    pub updated_at: Timestamp,
}

//! The token book: opaque access tokens, and refresh tokens that are single use, without grace, one live for each user and client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::chance;

#[derive(Clone, Default)]
pub(super) struct TokenBook(Arc<Mutex<Entries>>);

#[derive(Default)]
struct Entries {
    access: HashMap<String, Access>,
    refresh: HashMap<String, Refresh>,
    /// Whose answer the next refresh grant is given by mistake.
    mixed_up_with: Option<String>,
}

struct Access {
    party_id: String,
    expires: Timestamp,
}

struct Refresh {
    party_id: String,
    client_id: String,
    expires: Timestamp,
}

impl TokenBook {
    pub(super) fn issue_access(&self, party_id: &str, now: Timestamp, lifetime: Duration) -> String {
        let token = chance::long_token();
        let mut entries = self.lock();
        entries.access.retain(|_, access| access.expires > now);
        entries.access.insert(token.clone(), Access { party_id: party_id.into(), expires: now + lifetime });
        token
    }

    /// Whose token this is, while it lives.
    pub(super) fn holder(&self, token: &str, now: Timestamp) -> Option<String> {
        let entries = self.lock();
        entries.access.get(token).filter(|access| access.expires > now).map(|access| access.party_id.clone())
    }

    /// A new refresh token; it ends the one that the same user had through the same client.
    pub(super) fn issue_refresh(&self, party_id: &str, client_id: &str, expires: Timestamp) -> String {
        let token = chance::hex_token();
        let mut entries = self.lock();
        entries.refresh.retain(|_, old| old.party_id != party_id || old.client_id != client_id);
        let entry = Refresh { party_id: party_id.into(), client_id: client_id.into(), expires };
        entries.refresh.insert(token.clone(), entry);
        token
    }

    /// Spends a refresh token, once. As in the framework that the real system is built on, a try by the wrong client spends it too.
    pub(super) fn redeem(&self, token: &str, client_id: &str, now: Timestamp) -> Option<String> {
        let spent = self.lock().refresh.remove(token)?;
        (spent.client_id == client_id && spent.expires > now).then_some(spent.party_id)
    }

    /// The refresh token that this user has through this client, while it waits to be spent.
    pub(super) fn living_refresh(&self, party_id: &str, client_id: &str, now: Timestamp) -> Option<String> {
        let entries = self.lock();
        let mut living = entries.refresh.iter().filter(|(_, entry)| entry.expires > now);
        let (token, _) =
            living.find(|(_, entry)| entry.party_id == party_id && entry.client_id == client_id)?;
        Some(token.clone())
    }

    /// The next refresh grant will be given the answer of that party.
    pub(super) fn mix_up_next(&self, party_id: String) {
        self.lock().mixed_up_with = Some(party_id);
    }

    /// Whose answer this refresh grant is given by mistake. It happens once.
    pub(super) fn mix_up(&self) -> Option<String> {
        self.lock().mixed_up_with.take()
    }

    /// Ends this access token, and every refresh token of this user.
    pub(super) fn sign_out(&self, access_token: &str, party_id: &str) {
        let mut entries = self.lock();
        entries.access.remove(access_token);
        entries.refresh.retain(|_, refresh| refresh.party_id != party_id);
    }

    /// What a restart of the web server's worker does: every access token is dead, refresh tokens live on.
    pub(super) fn end_access_tokens(&self) {
        self.lock().access.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

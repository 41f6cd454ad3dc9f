//! Which logout tokens were used, so that each counts once. An app of yours that runs twice keeps this in its database.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// So many are remembered; the oldest is forgotten. Only the provider can add to them, and a token that is forgotten while it is still
/// young ends sessions that have ended.
const MOST: usize = 1024;

/// The `jti` of each.
#[derive(Clone, Default)]
pub(super) struct UsedTokens(Arc<Mutex<VecDeque<String>>>);

impl UsedTokens {
    /// Whether this is the first time. Asked once, it is used.
    pub(super) fn first_use(&self, jti: &str) -> bool {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if used.iter().any(|known| known == jti) {
            return false;
        }
        if used.len() == MOST {
            used.pop_front();
        }
        used.push_back(jti.to_owned());
        true
    }
}

//! Turns of those who tell: how many calls are under way, in all and to each client.
//!
//! # Why
//! With one queue for everybody, two clients of ten that hang held all turns, and the other eight waited for their timeouts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::id::ClientId;

/// So many calls are under way at once,
const IN_ALL: usize = 256;
/// and so many of them to one client.
const TO_ONE_CLIENT: usize = 8;

/// The turns of one process. Clones share them.
#[derive(Clone, Debug)]
pub struct Turns(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    all: Arc<Semaphore>,
    each: Mutex<HashMap<ClientId, Arc<Semaphore>>>,
}

/// The leave to make one call; it ends when this is dropped.
#[derive(Debug)]
pub struct Turn {
    _of_client: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Shared { all: Arc::new(Semaphore::new(IN_ALL)), each: Mutex::default() }))
    }
}

impl Turns {
    /// Waits for a turn to call `client`: first for one of the client's own, so that whoever waits there keeps nobody else waiting.
    pub async fn take(&self, client: &ClientId) -> Option<Turn> {
        let of_client = self.of(client).acquire_owned().await.ok()?;
        let of_all = Arc::clone(&self.0.all).acquire_owned().await.ok()?;
        Some(Turn { _of_client: of_client, _of_all: of_all })
    }

    /// How many calls to `client` can begin now, when `taken` others are about to begin.
    pub fn free(&self, client: &ClientId, taken: usize) -> usize {
        let all = self.0.all.available_permits().saturating_sub(taken);
        all.min(self.of(client).available_permits())
    }

    fn of(&self, client: &ClientId) -> Arc<Semaphore> {
        let mut each = self.0.each.lock().unwrap_or_else(PoisonError::into_inner);
        let turns = each.entry(client.clone()).or_insert_with(|| Arc::new(Semaphore::new(TO_ONE_CLIENT)));
        Arc::clone(turns)
    }
}

//! Turns within one process: of many requests that need the same person's token, one goes to the database and the legacy system, and the
//! others wait for what it finds. Between processes the lease of the row decides.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

type Queue = tokio::sync::Mutex<()>;

/// Clones share the queues: one for each person, or for each service account.
#[derive(Clone, Debug)]
pub(super) struct Turns<Id>(Arc<Mutex<HashMap<Id, Weak<Queue>>>>);

impl<Id> Default for Turns<Id> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<Id: Clone + Eq + Hash> Turns<Id> {
    /// Waits until it is one's turn; it ends when the answer is dropped.
    pub(super) async fn take(&self, account: &Id) -> OwnedMutexGuard<()> {
        self.queue(account).lock_owned().await
    }

    fn queue(&self, account: &Id) -> Arc<Queue> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(account).and_then(Weak::upgrade) {
            return queue;
        }
        // Where nobody waits any more, nothing is left behind.
        queues.retain(|_, queue| queue.strong_count() > 0);
        let queue = Arc::new(Queue::default());
        queues.insert(account.clone(), Arc::downgrade(&queue));
        queue
    }
}

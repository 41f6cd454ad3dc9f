//! How many writes of this process ended something, so that nobody who keeps a verdict has to ask the database to know that nothing did.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The count, shared by everybody who holds the database.
#[derive(Clone, Default)]
pub(super) struct Endings(Arc<AtomicU64>);

impl Endings {
    pub(super) fn note(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

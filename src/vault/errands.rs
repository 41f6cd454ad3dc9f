//! Errands to the old system, brought to their end whoever goes away meanwhile. They run in the runtime of the process and not in the thread
//! of a connection, which ends with its last one; and a process that stops waits for them.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{Instrument as _, Span, warn};

/// The errands of one process. Clones share them.
#[derive(Clone, Debug)]
pub struct Errands {
    runtime: Handle,
    /// Each errand listens as long as it is under way.
    under_way: watch::Sender<()>,
}

impl Errands {
    /// None yet, in the runtime that lives as long as the process.
    pub fn of(runtime: Handle) -> Self {
        Self { runtime, under_way: watch::Sender::new(()) }
    }

    /// Begins one.
    pub fn begin<T: Send + 'static>(
        &self,
        errand: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        let under_way = self.under_way.subscribe();
        let errand = async move {
            let done = errand.await;
            drop(under_way);
            done
        };
        self.runtime.spawn(errand.instrument(Span::current()))
    }

    /// Waits until none is under way any more, at most for `longest`: the old system has been asked, and what it said would be lost.
    pub async fn come_to_rest(&self, longest: Duration) {
        if tokio::time::timeout(longest, self.under_way.closed()).await.is_err() {
            warn!("something that was begun at the old system did not come to an end");
        }
    }
}

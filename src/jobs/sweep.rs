//! Removes expired rows, a few at a time, with a rest in between: nobody who waits for a commit shall notice.

use std::time::Duration;

use tracing::{debug, warn};

use crate::store::db::Db;
use crate::store::sweep::{self, AT_A_TIME, Keep};
use crate::time::Clock;

/// Between two looks when there is little to remove.
const EVERY: Duration = Duration::from_secs(30);
/// Between two rounds when there is much.
const REST: Duration = Duration::from_millis(250);

/// The job.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// What is swept.
    pub db: Db,
    /// How long rows stay after their own end.
    pub keep: Keep,
    /// Tells the time.
    pub clock: Clock,
}

impl Sweep {
    /// Runs until it is dropped.
    pub async fn run(self) {
        loop {
            let rest = match sweep::once(&self.db, self.clock.now(), self.keep).await {
                Ok(gone) if gone >= AT_A_TIME => REST,
                Ok(gone) => {
                    debug!(rows = gone, "swept {gone} rows");
                    EVERY
                }
                // What is left over is swept later.
                Err(error) => {
                    warn!("sweeping expired rows: {error}");
                    EVERY
                }
            };
            tokio::time::sleep(rest).await;
        }
    }
}

//! Delivers what stands in the outbox of logout tokens: at once when something was put in, and what has to be tried again in its time.

use std::time::Duration;

use tracing::warn;

use crate::provider::logout::back_channel::BackChannel;

/// Between two looks when nobody rings: what other nodes and operators put in is found by looking.
const EVERY: Duration = Duration::from_secs(2);

/// The job.
#[derive(Clone)]
pub struct DeliverLogouts {
    /// Delivers.
    pub back_channel: BackChannel,
}

impl DeliverLogouts {
    /// Runs until it is dropped.
    pub async fn run(self) {
        loop {
            match self.back_channel.deliver_due().await {
                // There may be more.
                Ok(claimed) if claimed > 0 => continue,
                Ok(_) => {}
                // What is in the outbox stays there.
                Err(error) => warn!("delivering logouts: {error}"),
            }
            // Whether it rang or not, there is something to look for.
            let _ = tokio::time::timeout(EVERY, self.back_channel.wake.notified()).await;
        }
    }
}

//! Delivers what stands in the outbox of logout tokens: at once when something was put in, and what has to be tried again in its time.

use std::time::Duration;

use tokio::task::JoinSet;
use tracing::warn;

use crate::provider::logout::back_channel::BackChannel;

/// Between two looks when nobody rings: what other nodes and operators put in is found by looking.
const EVERY: Duration = Duration::from_secs(2);
/// After one was told, so that several turns are filled in one commit.
const GATHER: Duration = Duration::from_millis(10);

/// The job.
#[derive(Clone)]
pub struct DeliverLogouts {
    /// Delivers.
    pub back_channel: BackChannel,
}

impl DeliverLogouts {
    /// Runs until it is dropped. Nobody waits for a client that hangs: what others have to hear is taken while it is waited for.
    pub async fn run(self) {
        let mut under_way = JoinSet::new();
        loop {
            match self.back_channel.take_due().await {
                Ok(notices) => {
                    for notice in notices {
                        under_way.spawn(self.back_channel.clone().tell_and_note(notice));
                    }
                }
                // What is in the outbox stays there.
                Err(error) => warn!("delivering logouts: {error}"),
            }
            tokio::select! {
                // Whether it rang or not, there is something to look for.
                _ = tokio::time::timeout(EVERY, self.back_channel.wake.notified()) => {}
                Some(_) = under_way.join_next() => tokio::time::sleep(GATHER).await,
            }
            while under_way.try_join_next().is_some() {}
        }
    }
}

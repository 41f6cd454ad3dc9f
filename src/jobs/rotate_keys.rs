//! Looks after the signing keys every few seconds: does what is due, and takes up what an operator or another node has done.

use std::time::Duration;

use tracing::{info, warn};

use crate::id::KeyId;
use crate::keys::keyring::Keyring;
use crate::keys::ring::Duty;
use crate::time::Clock;
use crate::tokens::key_custody::{CustodyError, KeyCustody, Placed};

/// Twice before any node signs with a key that was made in an emergency ([`crate::rules::key_life::TAKE_UP`]). It is one small read.
const EVERY: Duration = Duration::from_secs(5);

/// The job.
#[derive(Clone, Debug)]
pub struct RotateKeys {
    /// Does what is due.
    pub custody: KeyCustody,
    /// Whose ring is replaced.
    pub keyring: Keyring,
    /// Tells the time.
    pub clock: Clock,
}

impl RotateKeys {
    /// Runs until it is dropped. `placed` is what the keyring holds at the start.
    pub async fn run(self, placed: Vec<Placed>) {
        let mut held = duties(&placed);
        loop {
            tokio::time::sleep(EVERY).await;
            match self.once(&held).await {
                Ok(now_held) => held = now_held,
                // The ring that is there goes on signing; the next round tries again.
                Err(error) => warn!("looking after the signing keys: {error}"),
            }
        }
    }

    /// One round: answers with what the keyring holds then.
    ///
    /// # Errors
    /// [`CustodyError`]; the keyring is left as it is.
    pub async fn once(&self, held: &[(KeyId, Duty)]) -> Result<Vec<(KeyId, Duty)>, CustodyError> {
        let placed = self.custody.keep(self.clock.now()).await?;
        let due = duties(&placed);
        if due != held {
            self.keyring.replace(self.custody.assemble(&placed).await?);
            info!(keys = placed.len(), "took up {} signing keys", placed.len());
        }
        Ok(due)
    }
}

/// What each key of a ring is for.
pub fn duties(placed: &[Placed]) -> Vec<(KeyId, Duty)> {
    placed.iter().map(|(key, duty)| (key.id.clone(), *duty)).collect()
}

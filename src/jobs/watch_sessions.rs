//! Ends sessions whose time is over, so that everybody who took part hears of it, and asks the legacy system about people whose sessions
//! nobody uses, where the configuration wants that.

use std::time::Duration;

use tracing::warn;

use crate::model::login_session::EndReason;
use crate::provider::liveness::Liveness;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::{accounts, login_sessions};
use crate::time::Clock;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(10);

/// The job.
#[derive(Clone)]
pub struct WatchSessions {
    /// Where sessions are.
    pub db: Db,
    /// Asks, and ends.
    pub liveness: Liveness,
    /// After how long a session that nobody uses is over.
    pub session_idle: Duration,
    /// Whether people are asked about whose sessions nobody uses.
    pub revalidate_idle: bool,
    /// Tells the time.
    pub clock: Clock,
}

impl WatchSessions {
    /// Runs until it is dropped.
    pub async fn run(self) {
        loop {
            if let Err(error) = self.once().await {
                // What is left over is looked at in the next round.
                warn!("watching sessions: {error}");
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// One round.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn once(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let used_after = now - self.session_idle;
        loop {
            let over = login_sessions::list_over(&self.db, now, used_after).await?;
            if over.is_empty() {
                break;
            }
            for session in over {
                self.liveness.end_session.end(&session, EndReason::Expired, now).await?;
            }
        }
        if self.revalidate_idle && self.liveness.can_ask_of_any() {
            let asked_before = now - self.liveness.policy.revalidate;
            for id in login_sessions::list_to_ask_about(&self.db, asked_before, now, used_after).await? {
                if let Some(account) = accounts::find(&self.db, &id).await? {
                    self.liveness.of(&account, now).await?;
                }
            }
        }
        Ok(())
    }
}

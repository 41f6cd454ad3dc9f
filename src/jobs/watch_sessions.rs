//! Ends sessions whose time is over, so that everybody who took part hears of it, and asks the legacy system about people whose sessions
//! nobody uses, where the configuration wants that.

use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tracing::warn;

use crate::id::AccountId;
use crate::model::login_session::EndReason;
use crate::provider::liveness::Liveness;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::{accounts, login_sessions};
use crate::time::Clock;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(10);
/// So many people are asked about at once, here; the connector has a bound of its own.
const AT_ONCE: usize = 8;

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
    /// Runs until it is dropped. Whoever has to be asked about keeps nobody alive whose time is over.
    pub async fn run(self) {
        let ending = async {
            loop {
                told(self.end_over().await);
                tokio::time::sleep(EVERY).await;
            }
        };
        let asking = async {
            loop {
                told(self.ask().await);
                tokio::time::sleep(EVERY).await;
            }
        };
        tokio::join!(ending, asking);
    }

    /// One round.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn once(&self) -> Result<(), StoreError> {
        self.end_over().await?;
        self.ask().await
    }

    async fn end_over(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        loop {
            let over = login_sessions::list_over(&self.db, now, now - self.session_idle).await?;
            if over.is_empty() {
                return Ok(());
            }
            for session in over {
                self.liveness.end_session.end(&session, EndReason::Expired, now).await?;
            }
        }
    }

    /// Asks about everybody whose turn it is, once. Where idle sessions are left alone, about those whom there is cause to ask about.
    async fn ask(&self) -> Result<(), StoreError> {
        if !self.liveness.can_ask_of_any() {
            return Ok(());
        }
        let now = self.clock.now();
        let asked_before = self.revalidate_idle.then(|| now - self.liveness.policy.revalidate);
        let mut behind = AccountId::from("");
        loop {
            let used_after = now - self.session_idle;
            let some =
                login_sessions::list_to_ask_about(&self.db, &behind, asked_before, now, used_after).await?;
            let Some(last) = some.last() else { return Ok(()) };
            behind = last.clone();
            let (mut asked, mut so_far) = (JoinSet::new(), Ok(()));
            for id in some {
                if asked.len() == AT_ONCE {
                    so_far = so_far.and(done(asked.join_next().await));
                }
                if so_far.is_err() {
                    break;
                }
                asked.spawn(self.clone().ask_about(id));
            }
            // Who was taken to be asked about is not taken again before the interval is over: nobody's question is broken off.
            while !asked.is_empty() {
                so_far = so_far.and(done(asked.join_next().await));
            }
            so_far?;
        }
    }

    async fn ask_about(self, id: AccountId) -> Result<(), StoreError> {
        if let Some(account) = accounts::find(&self.db, &id).await? {
            self.liveness.of(&account, self.clock.now()).await?;
        }
        Ok(())
    }
}

/// Nobody is skipped for the trouble of another: only a database that does not answer ends a round.
fn done(asked: Option<Result<Result<(), StoreError>, JoinError>>) -> Result<(), StoreError> {
    match asked {
        Some(Ok(done)) => done,
        Some(Err(_)) | None => Ok(()),
    }
}

/// What is left over after a failure is looked at in the next round.
fn told(round: Result<(), StoreError>) {
    if let Err(error) = round {
        warn!("watching sessions: {error}");
    }
}

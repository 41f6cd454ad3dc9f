//! The session that an app's frame watches: whether it still lives, for a browser that only knows its name. Asking is no use of it, so
//! that a page that stays open keeps nobody signed in.

use std::time::Duration;

use crate::id::SessionId;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::login_sessions;
use crate::time::Timestamp;

/// The flow.
#[derive(Clone, Debug)]
pub struct WatchedSession {
    /// Where sessions are.
    pub db: Db,
    /// After how long a session that nobody uses is over.
    pub session_idle: Duration,
}

impl WatchedSession {
    /// Whether `id` is over, however it ended, or never was.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_over(&self, id: &SessionId, now: Timestamp) -> Result<bool, StoreError> {
        let session = login_sessions::find(&self.db, id).await?;
        Ok(!session.is_some_and(|session| session.is_live(now, self.session_idle)))
    }
}

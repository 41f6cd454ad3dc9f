//! The one way a session ends, whoever ends it. Whoever has to be told of an end is told from here.

use tracing::info;

use crate::id::SessionId;
use crate::model::login_session::EndReason;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::login_sessions;
use crate::time::Timestamp;

/// Ends sessions.
#[derive(Clone, Debug)]
pub struct EndSession {
    /// Where they are.
    pub db: Db,
}

impl EndSession {
    /// Ends the session `id` and what is bound to it; its cookie finds nothing from then on. True for the one call that ended it.
    ///
    /// # Errors
    /// When it could not be written: then it did not end, or nobody knows.
    pub async fn end(&self, id: &SessionId, reason: EndReason, now: Timestamp) -> Result<bool, StoreError> {
        let session = id.clone();
        let ended = self
            .db
            .write(move |tx| Box::pin(async move { login_sessions::end(tx, &session, reason, now).await }))
            .await?;
        if ended {
            info!(session.id = %id, reason = reason.as_str(), "session {id} ended");
        }
        Ok(ended)
    }
}

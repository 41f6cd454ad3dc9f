//! The one way a session ends, whoever ends it. Whoever has to be told of an end is told from here.

use tracing::info;

use crate::id::SessionId;
use crate::model::login_session::EndReason;
use crate::store::db::{Db, Tx};
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
        let end =
            self.db.write(move |tx| Box::pin(async move { end_within(tx, &session, reason, now).await }));
        end.await
    }
}

/// The same as a part of a commit that does more: a sign-in that replaces somebody else's session.
pub(in crate::provider) async fn end_within(
    tx: &mut Tx,
    id: &SessionId,
    reason: EndReason,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let ended = login_sessions::end(tx, id, reason, now).await?;
    if ended {
        info!(session.id = %id, reason = reason.as_str(), "session {id} ends: {}", reason.as_str());
    }
    Ok(ended)
}

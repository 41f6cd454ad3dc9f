//! The operator's view of people's sessions: list them, end them. A bridge that runs tells the apps within seconds.

use std::time::Duration;

use serde::Serialize;

use crate::id::{AccountId, ClientId, SessionId};
use crate::model::login_session::EndReason;
use crate::provider::logout::end_session::EndSession;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::{accounts, login_sessions, participants};
use crate::time::Timestamp;

/// A session as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedSession {
    /// `sid`.
    pub id: SessionId,
    /// Whose: `sub`.
    pub account: AccountId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_seen: Timestamp,
    /// Where from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The clients that take part in it.
    pub clients: Vec<ClientId>,
}

/// People's sessions in an operator's hand.
#[derive(Clone, Debug)]
pub struct Sessions {
    /// Where they are.
    pub db: Db,
    /// Ends them.
    pub end_session: EndSession,
    /// After how long a session that nobody uses is over.
    pub session_idle: Duration,
}

impl Sessions {
    /// The living sessions of everybody who has this user name today, of whatever legacy system.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list(&self, user_name: &str, now: Timestamp) -> Result<Vec<ListedSession>, StoreError> {
        let mut listed = Vec::new();
        for account in accounts::list_by_user_name(&self.db, user_name).await? {
            let used_after = now - self.session_idle;
            for session in login_sessions::list(&self.db, &account.id, now, used_after).await? {
                listed.push(ListedSession {
                    clients: participants::list(&self.db, &session.id).await?,
                    id: session.id,
                    account: session.account,
                    created_at: session.created_at,
                    last_seen: session.last_seen,
                    address: session.whereabouts.address,
                });
            }
        }
        Ok(listed)
    }

    /// Ends them all; answers with what ended.
    ///
    /// # Errors
    /// When the database does not answer; sessions before it in the list have ended.
    pub async fn end(&self, user_name: &str, now: Timestamp) -> Result<Vec<ListedSession>, StoreError> {
        let listed = self.list(user_name, now).await?;
        for session in &listed {
            self.end_session.end(&session.id, EndReason::Operator, now).await?;
        }
        Ok(listed)
    }
}

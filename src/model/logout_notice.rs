//! A logout token on its way: the durable note that a client has to hear of the end of a session (OpenID Connect Back-Channel Logout §2.5).

use crate::id::{AccountId, ClientId, LogoutId, SessionId};
use crate::time::Timestamp;

/// A client that has to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutNotice {
    /// Its id.
    pub id: LogoutId,
    /// Whom to tell.
    pub client: ClientId,
    /// `sid`: which session ended.
    pub session: SessionId,
    /// Whose it was.
    pub account: AccountId,
    /// When the session ended.
    pub created_at: Timestamp,
    /// When it is to be tried next.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub attempts: i64,
}

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeOutcome {
    /// The client has heard it.
    Delivered,
    /// It was tried for so long that nobody waits for it any more.
    GivenUp,
}

impl NoticeOutcome {
    /// How it stands in a column and in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
        }
    }

    /// Reads what `as_str` wrote.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Delivered, Self::GivenUp].into_iter().find(|outcome| outcome.as_str() == word)
    }
}

//! A login session: one person signed in with one browser. Applications take part in it and end with it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, SessionId};
use crate::model::authorization::Authenticated;
use crate::secret::Digest;
use crate::time::Timestamp;

/// A session at the bridge. A person who proves themselves again in it keeps `id` and gets a new cookie.
#[derive(Clone, Debug, PartialEq)]
pub struct LoginSession {
    /// `sid`: stable for the life of the session.
    pub id: SessionId,
    /// Whose it is.
    pub account: AccountId,
    /// SHA-256 of the cookie's value. A new sign-in has a new one, so a planted cookie never becomes somebody's session.
    pub cookie: Digest,
    /// `auth_time`: when the person last proved who they are.
    pub auth_time: Timestamp,
    /// How (RFC 8176).
    pub amr: Vec<String>,
    /// `acr`: how strongly.
    pub acr: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen: Timestamp,
    /// Its absolute end, whatever happens.
    pub expires_at: Timestamp,
    /// In which browser it began, or was last signed in to anew.
    pub whereabouts: Whereabouts,
    /// When and why it ended; an ended session stays a while, so that what hangs on it can be told.
    pub ended: Option<Ended>,
}

/// Where a session is, for its owner to recognise: nothing is decided by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// `User-Agent`, cut to a length.
    pub agent: Option<String>,
    /// The address that the browser came from.
    pub address: Option<String>,
}

/// When and why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: EndReason,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The person signed out, here or at an application.
    SignedOut,
    /// Another person signed in with the same browser.
    Replaced,
    /// Its owner ended it from another browser.
    EndedElsewhere,
    /// The person signed out at the legacy site.
    LegacySite,
    /// The legacy system says that the person is not good any more.
    LegacyRefused,
    /// Nobody used it, or its time was over.
    Expired,
    /// An operator ended it.
    Operator,
}

impl EndReason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::SignedOut,
        Self::Replaced,
        Self::EndedElsewhere,
        Self::LegacySite,
        Self::LegacyRefused,
        Self::Expired,
        Self::Operator,
    ];

    /// How it stands in a column and in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Replaced => "replaced",
            Self::EndedElsewhere => "ended_elsewhere",
            Self::LegacySite => "legacy_site",
            Self::LegacyRefused => "legacy_refused",
            Self::Expired => "expired",
            Self::Operator => "operator",
        }
    }

    /// Reads what `as_str` wrote.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

impl LoginSession {
    /// Whether it can still be used: not ended, not past its absolute end, not idle for `idle` or longer.
    pub fn is_live(&self, now: Timestamp, idle: Duration) -> bool {
        self.ended.is_none() && now < self.expires_at && now.since(self.last_seen) < idle
    }

    /// What tokens say of this sign-in.
    pub fn authenticated(&self) -> Authenticated {
        Authenticated {
            account: self.account.clone(),
            session: self.id.clone(),
            auth_time: self.auth_time,
            acr: self.acr.clone(),
            amr: self.amr.clone(),
        }
    }
}

//! A token family: everything that came of one redeemed code. Its refresh token is replaced at each use, and when an old
//! one comes back the whole family ends (RFC 9700 §4.14.2).

use serde::{Deserialize, Serialize};

use crate::id::FamilyId;
use crate::model::authorization::Authorization;
use crate::secret::Digest;
use crate::time::Timestamp;

/// A family.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenFamily {
    /// Its id; access tokens carry it, so that they end with it.
    pub id: FamilyId,
    /// What its tokens stand for.
    pub authorization: Authorization,
    /// Whether it outlives the session it began in.
    pub bound_to: Binding,
    /// Its refresh token, when the client has one.
    pub refresh: Option<RefreshState>,
    /// When it began.
    pub created_at: Timestamp,
    /// Its absolute end.
    pub expires_at: Timestamp,
    /// When and why it was revoked.
    pub revoked: Option<Revoked>,
}

/// What a family's life hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Ends with the login session.
    Session,
    /// `offline_access`: lives until it is revoked or expires (OpenID Connect Core §11).
    Offline,
}

/// Where the rotation stands. Only digests are kept, except the newest token, which is kept sealed while its answer may have been lost.
#[derive(Clone, Debug, PartialEq)]
pub struct RefreshState {
    /// Digest of the part that all tokens of the family share: finds the family from any token of it, however old.
    pub handle: Digest,
    /// Digest of the token that works.
    pub current: Digest,
    /// Digest of the one before it.
    pub previous: Option<Digest>,
    /// How often it was rotated.
    pub generation: i64,
    /// When it was last rotated (at first: issued).
    pub rotated_at: Timestamp,
    /// When it expires if nobody uses it.
    pub idle_expires_at: Timestamp,
    /// The newest token, sealed, to be handed out again if its first answer was lost.
    pub successor: Option<Vec<u8>>,
    /// Whether a token of the newest answer was seen in use: then its answer was not lost.
    pub successor_used: bool,
}

/// When and why a family was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
}

/// Why a family was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationReason {
    /// The client asked (RFC 7009).
    ByClient,
    /// Its code was shown a second time (RFC 6749 §4.1.2).
    CodeReplayed,
    /// A spent refresh token came back.
    RefreshTokenReused,
    /// Its session ended.
    SessionEnded,
    /// The person took the access back.
    Disconnected,
    /// The legacy system says that the person is not good any more.
    LegacyRefused,
    /// An operator ended all that the person had.
    Operator,
}

impl RevocationReason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::ByClient,
        Self::CodeReplayed,
        Self::RefreshTokenReused,
        Self::SessionEnded,
        Self::Disconnected,
        Self::LegacyRefused,
        Self::Operator,
    ];

    /// How it stands in a column and in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ByClient => "by_client",
            Self::CodeReplayed => "code_replayed",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::SessionEnded => "session_ended",
            Self::Disconnected => "disconnected",
            Self::LegacyRefused => "legacy_refused",
            Self::Operator => "operator",
        }
    }

    /// Reads what `as_str` wrote.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

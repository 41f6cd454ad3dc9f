//! A signing key's record and its life: published before it signs, signing, retired but still published, gone.

use std::time::Duration;

use crate::id::KeyId;
use crate::oauth::algorithm::SigningAlgorithm;
use crate::time::Timestamp;

/// A signing key as we keep it: the private half sealed.
#[derive(Clone, Debug, PartialEq)]
pub struct SigningKeyRecord {
    /// `kid`.
    pub id: KeyId,
    /// `alg`: a key signs with one algorithm only (RFC 8725 §3.1).
    pub algorithm: SigningAlgorithm,
    /// The private key, sealed, bound to `id`.
    pub sealed: Vec<u8>,
    /// When it was made; published from then on.
    pub created_at: Timestamp,
    /// When it begins to sign.
    pub signs_from: Timestamp,
    /// When it stopped signing because a younger one took over. An emergency sets it a moment ahead, until when the key still signs; none
    /// while no end is set.
    pub retired_at: Option<Timestamp>,
}

/// Where a key stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published so that relying parties can fetch it before they need it.
    Published,
    /// Signs.
    Signing,
    /// Signs no more; published until the last token it signed has expired.
    Retired,
    /// Nothing that it signed is still good, except as a hint.
    Gone,
}

impl KeyState {
    /// How it is printed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Signing => "signing",
            Self::Retired => "retired",
            Self::Gone => "gone",
        }
    }
}

impl SigningKeyRecord {
    /// The state at `now`; `longest_token` is the longest lifetime of anything that a key signs.
    pub fn state(&self, now: Timestamp, longest_token: Duration) -> KeyState {
        match self.retired_at {
            Some(at) if at + longest_token <= now => KeyState::Gone,
            Some(at) if at <= now => KeyState::Retired,
            _ if self.signs_from <= now => KeyState::Signing,
            _ => KeyState::Published,
        }
    }
}

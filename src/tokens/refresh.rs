//! The text of a refresh token: a handle that all tokens of a family share, a dot, and a secret of its own. The handle finds the
//! family from any of its tokens, however old, so that an old one that comes back can end it.

use crate::id::FamilyId;
use crate::keys::seal::{Purpose, Sealer};
use crate::secret::{Chance, Digest, Secret};

/// Base64url of 256 bits.
const LENGTH: usize = 43;

/// A refresh token that was just made.
#[derive(Clone, Debug)]
pub struct MintedRefresh {
    /// What the client gets.
    pub token: Secret,
    /// The digest of its handle.
    pub handle: Digest,
    /// The digest of the whole.
    pub digest: Digest,
}

/// The first token of a family.
pub fn first(chance: &Chance) -> MintedRefresh {
    with_handle(chance.secret().expose(), chance)
}

/// The token that replaces `presented`; `None` when that is no refresh token.
pub fn successor(presented: &str, chance: &Chance) -> Option<MintedRefresh> {
    handle_text(presented).map(|handle| with_handle(handle, chance))
}

/// The digest of the handle, by which a family is found; `None` when `text` cannot be a refresh token.
pub fn handle_of(text: &str) -> Option<Digest> {
    handle_text(text).map(Digest::of)
}

/// Seals a token for the time in which its answer may have been lost.
pub fn seal(sealer: &Sealer, family: &FamilyId, token: &Secret, chance: &Chance) -> Vec<u8> {
    sealer.seal(Purpose::RefreshSuccessor, family.as_str().as_bytes(), token.expose().as_bytes(), chance)
}

/// Opens what [`seal`] sealed for the same family.
pub fn open(sealer: &Sealer, family: &FamilyId, sealed: &[u8]) -> Option<Secret> {
    let plain = sealer.open(Purpose::RefreshSuccessor, family.as_str().as_bytes(), sealed).ok()?;
    std::str::from_utf8(&plain).ok().map(Secret::from)
}

fn with_handle(handle: &str, chance: &Chance) -> MintedRefresh {
    let token = Secret::from(format!("{handle}.{}", chance.secret().expose()));
    MintedRefresh { handle: Digest::of(handle), digest: Digest::of(token.expose()), token }
}

fn handle_text(text: &str) -> Option<&str> {
    let (handle, secret) = text.split_once('.')?;
    let is_part = |part: &str| {
        part.len() == LENGTH && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    (is_part(handle) && is_part(secret)).then_some(handle)
}

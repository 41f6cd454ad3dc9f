//! What a refresh token that is presented means: use, lost answer, or theft.
//!
//! # Why
//!
//! Each refresh replaces the token, and an old token that comes back betrays that two parties hold the family, so the family ends
//! (RFC 9700 §4.14.2). But an honest client whose answer was lost on the way comes back with an old token too, and it must not be
//! signed out for a bad connection. So, in the order in which it is decided:
//!
//! 1. The current token rotates.
//! 2. The token just before it is answered again, with the *same* successor, if the rotation was less than the replay window ago
//!    **and** nothing of the first answer was ever seen in use: neither its refresh token (then the asker's would not be the
//!    one just before) nor its access token at userinfo or introspection (`successor_used`).
//! 3. Anything else is theft: the token just before when its answer arrived or the window has passed, and every older one.
//!
//! What it costs: a thief who takes a token and comes within the window, before the owner has used the first answer, gets the same
//! successor as the owner. Nothing is multiplied: there is still one live token, and the first of the two to rotate it makes the
//! other one's next try a theft. A window without rule 2's condition lost: it gives a thief a live branch whenever they are quick.
//! Handing out a second, different successor lost: two live branches are exactly what reuse detection is there to see.

use std::time::Duration;

use crate::id::ClientId;
use crate::model::token_family::{RefreshState, TokenFamily};
use crate::secret::Digest;
use crate::time::Timestamp;

/// What to do with a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Replace it.
    Rotate,
    /// Give the same successor again: the first answer was lost.
    Replay,
    /// It was used before: end the family.
    Reuse,
    /// It or its family is too old.
    Expired,
    /// Its family was revoked, or has no refresh token.
    Revoked,
    /// It belongs to another client (RFC 6749 §6). The family is left alone: whoever presents it did not prove to be the
    /// client that could have leaked it.
    WrongClient,
}

/// Decides. `presented` is the digest of a token whose handle found `family`.
pub fn decide(
    family: &TokenFamily,
    client: &ClientId,
    presented: &Digest,
    replay_window: Duration,
    now: Timestamp,
) -> Decision {
    let Some(state) = &family.refresh else { return Decision::Revoked };
    if family.authorization.client != *client {
        Decision::WrongClient
    } else if family.revoked.is_some() {
        Decision::Revoked
    } else if family.expires_at <= now || state.idle_expires_at <= now {
        Decision::Expired
    } else if state.current == *presented {
        Decision::Rotate
    } else if state.previous == Some(*presented) && answer_may_be_lost(state, replay_window, now) {
        Decision::Replay
    } else {
        Decision::Reuse
    }
}

fn answer_may_be_lost(state: &RefreshState, replay_window: Duration, now: Timestamp) -> bool {
    !state.successor_used && state.successor.is_some() && now.since(state.rotated_at) < replay_window
}

//! Time and chance: the one place of the stand-in that asks the machine for either.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;

pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

/// 32 lower-case hex digits, the look of a refresh token or a session id.
pub(super) fn hex_token() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// An opaque access token of 496 characters.
pub(super) fn long_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 372]>())
}

/// An identifier that a person keeps for life.
pub(super) fn guid() -> String {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid().to_string()
}

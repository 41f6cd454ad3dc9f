//! What a token says it is, before anybody believes it: only to find the issuer that it is then checked for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::keys::compact::LONGEST_COMPACT;

/// A token by its looks.
#[derive(Clone, Debug, PartialEq)]
pub enum Claimed {
    /// A JWS with these claims.
    Jwt(Value),
    /// A JWE: a token for somebody who has the key.
    Encrypted,
    /// A text that means something to its issuer only.
    Opaque,
    /// Too long, or no `b64token` (RFC 6750 §2.1).
    Nothing,
}

impl Claimed {
    /// Looks at `token`.
    pub fn of(token: &str) -> Self {
        if token.is_empty() || token.len() > LONGEST_COMPACT || !token.bytes().all(may_stand_in_a_token) {
            return Self::Nothing;
        }
        let parts: Vec<&str> = token.split('.').collect();
        match parts.as_slice() {
            [header, payload, _] if object(header).is_some() => {
                object(payload).map_or(Self::Nothing, Self::Jwt)
            }
            // RFC 7516 §7.1.
            [header, _, _, _, _] if object(header).is_some_and(|header| header.get("enc").is_some()) => {
                Self::Encrypted
            }
            _ => Self::Opaque,
        }
    }
}

/// RFC 6750 §2.1: `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`.
fn may_stand_in_a_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

fn object(part: &str) -> Option<Value> {
    let json = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&json).ok().filter(Value::is_object)
}

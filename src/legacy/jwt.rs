//! The claims of a JWT that the old system gave: read as they came over TLS, or verified first, as the configuration says explicitly.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::formula::Formula;
use crate::keys::client_keys::ClientKeys;

/// `[legacy.jwt]`.
#[derive(Clone, Debug)]
pub struct JwtDescription {
    /// Where the token stands in the answer of the login.
    pub from: Formula,
    /// Whether its signature is looked at.
    pub trust: JwtTrust,
}

/// Why its claims are believed.
#[derive(Clone, Debug)]
pub enum JwtTrust {
    /// It came over TLS from the system itself, in the answer to our own request (OpenID Connect Core §3.1.3.7, point 6).
    Transport,
    /// Its signature is one of these keys'.
    Keys(Arc<ClientKeys>),
}

impl JwtDescription {
    /// The claims of `token`.
    ///
    /// # Errors
    /// Why they are not believed.
    pub(super) fn claims(&self, token: &str) -> Result<Value, String> {
        match &self.trust {
            JwtTrust::Transport => read(token).ok_or_else(|| "it is no JWT".to_owned()),
            JwtTrust::Keys(keys) => {
                let verified = keys.verify(token).map_err(|error| error.to_string())?;
                verified.claims().map_err(|_| "its claims are no JSON".to_owned())
            }
        }
    }
}

/// The claims, unverified.
pub fn read(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&claims).ok().filter(Value::is_object)
}

/// Whether `text` looks like a JWT.
pub fn looks_like_one(text: &str) -> bool {
    text.starts_with("eyJ") && text.matches('.').count() >= 2
}

//! HTTP Basic as clients use it: id and secret are form-encoded before they are joined (RFC 6749 §2.3.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::form;
use crate::id::ClientId;
use crate::secret::Secret;

/// An `Authorization` header that is not Basic credentials of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedBasic {
    /// Another scheme.
    #[error("the Authorization header is not Basic")]
    NotBasic,
    /// Not base64 (RFC 7617 §2).
    #[error("the Basic credentials are not base64")]
    NotBase64,
    /// No colon between id and secret.
    #[error("the Basic credentials have no colon")]
    NoColon,
    /// Id or secret is not the form encoding of a text.
    #[error("the Basic credentials are not form-encoded UTF-8")]
    NotText,
    /// Nothing before the colon.
    #[error("the Basic credentials name no client")]
    NoClient,
}

/// Reads the value of an `Authorization` header. The scheme's case does not matter (RFC 7617 §2).
///
/// A library that forgets the form encoding is understood as long as its id and secret hold neither `+` nor `%`, and the
/// secrets that we make hold neither.
///
/// # Errors
/// When it is no Basic header, no base64, or holds no id.
pub fn parse(header: &str) -> Result<(ClientId, Secret), MalformedBasic> {
    let (scheme, credentials) = header.trim().split_once(' ').ok_or(MalformedBasic::NotBasic)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(MalformedBasic::NotBasic);
    }
    let joined = STANDARD.decode(credentials.trim()).map_err(|_| MalformedBasic::NotBase64)?;
    let colon = joined.iter().position(|byte| *byte == b':').ok_or(MalformedBasic::NoColon)?;
    let (id, secret) = joined.split_at(colon);
    let id = form::decode(id).map_err(|_| MalformedBasic::NotText)?;
    let secret = form::decode(secret.get(1..).unwrap_or_default()).map_err(|_| MalformedBasic::NotText)?;
    if id.is_empty() {
        return Err(MalformedBasic::NoClient);
    }
    Ok((ClientId::from(id), Secret::from(secret)))
}

//! What the claims of a `private_key_jwt` assertion must say (RFC 7523 §3, OpenID Connect Core §9). Its signature was verified before;
//! whether its `jti` was used before is asked afterwards.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::id::ClientId;
use crate::time::Timestamp;

/// How far ahead an assertion may expire: its `jti` is remembered that long.
pub const LONGEST: Duration = Duration::from_secs(60 * 60);
/// How far apart two clocks may be.
pub const LEEWAY: Duration = Duration::from_secs(60);
/// The longest `jti`, in bytes.
const LONGEST_JTI: usize = 255;

/// An assertion whose claims hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// `jti`, to be spent.
    pub jti: String,
    /// Until when `jti` must be remembered: after this the assertion is refused for its age.
    pub expires_at: Timestamp,
}

/// What is wrong with an assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionRefusal {
    /// Not a JSON object.
    #[error("the assertion's claims are not a JSON object")]
    NotClaims,
    /// RFC 7523 §3 (1), OpenID Connect Core §9.
    #[error("`iss` is not the client_id")]
    Issuer,
    /// RFC 7523 §3 (2).
    #[error("`sub` is not the client_id")]
    Subject,
    /// RFC 7523 §3 (3): an assertion that another server may accept as well could have been taken from there.
    #[error("`aud` is not this server's issuer or token endpoint, and nothing else")]
    Audience,
    /// RFC 7523 §3 (4).
    #[error("`exp` is missing or not a number")]
    NoExpiry,
    /// RFC 7523 §3 (4).
    #[error("the assertion has expired")]
    Expired,
    /// RFC 7523 §3 (4): "may reject JWTs with an exp claim value that is unreasonably far in the future".
    #[error("`exp` is more than an hour ahead")]
    TooFarAhead,
    /// RFC 7523 §3 (5).
    #[error("`nbf` lies ahead or is not a number")]
    NotYetValid,
    /// RFC 7523 §3 (6).
    #[error("`iat` lies ahead or is not a number")]
    IssuedAhead,
    /// OpenID Connect Core §9: REQUIRED.
    #[error("`jti` is missing, empty or longer than {LONGEST_JTI} bytes")]
    NoId,
}

/// Checks the claims. `audiences` are the names that we answer to: the issuer and the token endpoint's URL.
///
/// # Errors
/// The first claim that does not hold.
pub fn check(
    payload: &[u8],
    client: &ClientId,
    audiences: &[String],
    now: Timestamp,
) -> Result<Accepted, AssertionRefusal> {
    let claims: Map<String, Value> =
        serde_json::from_slice(payload).map_err(|_| AssertionRefusal::NotClaims)?;
    let is_client = |name: &str| claims.get(name).and_then(Value::as_str) == Some(client.as_str());
    require(is_client("iss"), AssertionRefusal::Issuer)?;
    require(is_client("sub"), AssertionRefusal::Subject)?;
    require(is_for_us(claims.get("aud"), audiences), AssertionRefusal::Audience)?;
    let expires_at = claims.get("exp").and_then(moment).ok_or(AssertionRefusal::NoExpiry)?;
    require(now < expires_at + LEEWAY, AssertionRefusal::Expired)?;
    require(expires_at <= now + LONGEST + LEEWAY, AssertionRefusal::TooFarAhead)?;
    require(has_passed(claims.get("nbf"), now), AssertionRefusal::NotYetValid)?;
    require(has_passed(claims.get("iat"), now), AssertionRefusal::IssuedAhead)?;
    let jti = claims.get("jti").and_then(Value::as_str).filter(|jti| (1..=LONGEST_JTI).contains(&jti.len()));
    let jti = jti.ok_or(AssertionRefusal::NoId)?.to_owned();
    Ok(Accepted { jti, expires_at: expires_at + LEEWAY })
}

fn require(holds: bool, refusal: AssertionRefusal) -> Result<(), AssertionRefusal> {
    if holds { Ok(()) } else { Err(refusal) }
}

/// A text or a list, in which every name is ours. Libraries send issuer and token endpoint together; a name of somebody else's in
/// the list is refused.
fn is_for_us(aud: Option<&Value>, audiences: &[String]) -> bool {
    let ours = |name: &Value| name.as_str().is_some_and(|name| audiences.iter().any(|known| known == name));
    match aud {
        Some(Value::Array(names)) => !names.is_empty() && names.iter().all(ours),
        Some(name) => ours(name),
        None => false,
    }
}

/// A claim that may be absent, and else must not lie ahead.
fn has_passed(claim: Option<&Value>, now: Timestamp) -> bool {
    claim.is_none_or(|value| moment(value).is_some_and(|at| at <= now + LEEWAY))
}

/// A `NumericDate` (RFC 7519 §2), whole or not. A number beyond all calendars stands at the end of time instead of wrapping.
fn moment(value: &Value) -> Option<Timestamp> {
    let whole = value.as_i64().or_else(|| value.as_f64().filter(|number| number.is_finite()).map(saturated));
    whole.map(Timestamp::from_seconds)
}

fn saturated(number: f64) -> i64 {
    // `as` saturates at both ends.
    number.floor() as i64
}

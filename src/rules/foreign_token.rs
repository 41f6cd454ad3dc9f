//! What the claims of another issuer's access token must say (RFC 9068 §4, RFC 7519 §4.1). Who vouches for them, a signature or the
//! issuer's own answer, was found out before; whether its `jti` was used before is asked afterwards.

use std::time::Duration;

use serde_json::Value;

use crate::rules::claim_path::ClaimPath;
use crate::time::Timestamp;

/// The longest `jti` that is remembered, in bytes.
const LONGEST_JTI: usize = 255;

/// What is expected of an issuer's tokens.
#[derive(Clone, Debug)]
pub struct Expectations {
    /// `iss`.
    pub issuer: String,
    /// The names in `aud` that mean us; none where an issuer's answer is the only thing to go by.
    pub audiences: Vec<String>,
    /// What else must stand there.
    pub required: Vec<(ClaimPath, Required)>,
    /// How far apart the clocks may be.
    pub leeway: Duration,
    /// How long ago a token may have been issued, however long it says that it lives.
    pub max_age: Option<Duration>,
    /// Whether a token is good for one request only.
    pub once: bool,
    /// How much must be told at all.
    pub told: Told,
}

/// How much a token must tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// What RFC 9068 §2.2 demands of a token that nobody else is asked about.
    Rfc9068,
    /// What an answer of the issuer happens to hold (RFC 7662 §2.2 makes everything optional).
    Perhaps,
}

/// What a required claim must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Required {
    /// Anything but `null`.
    Any,
    /// One of these, or a list that holds one of them.
    OneOf(Vec<Value>),
}

/// A token whose claims hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// When it expires, by its own clock.
    pub expires_at: Option<Timestamp>,
    /// Where it is good for one request only: `jti`, and until when that must be remembered.
    pub spend: Option<(String, Timestamp)>,
}

/// What is wrong with a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForeignRefusal {
    /// RFC 9068 §4: "MUST exactly match".
    #[error("`iss` is not the issuer that this token was checked for")]
    Issuer,
    /// RFC 9068 §4.
    #[error("`aud` names none of the audiences of this API")]
    Audience,
    /// RFC 9068 §2.2: REQUIRED.
    #[error("`{0}` is missing or malformed")]
    Missing(&'static str),
    /// RFC 9068 §4.
    #[error("the token has expired")]
    Expired,
    /// RFC 7519 §4.1.5.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// A clock that runs ahead, or somebody who wants to outwit `max_age`.
    #[error("the token was issued in the future")]
    IssuedAhead,
    /// Longer ago than the administrator allows.
    #[error("the token was issued too long ago")]
    TooOld,
    /// What this issuer's tokens have to say besides.
    #[error("the required claim `{0}` is missing or has another value")]
    Claim(String),
}

/// Checks the claims, an object.
///
/// # Errors
/// The first claim that does not hold.
pub fn check(claims: &Value, expected: &Expectations, now: Timestamp) -> Result<Accepted, ForeignRefusal> {
    let strict = expected.told == Told::Rfc9068;
    match claims.get("iss") {
        Some(iss) => require(iss.as_str() == Some(&expected.issuer), ForeignRefusal::Issuer)?,
        None => require(!strict, ForeignRefusal::Issuer)?,
    }
    require(is_for_us(claims.get("aud"), &expected.audiences), ForeignRefusal::Audience)?;
    let subject = claims.get("sub").and_then(Value::as_str).is_some_and(|sub| !sub.is_empty());
    require(subject || !strict, ForeignRefusal::Missing("sub"))?;
    let expires_at = moment(claims, "exp", strict)?;
    require(expires_at.is_none_or(|at| now < at + expected.leeway), ForeignRefusal::Expired)?;
    let not_before = moment(claims, "nbf", false)?;
    require(not_before.is_none_or(|at| at <= now + expected.leeway), ForeignRefusal::NotYetValid)?;
    let issued_at = moment(claims, "iat", strict)?;
    require(issued_at.is_none_or(|at| at <= now + expected.leeway), ForeignRefusal::IssuedAhead)?;
    let too_old_at = issued_at.zip(expected.max_age).map(|(at, age)| at + age);
    require(too_old_at.is_none_or(|at| now <= at + expected.leeway), ForeignRefusal::TooOld)?;
    for (path, required) in &expected.required {
        require(required.is_met(path.find(claims)), ForeignRefusal::Claim(path.to_string()))?;
    }
    // When either moment has passed, the token is refused for its age.
    let ends_at = [expires_at, too_old_at].into_iter().flatten().min();
    let spend = if expected.once { Some(spend(claims, ends_at, expected.leeway)?) } else { None };
    Ok(Accepted { expires_at, spend })
}

fn require(holds: bool, refusal: ForeignRefusal) -> Result<(), ForeignRefusal> {
    if holds { Ok(()) } else { Err(refusal) }
}

fn spend(
    claims: &Value,
    ends_at: Option<Timestamp>,
    leeway: Duration,
) -> Result<(String, Timestamp), ForeignRefusal> {
    let jti = claims.get("jti").and_then(Value::as_str).filter(|jti| (1..=LONGEST_JTI).contains(&jti.len()));
    let jti = jti.ok_or(ForeignRefusal::Missing("jti"))?;
    // A token that never ends would have to be remembered for ever.
    let ends_at = ends_at.ok_or(ForeignRefusal::Missing("exp"))?;
    // Until it is refused for its age, which `max_age` does one second later than `exp`.
    Ok((jti.to_owned(), ends_at + leeway + Duration::from_secs(1)))
}

/// A text or a list, with one of our names in it (RFC 9068 §4): a token may be meant for several APIs.
fn is_for_us(aud: Option<&Value>, audiences: &[String]) -> bool {
    let ours = |name: &Value| name.as_str().is_some_and(|name| audiences.iter().any(|known| known == name));
    match aud {
        _ if audiences.is_empty() => true,
        Some(Value::Array(names)) => names.iter().any(ours),
        Some(name) => ours(name),
        None => false,
    }
}

impl Required {
    fn is_met(&self, found: Option<&Value>) -> bool {
        match (self, found) {
            (_, None) => false,
            (Self::Any, Some(_)) => true,
            (Self::OneOf(values), Some(Value::Array(list))) => {
                values.iter().any(|value| list.contains(value))
            }
            (Self::OneOf(values), Some(value)) => values.contains(value),
        }
    }
}

/// A `NumericDate` (RFC 7519 §2), whole or not. A number beyond all calendars stands at the end of time instead of wrapping.
fn moment(
    claims: &Value,
    name: &'static str,
    must_be_there: bool,
) -> Result<Option<Timestamp>, ForeignRefusal> {
    let Some(value) = claims.get(name) else {
        return if must_be_there { Err(ForeignRefusal::Missing(name)) } else { Ok(None) };
    };
    let whole = value.as_i64().or_else(|| value.as_f64().filter(|number| number.is_finite()).map(saturated));
    whole.map(Timestamp::from_seconds).map(Some).ok_or(ForeignRefusal::Missing(name))
}

fn saturated(number: f64) -> i64 {
    // `as` saturates at both ends.
    number.floor() as i64
}

//! How long a token can be used, in whatever way the old system tells it. Moments are compared with the time over there, as far as it was
//! told, so that a clock that is wrong does no harm.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use super::jwt;
use super::place::text_of;
use crate::time::Timestamp;

/// What the value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiresAs {
    /// So many seconds from now.
    #[default]
    Seconds,
    /// So many milliseconds from now.
    Milliseconds,
    /// So many days from now.
    Days,
    /// A date: RFC 3339, ISO 8601 without a zone (UTC is meant), or as in HTTP (RFC 1123).
    Date,
    /// Seconds since 1970.
    Epoch,
    /// Milliseconds since 1970.
    EpochMilliseconds,
    /// A JWT, which tells by its `exp` (RFC 7519 §4.1.4).
    Jwt,
}

/// The time that is left at `now`; none when `value` does not tell.
pub(super) fn lifetime(value: &Value, told_as: ExpiresAs, now: Timestamp) -> Option<Duration> {
    // Numbers come as texts too, and with a fraction.
    let number = || {
        match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse::<f64>().ok(),
            _ => None,
        }
        .filter(|number| number.is_finite() && *number >= 0.0 && *number < 1e15)
    };
    let seconds = |number: f64| {
        Duration::try_from_secs_f64(number).ok().map(|span| Duration::from_secs(span.as_secs()))
    };
    let until = |moment: Duration| {
        let moment = i64::try_from(moment.as_secs()).ok().map(Timestamp::from_seconds)?;
        Some(moment.since(now))
    };
    match told_as {
        ExpiresAs::Seconds => seconds(number()?),
        ExpiresAs::Milliseconds => seconds(number()? / 1_000.0),
        ExpiresAs::Days => seconds(number()? * 86_400.0),
        ExpiresAs::Epoch => until(seconds(number()?)?),
        ExpiresAs::EpochMilliseconds => until(seconds(number()? / 1_000.0)?),
        ExpiresAs::Date => date(&text_of(value)?).map(|moment| moment.since(now)),
        ExpiresAs::Jwt => {
            let claims = jwt::read(value.as_str()?)?;
            lifetime(claims.get("exp")?, ExpiresAs::Epoch, now)
        }
    }
}

/// Whether a text is a date in one of the forms that are read.
pub fn is_date(text: &str) -> bool {
    date(text).is_some()
}

/// The moment that a date names.
pub(super) fn date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let moment = text
        .parse::<jiff::Timestamp>()
        .ok()
        .or_else(|| rfc2822::parse(text).ok().map(|zoned| zoned.timestamp()))
        .or_else(|| Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()))?;
    Some(Timestamp::from_seconds(moment.as_second()))
}

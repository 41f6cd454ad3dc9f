//! Durations as people write them: `30d`, `5h 30min`, `15s`. Units are `y` (365 days), `m` (month, 30 days), `w`, `d`,
//! `h`, `min` and `s`: `m` is a month and never a minute.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// The units with their seconds, longest first.
const UNITS: [(&str, u64); 7] =
    [("y", 31_536_000), ("m", 2_592_000), ("w", 604_800), ("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];

/// A length of time in whole seconds, as the configuration writes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(Duration);

impl Span {
    /// A span of `seconds`.
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// A span of `minutes`; the longest span there is when that is too long.
    pub const fn minutes(minutes: u64) -> Self {
        Self::seconds(minutes.saturating_mul(60))
    }

    /// A span of `hours`.
    pub const fn hours(hours: u64) -> Self {
        Self::seconds(hours.saturating_mul(3_600))
    }

    /// A span of `days` of 24 hours.
    pub const fn days(days: u64) -> Self {
        Self::seconds(days.saturating_mul(86_400))
    }

    /// The span as the standard library has it.
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl From<Span> for Duration {
    fn from(span: Span) -> Self {
        span.0
    }
}

impl Deref for Span {
    type Target = Duration;
    fn deref(&self) -> &Duration {
        &self.0
    }
}

/// Why a text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotASpan {
    /// Nothing was written.
    #[error("empty; expected a duration such as \"10min\" or \"5h 30min\"")]
    Empty,
    /// A number stands alone.
    #[error(
        "`{0}` has no unit; write for example \"{0}s\" (seconds), \"{0}min\" (minutes) or \"{0}d\" (days)"
    )]
    NoUnit(String),
    /// A unit stands alone, or something that is no number.
    #[error("expected a whole number before `{0}`, as in \"5h 30min\"")]
    NoNumber(String),
    /// A unit that does not exist.
    #[error("`{0}` is no unit; the units are y (365 days), m (month, 30 days), w, d, h, min and s")]
    UnknownUnit(String),
    /// The same unit twice, or a longer one after a shorter one.
    #[error(
        "`{0}` is repeated or comes after a shorter unit; write each unit once, longest first: \"5h 30min\""
    )]
    OutOfOrder(&'static str),
    /// More than can be counted.
    #[error("too long; the longest duration is 1000y")]
    TooLong,
}

/// Ends of time that fit everywhere: in a `Timestamp`, in a cookie's `Max-Age`, in a JWT.
const LONGEST_SECONDS: u64 = 1_000 * 31_536_000;

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let mut rest = text.trim_matches(' ');
        if rest.is_empty() {
            return Err(NotASpan::Empty);
        }
        let mut units = UNITS.iter();
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let (number, after) = leading(rest, |character| character.is_ascii_digit());
            let (unit, after) = leading(after.trim_start_matches(' '), |c| !c.is_ascii_digit() && c != ' ');
            match (number, unit) {
                ("", unit) => return Err(NotASpan::NoNumber(unit.to_owned())),
                (number, "") => return Err(NotASpan::NoUnit(number.to_owned())),
                _ => {}
            }
            let Some((name, seconds)) = UNITS.iter().find(|(name, _)| *name == unit) else {
                return Err(NotASpan::UnknownUnit(unit.to_owned()));
            };
            // The iterator only moves on, so a unit that was passed is not found again.
            units.find(|(known, _)| known == name).ok_or(NotASpan::OutOfOrder(name))?;
            let part = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*seconds));
            total = part.and_then(|part| total.checked_add(part)).ok_or(NotASpan::TooLong)?;
            rest = after.trim_start_matches(' ');
        }
        if total > LONGEST_SECONDS { Err(NotASpan::TooLong) } else { Ok(Self::seconds(total)) }
    }
}

fn leading(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|character| !belongs(character)).unwrap_or(text.len());
    text.split_at(end)
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_secs();
        if rest == 0 {
            return f.write_str("0s");
        }
        let mut gap = "";
        for (name, seconds) in UNITS {
            if let Some(count) = rest.checked_div(seconds).filter(|count| *count > 0) {
                write!(f, "{gap}{count}{name}")?;
                gap = " ";
            }
            rest %= seconds;
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl serde::de::Visitor<'_> for Reader {
    type Value = Span;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration in quotes, such as \"30d\", \"5h 30min\" or \"15s\"")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Span, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Span, E> {
        Err(E::custom(NotASpan::NoUnit(number.to_string())))
    }
}

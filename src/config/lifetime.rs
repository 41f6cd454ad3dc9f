//! The lifetime of an API's tokens: a duration, or `"unlimited"` where an administrator insists.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::duration::{NotASpan, Span};

/// The word for tokens that do not expire.
const UNLIMITED: &str = "unlimited";

/// How long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// So long.
    Limited(Span),
    /// Until the far date that stands in the token.
    Unlimited,
}

impl<'de> Deserialize<'de> for Lifetime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl serde::de::Visitor<'_> for Reader {
    type Value = Lifetime;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration in quotes, such as \"1y 2m\" or \"5min\", or \"unlimited\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Lifetime, E> {
        match text {
            UNLIMITED => Ok(Lifetime::Unlimited),
            text => text.parse().map(Lifetime::Limited).map_err(E::custom),
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Lifetime, E> {
        Err(E::custom(NotASpan::NoUnit(number.to_string())))
    }
}

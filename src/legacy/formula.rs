//! Where a value comes from: a JSON Pointer (`/userName`), or an expression (`groups | first`). The simple case stays simple, and
//! whatever begins with a slash is a pointer.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde_json::Value;

use super::expression::Expression;
use super::facts::Facts;
use super::place::{Place, text_of};

/// A source of one value.
#[derive(Clone, Debug, PartialEq)]
pub enum Formula {
    /// The value there.
    At(Place),
    /// What an expression makes.
    Made(Expression),
}

impl Formula {
    /// Reads a formula.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.starts_with('/') {
            return Place::parse(text)
                .map(Self::At)
                .ok_or_else(|| "not a JSON Pointer (RFC 6901): `~` stands only as `~0` or `~1`".to_owned());
        }
        Expression::parse(text).map(Self::Made).map_err(|why| {
            format!("neither a JSON Pointer, which begins with a slash (\"/userName\"), nor an expression (\"body.userName | lower\"): {why}")
        })
    }

    /// The pointer `text`, for defaults.
    pub fn pointer(text: &str) -> Self {
        Self::At(Place::parse(text).unwrap_or_default())
    }

    /// Its value; none when there is nothing, or `null`.
    pub fn value<'v>(&self, facts: &Facts<'v>) -> Option<Cow<'v, Value>> {
        match self {
            Self::At(place) => facts.find(place).map(Cow::Borrowed),
            Self::Made(expression) => {
                expression.value(|name| facts.named(name)).filter(|value| !value.is_null()).map(Cow::Owned)
            }
        }
    }

    /// The text or whole number there, as text; none when it is empty.
    pub fn text(&self, facts: &Facts<'_>) -> Option<String> {
        text_of(&*self.value(facts)?)
    }

    /// The names that it begins from: the first segment of a pointer, the variables of an expression.
    pub fn roots(&self) -> Vec<String> {
        match self {
            Self::At(place) => vec![place.root().to_owned()],
            Self::Made(expression) => expression.names().to_vec(),
        }
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(place) => write!(f, "{place}"),
            Self::Made(expression) => write!(f, "`{expression}`"),
        }
    }
}

struct Reader;

impl Visitor<'_> for Reader {
    type Value = Formula;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a JSON Pointer or an expression in quotes, such as \"/userName\" or \"body.userName | lower\"",
        )
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Formula, E> {
        Formula::parse(text).map_err(E::custom)
    }
}

impl<'de> Deserialize<'de> for Formula {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Reader)
    }
}

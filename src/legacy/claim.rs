//! A claim: where its value comes from, through which table it goes, of which type it is and under which scope it is told. What is missing
//! leaves the claim out; nothing is guessed.

use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::claim_source::{ClaimSource, Written, says_something};
use super::facts::Facts;
use super::formula::Formula;
use super::place::text_of;

/// One claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Where its value comes from.
    pub source: ClaimSource,
    /// The lookup table that says what each text means here.
    pub table: Option<String>,
    /// The type that it has to have.
    pub kind: Option<Kind>,
    /// A scope that tells it, beside those of `[scopes]`.
    pub scope: Option<String>,
}

/// The type of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A text.
    String,
    /// A whole number.
    Number,
    /// True or false.
    Boolean,
    /// A list; a single value becomes a list of one.
    List,
}

impl Claim {
    /// A claim that is as its source has it.
    pub(super) fn plain(source: ClaimSource) -> Self {
        Self { source, table: None, kind: None, scope: None }
    }

    /// The claim's value in `document`, the tables of which stand under `tables`.
    pub fn value(&self, document: &Value) -> Option<Value> {
        self.value_in(&Facts::of(document))
    }

    /// The claim's value by what is known.
    pub(super) fn value_in(&self, facts: &Facts<'_>) -> Option<Value> {
        let value = self.source.value(facts)?;
        let value = match &self.table {
            None => value,
            Some(table) => looked_up(&value, facts.named("tables")?.get(table)?)?,
        };
        let value = match self.kind {
            None => value,
            Some(kind) => kind.of(value)?,
        };
        Some(value).filter(says_something)
    }
}

/// What `table` says for a text, or for each text of a list; what is not in it is left out.
fn looked_up(value: &Value, table: &Value) -> Option<Value> {
    let found = |value: &Value| table.get(text_of(value)?).cloned();
    match value {
        Value::Array(elements) => Some(Value::Array(elements.iter().filter_map(found).collect())),
        value => found(value),
    }
}

impl Kind {
    /// The value as this type; none when it cannot be one.
    fn of(self, value: Value) -> Option<Value> {
        match (self, value) {
            (Self::String, value) => {
                text_of(&value).or_else(|| value.as_bool().map(|truth| truth.to_string())).map(Value::from)
            }
            (Self::Number, Value::String(text)) => text.trim().parse::<i64>().ok().map(Value::from),
            (Self::Number, Value::Number(number)) => {
                (number.is_i64() || number.is_u64()).then_some(Value::Number(number))
            }
            (Self::Boolean, Value::Bool(truth)) => Some(Value::Bool(truth)),
            (Self::Boolean, value) => match text_of(&value)?.to_lowercase().as_str() {
                "true" | "1" | "yes" | "y" => Some(Value::Bool(true)),
                "false" | "0" | "no" | "n" => Some(Value::Bool(false)),
                _ => None,
            },
            (Self::List, Value::Array(elements)) => Some(Value::Array(elements)),
            (Self::List, value) => Some(Value::Array(vec![value])),
            (Self::Number, _) => None,
        }
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Claim;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON Pointer or an expression in quotes, such as \"/party/Name\", or a table such as { first = \"/party/Emails\" }")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Claim, E> {
        let formula = Formula::parse(text).map_err(E::custom)?;
        // The empty pointer is everything that the old system said, which is no claim.
        if text.is_empty() {
            return Err(E::custom(
                "not a JSON Pointer (RFC 6901): it begins with a slash, such as \"/party/Name\"",
            ));
        }
        Ok(Claim::plain(ClaimSource::From(formula)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Claim, A::Error> {
        Written::deserialize(MapAccessDeserializer::new(map))?.claim().map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Claim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

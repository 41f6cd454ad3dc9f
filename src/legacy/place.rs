//! Where in a JSON document a value stands: a JSON Pointer (RFC 6901), which reaches `.issued`, `as:client_id` and `$values` alike.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde_json::Value;

/// A JSON Pointer; the empty one is the whole document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place(String);

impl Place {
    /// Reads a pointer.
    pub fn parse(text: &str) -> Option<Self> {
        // RFC 6901 §3: `~` stands only as `~0` or `~1`.
        let escapes = text.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
        ((text.is_empty() || text.starts_with('/')) && escapes).then(|| Self(text.to_owned()))
    }

    /// The value there; none when there is nothing, or `null`.
    pub fn find<'v>(&self, document: &'v Value) -> Option<&'v Value> {
        document.pointer(&self.0).filter(|value| !value.is_null())
    }

    /// The text or whole number there, as text; none when it is empty.
    pub fn text(&self, document: &Value) -> Option<String> {
        text_of(self.find(document)?)
    }

    /// The first name on the way; empty for the whole document.
    pub fn root(&self) -> &str {
        self.0.split('/').nth(1).unwrap_or_default()
    }

    /// The pointer.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text or whole number as text; none when it is empty or something else. A number beyond 64 bits was rounded when it was read, and
/// two people whose ids round to the same would be one: it counts as nothing.
pub fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
    .filter(|text| !text.is_empty())
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

struct Reader;

impl Visitor<'_> for Reader {
    type Value = Place;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON Pointer in quotes, such as \"/userName\" or \"/Items/$values/0\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Place, E> {
        Place::parse(text).ok_or_else(|| {
            E::custom("not a JSON Pointer (RFC 6901): it begins with a slash, such as \"/userName\"")
        })
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Reader)
    }
}

//! A text with places to fill: `{base_url}/api/party/{/user/Party/PartyId}`. What is filled in is escaped for where it goes, so that
//! no value of the old system, and no user name, becomes a path, a parameter or another host.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde_json::Value;
use url::Url;

use super::place::Place;
use crate::oauth::form;

/// The name under which the old system's address stands in a template.
const BASE_URL: &str = "base_url";

/// A parsed template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    BaseUrl,
    Value(Place),
}

/// A place of a template that could not be filled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is nothing at {0} to fill a template with")]
pub struct NothingThere(pub Place);

impl Template {
    /// Reads a template; `None` when a brace is alone, or holds neither `base_url` nor a JSON Pointer.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, beyond) = after.split_once('}')?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(match name {
                BASE_URL => Part::BaseUrl,
                pointer if pointer.starts_with('/') => Part::Value(Place::parse(pointer)?),
                _ => return None,
            });
            rest = beyond;
        }
        parts.push(Part::Text(rest.to_owned()));
        let alone = |part: &Part| matches!(part, Part::Text(text) if text.contains('}'));
        (!parts.iter().any(alone)).then_some(Self(parts))
    }

    /// The text as a URL: `base_url` as it is, values percent-encoded, so that each stays within its segment or parameter.
    ///
    /// # Errors
    /// When a value is missing, or is `.` or `..`, which no encoding keeps from walking up a path.
    pub fn fill_url(&self, base_url: &str, document: &Value) -> Result<String, NothingThere> {
        self.fill(base_url, document, |value| {
            // A form's `+` means a space in a query only; `%20` means one everywhere.
            (!matches!(value, "." | "..")).then(|| form::encode(value).replace('+', "%20"))
        })
    }

    /// The address up to the first value, when the host stands there whole: no value of an answer chooses who is sent a token.
    pub fn fixed_address(&self, base_url: &str) -> Option<Url> {
        let mut fixed = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => fixed.push_str(text),
                Part::BaseUrl => fixed.push_str(base_url),
                // RFC 3986 §3.2: the authority ends at a slash or a question mark.
                Part::Value(_) if fixed.split_once("://")?.1.contains(['/', '?']) => break,
                Part::Value(_) => return None,
            }
        }
        Url::parse(&fixed).ok()
    }

    /// The text as it is, for a claim.
    ///
    /// # Errors
    /// When a value is missing.
    pub fn fill_text(&self, document: &Value) -> Result<String, NothingThere> {
        self.fill("", document, |value| Some(value.to_owned()))
    }

    fn fill(
        &self,
        base_url: &str,
        document: &Value,
        escape: impl Fn(&str) -> Option<String>,
    ) -> Result<String, NothingThere> {
        let mut filled = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::BaseUrl => filled.push_str(base_url),
                Part::Value(place) => {
                    let value = place.text(document).and_then(|value| escape(&value));
                    filled.push_str(&value.ok_or_else(|| NothingThere(place.clone()))?);
                }
            }
        }
        Ok(filled)
    }
}

struct Reader;

impl Visitor<'_> for Reader {
    type Value = Template;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a template in quotes, such as \"{base_url}/api/party/{/user/PartyId}\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Template, E> {
        Template::parse(text).ok_or_else(|| {
            E::custom(
                "not a template: in braces stands `base_url` or a JSON Pointer, as in \"{base_url}/api/party/{/user/PartyId}\"",
            )
        })
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Reader)
    }
}

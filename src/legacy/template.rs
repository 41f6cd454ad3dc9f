//! A text with places to fill: `{base_url}/api/party/{/user/Party/PartyId}`. In braces stands `base_url`, a JSON Pointer or an expression;
//! `{{` and `}}` are braces. What is filled in is escaped for where it goes, so that no value of the old system, and no user name,
//! becomes a path, a parameter or another host.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde_json::Value;
use url::Url;

use super::facts::Facts;
use super::formula::Formula;
use super::place::text_of;
use super::xml;
use crate::oauth::form;

/// The name under which the old system's address stands in a template.
const BASE_URL: &str = "base_url";

/// A parsed template.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    BaseUrl,
    Value(Formula),
}

/// A place of a template that could not be filled.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("there is nothing at {0} to fill a template with")]
pub struct NothingThere(pub Formula);

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// When a brace is alone, or holds neither `base_url` nor a JSON Pointer nor an expression.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut fixed = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            fixed.push_str(before);
            let doubled = from.strip_prefix("{{").map(|after| ('{', after));
            if let Some((brace, after)) =
                doubled.or_else(|| from.strip_prefix("}}").map(|after| ('}', after)))
            {
                fixed.push(brace);
                rest = after;
                continue;
            }
            let alone =
                "a brace stands alone; `{{` and `}}` are braces, and what is filled in stands in `{` and `}`";
            let inside = from.strip_prefix('{').and_then(|after| after.split_once('}'));
            let (name, beyond) = inside.ok_or_else(|| alone.to_owned())?;
            parts.push(Part::Text(std::mem::take(&mut fixed)));
            parts.push(match name {
                BASE_URL => Part::BaseUrl,
                "" => return Err("an empty pair of braces".to_owned()),
                formula => Part::Value(Formula::parse(formula)?),
            });
            rest = beyond;
        }
        fixed.push_str(rest);
        parts.push(Part::Text(fixed));
        parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
        Ok(Self(parts))
    }

    /// The text as a URL: `base_url` as it is, values percent-encoded, so that each stays within its segment or parameter. Only a value
    /// that the template begins with is taken as the URL that it is; whoever sends something there checks its host.
    ///
    /// # Errors
    /// When a value is missing, or is `.` or `..`, which no encoding keeps from walking up a path.
    pub fn fill_url(&self, base_url: &str, facts: &Facts<'_>) -> Result<String, NothingThere> {
        self.fill(base_url, facts, |index, value| {
            if index == 0 {
                return Some(value.to_owned());
            }
            // A form's `+` means a space in a query only; `%20` means one everywhere.
            (!matches!(value, "." | "..")).then(|| form::encode(value).replace('+', "%20"))
        })
    }

    /// The address up to the first value, when the host stands there whole; `None` when a value of an answer chooses it.
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

    /// Whether a value stands where the URL begins.
    pub fn begins_with_a_value(&self) -> bool {
        matches!(self.0.first(), Some(Part::Value(_)))
    }

    /// The text as it is, for a claim or a field.
    ///
    /// # Errors
    /// When a value is missing.
    pub fn fill_text(&self, base_url: &str, facts: &Facts<'_>) -> Result<String, NothingThere> {
        self.fill(base_url, facts, |_, value| Some(value.to_owned()))
    }

    /// The text as XML, in which every value is text and nothing else.
    ///
    /// # Errors
    /// When a value is missing, or holds a character that XML has no way to write.
    pub fn fill_xml(&self, base_url: &str, facts: &Facts<'_>) -> Result<String, NothingThere> {
        self.fill(base_url, facts, |_, value| xml::text(value))
    }

    /// The value as it is when the template is nothing but one, and else the text.
    ///
    /// # Errors
    /// When a value is missing.
    pub fn fill_value(&self, base_url: &str, facts: &Facts<'_>) -> Result<Value, NothingThere> {
        match self.0.as_slice() {
            [Part::Value(formula)] => formula
                .value(facts)
                .map(std::borrow::Cow::into_owned)
                .ok_or_else(|| NothingThere(formula.clone())),
            _ => self.fill_text(base_url, facts).map(Value::String),
        }
    }

    /// What is filled in.
    pub fn formulas(&self) -> impl Iterator<Item = &Formula> {
        self.0.iter().filter_map(|part| match part {
            Part::Value(formula) => Some(formula),
            Part::Text(_) | Part::BaseUrl => None,
        })
    }

    fn fill(
        &self,
        base_url: &str,
        facts: &Facts<'_>,
        escape: impl Fn(usize, &str) -> Option<String>,
    ) -> Result<String, NothingThere> {
        let mut filled = String::new();
        for (index, part) in self.0.iter().enumerate() {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::BaseUrl => filled.push_str(base_url),
                Part::Value(formula) => {
                    let value = formula.value(facts).and_then(|value| escape(index, &text_of(&value)?));
                    filled.push_str(&value.ok_or_else(|| NothingThere(formula.clone()))?);
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
        Template::parse(text).map_err(|why| {
            E::custom(format!(
                "not a template: {why}; in braces stands `base_url`, a JSON Pointer or an expression, as in \"{{base_url}}/api/party/{{/user/PartyId}}\""
            ))
        })
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Reader)
    }
}

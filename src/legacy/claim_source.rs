//! Where a claim comes from: a place in what the old system answered, or one of a few small computations on it. What is missing
//! there leaves the claim out; nothing is guessed.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::place::{Place, text_of};
use super::template::Template;

/// A source. In TOML a pointer in quotes, or a table with exactly one of `first`, `each`, `join`, `template`, `constant`, `object`.
#[derive(Clone, Debug, PartialEq)]
pub enum ClaimSource {
    /// The value there.
    At(Place),
    /// The first element of a list for which `only` holds, or the part `take` of it.
    First(Selection),
    /// Each element of a list, as a list.
    Each(Selection),
    /// The texts of a list, joined.
    Join(Selection, String),
    /// A text made of several values; left out when one is missing.
    Template(Template),
    /// Always the same.
    Constant(Value),
    /// An object of other sources; what is missing in it is left out of it.
    Object(BTreeMap<String, ClaimSource>),
}

/// Elements of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    list: Place,
    only: Option<Condition>,
    take: Place,
}

/// What an element must say of itself.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    at: Place,
    equals: Plain,
}

/// A text, number or truth value.
#[derive(Clone, Debug, PartialEq)]
struct Plain(Value);

impl ClaimSource {
    /// The claim's value in `document`.
    pub fn value(&self, document: &Value) -> Option<Value> {
        match self {
            Self::At(place) => place.find(document).cloned(),
            Self::First(selection) => selection.elements(document).next().cloned(),
            Self::Each(selection) => Some(Value::Array(selection.elements(document).cloned().collect())),
            Self::Join(selection, with) => {
                let texts: Vec<String> = selection.elements(document).filter_map(text_of).collect();
                Some(Value::String(texts.join(with)))
            }
            Self::Template(template) => template.fill_text(document).ok().map(Value::String),
            Self::Constant(value) => Some(value.clone()),
            Self::Object(members) => {
                let members: Map<String, Value> = members
                    .iter()
                    .filter_map(|(name, source)| Some((name.clone(), source.value(document)?)))
                    .collect();
                Some(Value::Object(members))
            }
        }
        .filter(says_something)
    }
}

/// An empty text, list or object says nothing, and a claim that says nothing is left out (OpenID Connect Core §5.3.2).
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

impl Selection {
    fn elements<'v>(&self, document: &'v Value) -> impl Iterator<Item = &'v Value> {
        let list = self.list.find(document).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter()
            .filter(|element| {
                self.only.as_ref().is_none_or(|only| only.at.find(element) == Some(&only.equals.0))
            })
            .filter_map(|element| self.take.find(element))
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    first: Option<Place>,
    each: Option<Place>,
    join: Option<Place>,
    only: Option<Condition>,
    take: Option<Place>,
    with: Option<String>,
    template: Option<Template>,
    constant: Option<Plain>,
    object: Option<BTreeMap<String, ClaimSource>>,
}

impl Written {
    fn source(self) -> Result<ClaimSource, &'static str> {
        let (only, take) = (self.only, self.take);
        let selects = only.is_some() || take.is_some();
        let joins = self.with.is_some();
        let select = |list| Selection { list, only, take: take.unwrap_or_default() };
        let source = match (self.first, self.each, self.join, self.template, self.constant, self.object) {
            (Some(list), None, None, None, None, None) if !joins => ClaimSource::First(select(list)),
            (None, Some(list), None, None, None, None) if !joins => ClaimSource::Each(select(list)),
            (None, None, Some(list), None, None, None) => {
                ClaimSource::Join(select(list), self.with.unwrap_or_else(|| " ".to_owned()))
            }
            (None, None, None, Some(template), None, None) if !selects && !joins => {
                ClaimSource::Template(template)
            }
            (None, None, None, None, Some(Plain(value)), None) if !selects && !joins => {
                ClaimSource::Constant(value)
            }
            (None, None, None, None, None, Some(object)) if !selects && !joins => ClaimSource::Object(object),
            _ => {
                return Err(
                    "expected exactly one of `first`, `each`, `join`, `template`, `constant` and `object`; `only` and `take` go with \
                     the first three, `with` goes with `join`",
                );
            }
        };
        Ok(source)
    }
}

struct SourceReader;

impl<'de> Visitor<'de> for SourceReader {
    type Value = ClaimSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON Pointer in quotes, such as \"/party/Name\", or a table such as { first = \"/party/Emails\" }")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ClaimSource, E> {
        // The empty pointer is everything that the old system said, which is no claim.
        Place::parse(text).filter(|place| !place.as_str().is_empty()).map(ClaimSource::At).ok_or_else(|| {
            E::custom("not a JSON Pointer (RFC 6901): it begins with a slash, such as \"/party/Name\"")
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ClaimSource, A::Error> {
        Written::deserialize(MapAccessDeserializer::new(map))?.source().map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for ClaimSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SourceReader)
    }
}

struct PlainReader;

impl Visitor<'_> for PlainReader {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a whole number, or true or false")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Plain, E> {
        Ok(Plain(Value::from(text)))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Plain, E> {
        Ok(Plain(Value::from(number)))
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Plain, E> {
        Ok(Plain(Value::from(truth)))
    }
}

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PlainReader)
    }
}

//! The words of `[legacy]` that are written in several ways: a method, one status or several, a plain value, JSON with templates in it, and
//! how a token is sent.

use std::fmt;

use http::{HeaderName, Method};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::request::{JsonTemplate, SendToken};
use super::template::Template;

/// An HTTP method.
pub(super) struct MethodWord(pub(super) Method);

/// One HTTP status, or several.
pub(super) struct OneOrMore(pub(super) Vec<u16>);

/// A text, number or truth value, as the text that it is compared by.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plain(pub(super) Value);

/// JSON with templates in its texts.
pub(super) struct JsonText(pub(super) JsonTemplate);

/// How a token is sent: a word or a table.
pub(super) struct SendTokenWord(pub(super) SendToken);

impl Plain {
    /// As a text.
    pub(super) fn word(&self) -> String {
        self.0.as_str().map_or_else(|| self.0.to_string(), str::to_owned)
    }
}

macro_rules! read_by {
    ($visitor:ident, $type:ty, $expects:literal, { $($method:item)* }) => {
        struct $visitor;

        impl<'de> Visitor<'de> for $visitor {
            type Value = $type;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($expects)
            }

            $($method)*
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any($visitor)
            }
        }
    };
}

read_by!(MethodReader, MethodWord, "an HTTP method in capitals, such as \"POST\"", {
    fn visit_str<E: de::Error>(self, text: &str) -> Result<MethodWord, E> {
        match text {
            "GET" | "POST" | "PUT" | "PATCH" | "DELETE" => {
                Method::from_bytes(text.as_bytes()).map(MethodWord).map_err(E::custom)
            }
            _ => Err(E::custom("not a method that is used here; there is GET, POST, PUT, PATCH and DELETE")),
        }
    }
});

read_by!(StatusReader, OneOrMore, "an HTTP status such as 401, or a list of them", {
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<OneOrMore, E> {
        status(number)
            .map(|status| OneOrMore(vec![status]))
            .ok_or_else(|| E::custom("no HTTP status (100 to 599)"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMore, A::Error> {
        let mut all = Vec::new();
        while let Some(number) = list.next_element::<i64>()? {
            all.push(status(number).ok_or_else(|| de::Error::custom("no HTTP status (100 to 599)"))?);
        }
        if all.is_empty() {
            Err(de::Error::custom("an empty list fits no answer"))
        } else {
            Ok(OneOrMore(all))
        }
    }
});

fn status(number: i64) -> Option<u16> {
    u16::try_from(number).ok().filter(|status| (100..600).contains(status))
}

read_by!(PlainReader, Plain, "a text, a whole number, or true or false", {
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Plain, E> {
        Ok(Plain(Value::from(text)))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Plain, E> {
        Ok(Plain(Value::from(number)))
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Plain, E> {
        Ok(Plain(Value::from(truth)))
    }
});

read_by!(JsonReader, JsonText, "JSON as a TOML table, list or value, with templates in its texts", {
    fn visit_str<E: de::Error>(self, text: &str) -> Result<JsonText, E> {
        Template::parse(text)
            .map(|template| JsonText(JsonTemplate::Text(template)))
            .map_err(|why| E::custom(format!("not a template: {why}")))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<JsonText, E> {
        Ok(JsonText(JsonTemplate::Plain(Value::from(number))))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<JsonText, E> {
        Ok(JsonText(JsonTemplate::Plain(Value::from(number))))
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<JsonText, E> {
        Ok(JsonText(JsonTemplate::Plain(Value::from(truth))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<JsonText, A::Error> {
        let mut elements = Vec::new();
        while let Some(JsonText(element)) = list.next_element()? {
            elements.push(element);
        }
        Ok(JsonText(JsonTemplate::List(elements)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonText, A::Error> {
        let mut members = Vec::new();
        while let Some((name, JsonText(member))) = map.next_entry::<String, JsonText>()? {
            members.push((name, member));
        }
        Ok(JsonText(JsonTemplate::Object(members)))
    }
});

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SendTokenTable {
    header: Option<String>,
    scheme: Option<String>,
    query: Option<String>,
    cookie: Option<String>,
}

read_by!(
    SendTokenReader,
    SendTokenWord,
    "\"bearer\", \"none\", or a table such as { header = \"Authorization\", scheme = \"Token\" }",
    {
        fn visit_str<E: de::Error>(self, text: &str) -> Result<SendTokenWord, E> {
            match text {
                "bearer" => Ok(SendTokenWord(SendToken::bearer())),
                "none" => Ok(SendTokenWord(SendToken::No)),
                _ => Err(E::custom(
                    "unknown word; there is \"bearer\" and \"none\", or a table with header, query or cookie",
                )),
            }
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SendTokenWord, A::Error> {
            let table = SendTokenTable::deserialize(MapAccessDeserializer::new(map))?;
            let way = match (table.header, table.query, table.cookie) {
                (Some(name), None, None) => {
                    let name = HeaderName::from_bytes(name.as_bytes())
                        .map_err(|_| de::Error::custom("no name of a header"))?;
                    SendToken::Header { name, scheme: table.scheme.unwrap_or_default() }
                }
                (None, Some(name), None) if table.scheme.is_none() => SendToken::Query(name),
                (None, None, Some(name)) if table.scheme.is_none() => SendToken::Cookie(name),
                _ => {
                    return Err(de::Error::custom(
                        "expected exactly one of `header`, `query` and `cookie`; `scheme` goes with `header`",
                    ));
                }
            };
            Ok(SendTokenWord(way))
        }
    }
);

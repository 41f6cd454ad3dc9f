//! A TOML table on its way into typed sections: a serde deserializer whose list elements remember their place when a
//! neighbour was taken out, and whose faults are values and never quote what they found. Says nothing about any section.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer, StringDeserializer};
use serde::de::{self, Deserializer, Expected, IntoDeserializer, Unexpected, Visitor};
use toml::Value;

/// A value of the file.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// A text, number, truth value or date.
    Leaf(Value),
    /// A list; each element with the index that it has in the file.
    List(Vec<(usize, Node)>),
    /// A table in the order of the file.
    Table(Vec<(String, Node)>),
}

/// What can be wrong with a value. The value itself stays out of it: it may be a secret.
#[derive(Debug)]
pub(super) enum Fault {
    /// The table does not know this key, but these.
    UnknownKey(&'static [&'static str]),
    /// Another kind of value was expected.
    Kind { found: String, expected: String },
    /// A word outside a closed set.
    UnknownWord(&'static [&'static str]),
    /// A sentence by the type that was to be read.
    Told(String),
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        match value {
            Value::Array(list) => Self::List(list.into_iter().map(Self::from).enumerate().collect()),
            Value::Table(table) => {
                Self::Table(table.into_iter().map(|(key, value)| (key, value.into())).collect())
            }
            leaf => Self::Leaf(leaf),
        }
    }
}

impl Node {
    /// The kind of value, in words.
    fn kind(&self) -> &'static str {
        match self {
            Self::Leaf(Value::String(_)) => "a text",
            Self::Leaf(Value::Integer(_)) => "a whole number",
            Self::Leaf(Value::Float(_)) => "a number with a fraction",
            Self::Leaf(Value::Boolean(_)) => "a truth value",
            Self::Leaf(_) => "a date or time",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }

    fn wrong(&self, expected: &str) -> Fault {
        Fault::Kind { found: self.kind().to_owned(), expected: expected.to_owned() }
    }

    /// What a person calls this table: its `id`, `audience` or `name`.
    pub(super) fn title(&self) -> Option<&str> {
        let Self::Table(entries) = self else { return None };
        ["id", "audience", "name"].into_iter().find_map(|key| {
            entries.iter().find_map(|(known, value)| match value {
                Self::Leaf(Value::String(text)) if known == key && !text.is_empty() => Some(text.as_str()),
                _ => None,
            })
        })
    }
}

fn whole_number<'de, N: TryFrom<i64>, V: Visitor<'de>>(
    node: &Node,
    range: &str,
    visit: impl FnOnce(N) -> Result<V::Value, Fault>,
) -> Result<V::Value, Fault> {
    match node {
        Node::Leaf(Value::Integer(number)) => match N::try_from(*number) {
            Ok(number) => visit(number),
            Err(_) => Err(Fault::Told(format!("out of range: expected a whole number {range}"))),
        },
        other => Err(other.wrong(&format!("a whole number {range} without quotes, such as 10"))),
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $kind:ty, $range:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            whole_number::<$kind, V>(&self, $range, |number| visitor.$visit(number))
        }
    )*};
}

impl<'de> Deserializer<'de> for Node {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Self::Leaf(Value::String(text)) => visitor.visit_string(text),
            Self::Leaf(Value::Integer(number)) => visitor.visit_i64(number),
            Self::Leaf(Value::Float(number)) => visitor.visit_f64(number),
            Self::Leaf(Value::Boolean(truth)) => visitor.visit_bool(truth),
            Self::Leaf(_) => Err(self.wrong(&(&visitor as &dyn Expected).to_string())),
            Self::List(list) => {
                visitor.visit_seq(SeqDeserializer::new(list.into_iter().map(|(_, node)| node)))
            }
            Self::Table(entries) => visitor.visit_map(MapDeserializer::new(entries.into_iter())),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Self::Leaf(Value::Boolean(truth)) => visitor.visit_bool(truth),
            other => Err(other.wrong("true or false, without quotes")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Self::Leaf(Value::String(text)) => visitor.visit_string(text),
            other => Err(other.wrong("a text in quotes, such as \"…\"")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            list @ Self::List(_) => list.deserialize_any(visitor),
            other => Err(other.wrong("a list in brackets, such as [\"…\", \"…\"]")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            table @ Self::Table(_) => table.deserialize_any(visitor),
            other => Err(other.wrong("a table: its keys under a [header], or in braces { … }")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self {
            Self::Leaf(Value::String(word)) => {
                visitor.visit_enum::<StringDeserializer<Fault>>(word.into_deserializer())
            }
            Self::Table(entries) if entries.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(entries.into_iter())))
            }
            other => Err(other.wrong(&format!("one of {}", quoted(words)))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    whole_numbers! {
        deserialize_u8 visit_u8 u8, "from 0 to 255";
        deserialize_u16 visit_u16 u16, "from 0 to 65535";
        deserialize_u32 visit_u32 u32, "from 0 to 4294967295";
        deserialize_u64 visit_u64 u64, "of 0 or more";
        deserialize_i64 visit_i64 i64, "of either sign";
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Fault> for Node {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Told(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Bool(_) => "a truth value",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
            Unexpected::Float(_) => "a number with a fraction",
            Unexpected::Char(_) | Unexpected::Str(_) => "a text",
            Unexpected::Seq => "a list",
            Unexpected::Map => "a table",
            _ => "something else",
        };
        Self::Kind { found: found.to_owned(), expected: expected.to_string() }
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Told(format!("expected {expected}"))
    }

    fn unknown_variant(_: &str, words: &'static [&'static str]) -> Self {
        Self::UnknownWord(words)
    }

    fn unknown_field(_: &str, known: &'static [&'static str]) -> Self {
        Self::UnknownKey(known)
    }
}

impl std::error::Error for Fault {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey([]) => f.write_str("unknown key; this table takes none"),
            Self::UnknownKey(known) => write!(f, "unknown key; this table knows {}", quoted(known)),
            Self::Kind { found, expected } => write!(f, "found {found}, expected {expected}"),
            Self::UnknownWord(words) => write!(f, "unknown word; expected one of {}", quoted(words)),
            Self::Told(sentence) => f.write_str(sentence),
        }
    }
}

/// The words in backticks, with commas.
fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

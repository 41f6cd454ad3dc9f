//! Small computations on what the old system said: expressions of the MiniJinja library (`groups | join(", ")`), with a few filters of
//! our own. An expression sees values and makes one; it reads no file, calls nobody and writes nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac as _};
use minijinja::value::{Kwargs, Serde, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Expression as Compiled, UndefinedBehavior, Value};
use regex::{Regex, RegexBuilder};
use serde_json::Value as Json;
use sha2::Sha256;

/// What expressions may use. There are no global functions: everything is a value or a filter.
static LANGUAGE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut language = Environment::new();
    // What is missing anywhere on the way is nothing, as with a JSON Pointer.
    language.set_undefined_behavior(UndefinedBehavior::Chainable);
    for function in ["range", "dict", "debug", "namespace", "cycler", "joiner"] {
        language.remove_global(function);
    }
    for escaping in ["safe", "escape", "e"] {
        language.remove_filter(escaping);
    }
    language.add_filter("capture", capture);
    language.add_filter("lookup", lookup);
    language.add_filter("bag", bag);
    language.add_filter("hmac_sha256", hmac_sha256);
    language.add_filter("with_suffix", with_suffix);
    language.add_filter("without_suffix", without_suffix);
    language
});

/// Patterns that were used, compiled: they stand in the configuration, so there are few.
static PATTERNS: LazyLock<Mutex<BTreeMap<String, Regex>>> = LazyLock::new(Mutex::default);
/// More patterns than any configuration has; values that become patterns do not fill the memory.
const MOST_PATTERNS: usize = 256;

/// A compiled expression.
#[derive(Clone)]
pub struct Expression {
    text: Arc<str>,
    names: Arc<[String]>,
    compiled: Arc<Compiled<'static, 'static>>,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// What the library says is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let compiled =
            LANGUAGE.compile_expression_owned(text.to_owned()).map_err(|error| describe(&error))?;
        let mut names: Vec<String> = compiled.undeclared_variables(false).into_iter().collect();
        names.sort();
        Ok(Self { text: text.into(), names: names.into(), compiled: Arc::new(compiled) })
    }

    /// The values that it begins from.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What it makes of the values that `find` finds by name; nothing when anything goes wrong on the way.
    pub(super) fn value<'v>(&self, find: impl Fn(&str) -> Option<&'v Json>) -> Option<Json> {
        let values =
            self.names.iter().filter_map(|name| Some((name.as_str(), Value::from(Serde(find(name)?)))));
        let made = self.compiled.eval(Value::from_pairs(values)).ok()?;
        if made.is_undefined() { None } else { serde_json::to_value(made).ok() }
    }
}

fn describe(error: &Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), str::to_owned)
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({:?})", self.text)
    }
}

/// `text | capture('pattern')`: what the first group of a regular expression caught, or all that it matched; nothing without a match.
fn capture(text: &Value, pattern: &str) -> Result<Value, Error> {
    let Some(text) = text.as_str() else { return Ok(Value::UNDEFINED) };
    let pattern = compiled(pattern)?;
    let caught = pattern.captures(text).and_then(|groups| groups.get(1).or_else(|| groups.get(0)));
    Ok(caught.map_or(Value::UNDEFINED, |group| Value::from(group.as_str())))
}

fn compiled(pattern: &str) -> Result<Regex, Error> {
    let mut known = PATTERNS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(regex) = known.get(pattern) {
        return Ok(regex.clone());
    }
    let regex = RegexBuilder::new(pattern)
        .size_limit(1 << 20)
        .build()
        .map_err(|_| Error::new(ErrorKind::InvalidOperation, "not a regular expression that can be used"))?;
    if known.len() < MOST_PATTERNS {
        known.insert(pattern.to_owned(), regex.clone());
    }
    Ok(regex)
}

/// `groups | lookup(tables.roles)`: what a table says for a text, or for each text of a list; what is not in the table is left out.
fn lookup(value: &Value, table: &Value) -> Result<Value, Error> {
    let found = |name: &Value| table.get_item(name).ok().filter(|found| !found.is_undefined());
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => {
            Ok(value.try_iter()?.filter_map(|name| found(&name)).collect())
        }
        _ => Ok(found(value).unwrap_or(Value::UNDEFINED)),
    }
}

/// `list | bag(name='Name', value='Value')`: a list of pairs as one object.
fn bag(list: &Value, names: Kwargs) -> Result<Value, Error> {
    let name: Option<&str> = names.get("name")?;
    let value: Option<&str> = names.get("value")?;
    names.assert_all_used()?;
    let (name, value) = (name.unwrap_or("Name"), value.unwrap_or("Value"));
    let pair = |row: Value| {
        let key = row.get_attr(name).ok().filter(|key| !key.is_undefined())?;
        Some((key, row.get_attr(value).unwrap_or(Value::UNDEFINED)))
    };
    Ok(list.try_iter()?.filter_map(pair).collect::<BTreeMap<Value, Value>>().into())
}

/// `(typed.user_name ~ client.id) | hmac_sha256(client.secret)`: for systems that want a proof of the secret, in Base64.
fn hmac_sha256(text: &str, key: &str) -> Result<String, Error> {
    let unfit = |_| Error::new(ErrorKind::InvalidOperation, "no key");
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.as_bytes()).map_err(unfit)?;
    mac.update(text.as_bytes());
    Ok(STANDARD.encode(mac.finalize().into_bytes()))
}

/// `typed.user_name | with_suffix('@example.org')`: added where it is not there yet.
fn with_suffix(text: &str, suffix: &str) -> String {
    if ends_with(text, suffix) { text.to_owned() } else { format!("{text}{suffix}") }
}

/// `typed.user_name | without_suffix('@example.org')`: taken off where it is there, in whatever case.
fn without_suffix(text: &str, suffix: &str) -> String {
    match text.len().checked_sub(suffix.len()) {
        Some(kept) if ends_with(text, suffix) => text.get(..kept).unwrap_or(text).to_owned(),
        _ => text.to_owned(),
    }
}

fn ends_with(text: &str, suffix: &str) -> bool {
    let tail = text.len().checked_sub(suffix.len()).and_then(|kept| text.get(kept..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(suffix))
}

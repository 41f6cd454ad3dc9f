//! Values that stand for secret and personal ones in a cassette: each of the shape of what it stands for, and the same one for the same
//! value, so that the steps of a run still fit together.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use regex::Regex;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::cassette::{BASE_URL, CODE, PASSWORD, USER};
use super::leaves::plain;
use super::mask::{is_secret_name, looks_secret};
use crate::legacy::expiry::is_date;
use crate::legacy::jwt;

static EMAIL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[^\s@]+@[^\s@]+\.[^\s@]+$").ok());
static TELEPHONE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\+?[0-9][0-9 ()/.-]{5,}$").ok());
static ISO_DATE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\d{4}-\d\d-\d\d").ok());

/// Names whose values say what a system does, not who somebody is.
const HARMLESS: [&str; 24] = [
    "tokentype",
    "error",
    "errorcode",
    "errcode",
    "code",
    "errordescription",
    "message",
    "detail",
    "status",
    "scope",
    "locale",
    "language",
    "zoneinfo",
    "challengename",
    "issued",
    "issuedat",
    "expires",
    "expiresat",
    "expiration",
    "roles",
    "groups",
    "role",
    "iss",
    "alg",
];

/// What stands for what.
pub(super) struct Placeholders {
    known: BTreeMap<String, String>,
    origin: String,
    user_name: String,
    count: usize,
}

impl Placeholders {
    /// Those of a run at `origin`, signed in as `user_name`.
    pub(super) fn new(origin: &str, user_name: &str, password: &str, code: Option<&str>) -> Self {
        let mut known = BTreeMap::from([
            (user_name.to_owned(), USER.to_owned()),
            (password.to_owned(), PASSWORD.to_owned()),
        ]);
        known.extend(code.map(|code| (code.to_owned(), CODE.to_owned())));
        known.retain(|original, _| !original.is_empty());
        Self { known, origin: origin.to_owned(), user_name: user_name.to_lowercase(), count: 0 }
    }

    /// A secret, whatever it looks like.
    pub(super) fn secret(&mut self, text: &str) {
        if !self.known.contains_key(text) && !text.is_empty() {
            let placeholder = match jwt::read(text) {
                Some(claims) => self.jwt(&claims),
                None => self.numbered("recorded-token-"),
            };
            self.known.insert(text.to_owned(), placeholder);
        }
    }

    /// A value of an answer, redacted.
    pub(super) fn value(&mut self, name: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(name, text)),
            Value::Number(number) => {
                let personal = is_secret_name(name)
                    || ["id", "phone", "zip", "postal", "birth", "ssn", "account", "member"]
                        .iter()
                        .any(|word| plain(name).contains(word));
                let placeholder = personal.then(|| self.text(name, &number.to_string()));
                placeholder
                    .and_then(|text| text.parse::<u64>().ok())
                    .map_or_else(|| value.clone(), Value::from)
            }
            Value::Array(elements) => {
                Value::Array(elements.iter().map(|element| self.value(name, element)).collect())
            }
            Value::Object(members) => {
                // A bag of names and values: the name says what the value is.
                let told = members
                    .iter()
                    .find(|(member, _)| plain(member) == "name")
                    .and_then(|(_, name)| name.as_str());
                let bag = told
                    .filter(|_| members.len() == 2 && members.keys().any(|member| plain(member) == "value"));
                let redacted = members.iter().map(|(member, value)| {
                    let kept = bag.is_some() && plain(member) == "name";
                    // A wrapper says nothing; what it wraps has the name of what it stands under.
                    let wraps = matches!(plain(member).as_str(), "values" | "value" | "content" | "items");
                    let own = if wraps { name } else { member };
                    let name = bag.filter(|_| plain(member) == "value").unwrap_or(own);
                    (member.clone(), if kept { value.clone() } else { self.value(name, value) })
                });
                Value::Object(redacted.collect::<Map<_, _>>())
            }
            Value::Null | Value::Bool(_) => value.clone(),
        }
    }

    /// A text that stands under `name`.
    pub(super) fn text(&mut self, name: &str, text: &str) -> String {
        if let Some(placeholder) = self.known.get(text) {
            return placeholder.clone();
        }
        if text.to_lowercase() == self.user_name {
            return USER.to_owned();
        }
        if let Some(path) = text.strip_prefix(&self.origin) {
            return format!("{BASE_URL}{}", self.within(path));
        }
        let small = plain(name);
        let harmless =
            HARMLESS.contains(&small.as_str()) || small.ends_with("type") || text.trim().is_empty();
        if harmless && !looks_secret(text) || matches!(text, "true" | "false") {
            return self.within(text);
        }
        let placeholder = self.shaped(&small, text);
        self.known.insert(text.to_owned(), placeholder.clone());
        placeholder
    }

    /// A text in which known values may stand: a path, a sentence.
    pub(super) fn within(&self, text: &str) -> String {
        let mut longest: Vec<(&String, &String)> =
            self.known.iter().filter(|(original, _)| original.len() > 2).collect();
        longest.sort_by_key(|(original, _)| std::cmp::Reverse(original.len()));
        longest.into_iter().fold(text.to_owned(), |text, (original, placeholder)| {
            text.replace(original.as_str(), placeholder)
        })
    }

    /// Whether a text of the cassette holds a value that was to be replaced, or looks like one.
    pub(super) fn leaks(&self, text: &str) -> bool {
        // What we put there ourselves is taken out first.
        let mut placeholders: Vec<&String> = self.known.values().collect();
        placeholders.sort_by_key(|placeholder| std::cmp::Reverse(placeholder.len()));
        let rest = placeholders
            .into_iter()
            .fold(text.to_owned(), |text, placeholder| text.replace(placeholder.as_str(), " "));
        let small = rest.to_lowercase();
        let known =
            self.known.keys().any(|original| original.len() > 3 && small.contains(&original.to_lowercase()));
        known || looks_secret(&rest) || rest.split_whitespace().any(|word| is(&EMAIL, word))
    }

    fn shaped(&mut self, small: &str, text: &str) -> String {
        if let Some(claims) = jwt::read(text).filter(|_| jwt::looks_like_one(text)) {
            return self.jwt(&claims);
        }
        let named = |words: &[&str]| words.iter().any(|word| small.contains(word));
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        if Uuid::parse_str(text).is_ok() {
            self.count += 1;
            return Uuid::from_u128(0x4000_8000_0000_0000_0000 + u128::try_from(self.count).unwrap_or(0))
                .to_string();
        }
        if is(&EMAIL, text) {
            return format!("{}@example.org", self.numbered("person-"));
        }
        if is(&ISO_DATE, text) {
            return moment(text);
        }
        if is_date(text) && digits < text.len() {
            return "Mon, 01 Jan 1990 00:00:00 GMT".to_owned();
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) || is(&TELEPHONE, text) {
            return self.counted(text, digits);
        }
        if is_secret_name(small) || looks_secret(text) {
            return self.numbered("recorded-token-");
        }
        if text.starts_with("http://") || text.starts_with("https://") {
            return self.numbered("https://example.org/");
        }
        match named(&["name"]) {
            true => self.numbered("Name "),
            false if !text.contains(' ') && (digits > 0 || small.ends_with("id")) => self.numbered("id-"),
            false => self.numbered("Text "),
        }
    }

    /// A JWT with redacted claims and no signature, so that what is read of it can be read.
    fn jwt(&mut self, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = part(&json!({ "alg": "none" }));
        let claims = self.value("", claims);
        format!("{head}.{}.{}", part(&claims), URL_SAFE_NO_PAD.encode(self.numbered("recorded-")))
    }

    /// The text with its digits replaced by those of a running number.
    fn counted(&mut self, text: &str, digits: usize) -> String {
        self.count += 1;
        let number = format!("1{:0>width$}", self.count, width = digits.saturating_sub(1));
        let tail = number.get(number.len().saturating_sub(digits)..).unwrap_or_default().to_owned();
        let mut new = tail.chars();
        text.chars()
            .map(|character| if character.is_ascii_digit() { new.next().unwrap_or('0') } else { character })
            .collect()
    }

    fn numbered(&mut self, before: &str) -> String {
        self.count += 1;
        format!("{before}{}", self.count)
    }
}

/// A date of the same form: the first of January 1990, at midnight.
fn moment(text: &str) -> String {
    let pattern = "1990-01-01T00:00:00";
    let mut fixed = pattern.chars().map(Some).chain(std::iter::repeat(None));
    text.chars()
        .map(|character| {
            let new = fixed.next().flatten();
            if character.is_ascii_digit() {
                new.filter(char::is_ascii_digit).unwrap_or('0')
            } else {
                character
            }
        })
        .collect()
}

fn is(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

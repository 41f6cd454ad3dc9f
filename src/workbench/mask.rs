//! Hides secrets in what the workbench shows: those that are known, however they are encoded, and whatever looks like one. Rather too much
//! than too little. Replaces nothing by another value of its kind: that is `redaction`.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use regex::{Captures, Regex, RegexBuilder};
use serde_json::{Map, Value};

/// What stands where a secret stood.
pub const HIDDEN: &str = "••••";

/// More than this of a secret need not be matched in every spelling.
const SPELT: usize = 400;

static JWT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){1,4}").ok());
static RUN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[A-Za-z0-9_+/=-]{8,}").ok());
static UUID: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$").ok());
static SECRET_NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)pass(?:word|wd|wort|phrase)|(?:^|[-_])pass$|pwd|^pw$|secret|token|jwt|ticket|session|api[-_]?key|assertion|otp|credential|[cx]srf|cookie|authori[sz]ation|signature|^sid$",
    )
    .ok()
});
static PLAIN_NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:type|expire[sd]?(?:_?in)?|issued|lifetime|hint|question|ur[il])$").ok()
});

/// Base64 of either alphabet, with padding or without.
const ENGINES: [GeneralPurpose; 2] = [forgiving(&alphabet::STANDARD), forgiving(&alphabet::URL_SAFE)];

const fn forgiving(alphabet: &alphabet::Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(alphabet, config)
}

/// The secrets that are hidden.
#[derive(Default)]
pub struct Mask {
    raw: Vec<String>,
    spelt: Vec<Regex>,
}

impl Mask {
    /// Hides these, and whatever looks like a secret.
    pub fn of<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Self {
        let mut raw: Vec<String> =
            secrets.into_iter().filter(|secret| !secret.is_empty()).map(str::to_owned).collect();
        // A secret that begins like another hides nothing of the longer one.
        raw.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        raw.dedup();
        let spelt = raw.iter().filter_map(|secret| spellings(secret)).collect();
        Self { raw, spelt }
    }

    /// `text` without secrets.
    pub fn text(&self, text: &str) -> String {
        let known = self.known(text);
        let jwts = replaced(JWT.as_ref(), &known, |_| HIDDEN.to_owned());
        replaced(RUN.as_ref(), &jwts, |found| {
            let run = found.get(0).map_or("", |run| run.as_str());
            match looks_random(run) || self.holds(run) {
                true => HIDDEN.to_owned(),
                false => run.to_owned(),
            }
        })
    }

    /// A value without secrets: also the texts under names that speak of one are hidden.
    pub fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(elements) => {
                Value::Array(elements.iter().map(|element| self.value(element)).collect())
            }
            Value::Object(members) => {
                let member = |(name, value): (&String, &Value)| {
                    let value = if is_secret_name(name) { self.hidden(value) } else { self.value(value) };
                    (self.text(name), value)
                };
                Value::Object(members.iter().map(member).collect::<Map<_, _>>())
            }
            Value::Number(number) => {
                let shown = self.known(&number.to_string());
                if shown.contains(HIDDEN) { Value::String(shown) } else { value.clone() }
            }
            Value::Null | Value::Bool(_) => value.clone(),
        }
    }

    /// The value of the field, parameter or header `name`.
    pub fn named(&self, name: &str, value: &str) -> String {
        if !is_secret_name(name) {
            return self.text(value);
        }
        // The word before a token says how it is sent, and is none itself.
        match value.split_once(' ') {
            Some((scheme, rest)) if !rest.contains(' ') && name.eq_ignore_ascii_case("authorization") => {
                format!("{} {HIDDEN}", self.text(scheme))
            }
            _ => HIDDEN.to_owned(),
        }
    }

    fn hidden(&self, value: &Value) -> Value {
        match value {
            // A sentence is no token; what people read there helps to find a mistake.
            Value::String(text) if text.trim().contains(' ') || text.is_empty() => self.value(value),
            Value::String(_) | Value::Number(_) => Value::String(HIDDEN.to_owned()),
            Value::Array(elements) => {
                Value::Array(elements.iter().map(|element| self.hidden(element)).collect())
            }
            other => self.value(other),
        }
    }

    fn known(&self, text: &str) -> String {
        let exact = self.raw.iter().fold(text.to_owned(), |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), HIDDEN) } else { text }
        });
        self.spelt.iter().fold(exact, |text, spelt| replaced(Some(spelt), &text, |_| HIDDEN.to_owned()))
    }

    /// Whether a run of base64 holds a secret: `Basic` joins a name and a password before it encodes them.
    fn holds(&self, run: &str) -> bool {
        let decoded = ENGINES.iter().filter_map(|engine| engine.decode(run).ok());
        let mut texts = decoded.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        texts.any(|text| {
            self.raw.iter().any(|secret| text.contains(secret.as_str())) || self.known(&text) != text
        })
    }
}

/// Whether a field of this name holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    let is =
        |pattern: &LazyLock<Option<Regex>>| pattern.as_ref().is_some_and(|pattern| pattern.is_match(name));
    is(&SECRET_NAME) && !is(&PLAIN_NAME)
}

/// Whether a text looks like a JWT or a long random token. An id in the form of a UUID does not.
pub fn looks_secret(text: &str) -> bool {
    let found = |pattern: &LazyLock<Option<Regex>>| {
        pattern
            .as_ref()
            .into_iter()
            .flat_map(|pattern| pattern.find_iter(text))
            .map(|found| found.as_str())
            .collect::<Vec<_>>()
    };
    !found(&JWT).is_empty() || found(&RUN).into_iter().any(looks_random)
}

/// Twenty characters without a word in them.
fn looks_random(run: &str) -> bool {
    if UUID.as_ref().is_some_and(|uuid| uuid.is_match(run)) {
        return false;
    }
    // A path is judged part by part.
    run.split('/').any(|part| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        let letters = part.bytes().filter(u8::is_ascii_alphabetic).count();
        part.len() >= 20 && digits >= 2 && letters >= 3 && !is_dashed_words(part)
    })
}

/// `claims-2019-12-members`: words and numbers, each short.
fn is_dashed_words(part: &str) -> bool {
    let words: Vec<&str> = part.split(['-', '_']).collect();
    let plain = |word: &&str| {
        word.len() <= 12
            && (word.bytes().all(|byte| byte.is_ascii_digit())
                || word.bytes().all(|byte| byte.is_ascii_alphabetic()))
    };
    words.len() > 2 && words.iter().all(plain)
}

fn replaced(pattern: Option<&Regex>, text: &str, with: impl Fn(&Captures<'_>) -> String) -> String {
    pattern.map_or_else(|| text.to_owned(), |pattern| pattern.replace_all(text, with).into_owned())
}

/// A pattern for every spelling of `secret`: as it is, as in a form or a URL, and as in JSON, each character for itself.
fn spellings(secret: &str) -> Option<Regex> {
    let pattern: String = secret.chars().take(SPELT).map(spelling).collect();
    RegexBuilder::new(&pattern).size_limit(1 << 24).build().ok()
}

fn spelling(character: char) -> String {
    let mut utf8 = [0; 4];
    let bytes = character.encode_utf8(&mut utf8).bytes();
    // A URL within a URL is encoded twice.
    let percent: String = bytes.map(|byte| format!("(?i:%(?:25)*{byte:02X})")).collect();
    let mut utf16 = [0; 2];
    let units = character.encode_utf16(&mut utf16).iter();
    let escaped: String = units.map(|unit| format!(r"(?i:\\+u{unit:04x})")).collect();
    let short = match character {
        ' ' => r"|\+",
        '"' => "|\\\\+\"",
        '\\' => r"|\\{2,}",
        '/' => r"|\\+/",
        '\n' => r"|\\+n",
        '\r' => r"|\\+r",
        '\t' => r"|\\+t",
        '\u{8}' => r"|\\+b",
        '\u{c}' => r"|\\+f",
        _ => "",
    };
    format!("(?:{}|{percent}|{escaped}{short})", regex::escape(&character.to_string()))
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({} secrets)", self.raw.len())
    }
}

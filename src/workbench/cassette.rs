//! A cassette: one run as a file that people can read, with placeholders where secrets and personal values stood, and what a fake system
//! answers by it. It is played by `web::replay`, and made by `redaction`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::leaves::of_json;
use super::mask::is_secret_name;

/// The user name that signs in at every cassette.
pub const USER: &str = "recorded-user";
/// The password that is right at every cassette.
pub const PASSWORD: &str = "recorded-password";
/// The second factor that is right at every cassette.
pub const CODE: &str = "246810";
/// What stands for the address of the system, which is the player's own when it is played.
pub const BASE_URL: &str = "{base_url}";

/// What is said in a cassette's first line of it.
const ABOUT: &str = "A run of `passerelle connector record`, without secrets and personal values. `passerelle connector replay` plays it as a \
                     fake system at which the user recorded-user signs in with recorded-password (and the code 246810).";

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cassette {
    /// What this file is.
    pub about: String,
    /// The form of the file; this is 1.
    pub version: u8,
    /// The calls, in the order in which they were made.
    pub calls: Vec<Call>,
    /// How a wrong password is refused; RFC 6749 §5.2 without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Reply>,
}

/// A request and its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The step of the configuration.
    pub step: String,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// What was sent, by its place: `query.NAME`, `form.NAME`, `json/POINTER`, `header.NAME`, `basic.user_name`.
    pub sent: BTreeMap<String, String>,
    /// The answer.
    pub answer: Reply,
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Headers; the date is part of them, since lifetimes are counted from it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Cookies that are set.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cookies: BTreeMap<String, String>,
    /// The body, when it was JSON or could be read as such.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub body: Value,
    /// The body, when it was anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Why a file is no cassette.
#[derive(Debug, thiserror::Error)]
pub enum CassetteError {
    /// Not the JSON that it should be.
    #[error("not a cassette: {0}")]
    Json(#[from] serde_json::Error),
    /// Of another version.
    #[error("a cassette of version {0}; this program plays version 1")]
    Version(u8),
}

impl Cassette {
    /// These calls.
    pub fn new(calls: Vec<Call>, refusal: Option<Reply>) -> Self {
        Self { about: ABOUT.to_owned(), version: 1, calls, refusal }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`CassetteError`].
    pub fn read(text: &str) -> Result<Self, CassetteError> {
        let cassette: Self = serde_json::from_str(text)?;
        if cassette.version == 1 { Ok(cassette) } else { Err(CassetteError::Version(cassette.version)) }
    }

    /// The answer to a request: that of the recorded call at this address that sent most of the same. Where that one sent the name and the
    /// password, this one has to send them too.
    pub fn reply(&self, method: &str, path: &str, sent: &BTreeMap<String, String>) -> Reply {
        let at = self.calls.iter().filter(|call| call.method == method && call.path == path);
        // Of several that fit as well, the first.
        let best = at.rev().max_by_key(|call| {
            call.sent.iter().filter(|(place, value)| sent.get(*place) == Some(*value)).count()
        });
        let Some(call) = best else {
            let known: Vec<String> =
                self.calls.iter().map(|call| format!("{} {}", call.method, call.path)).collect();
            let body = json!({ "error": "not_recorded", "recorded": known });
            return Reply { status: 404, body, ..Reply::default() };
        };
        let missing = |secret: &str| {
            let in_recorded = call.sent.values().any(|value| value.contains(secret));
            let in_sent = sent.values().any(|value| value.to_lowercase().contains(secret));
            in_recorded && !in_sent
        };
        if [USER, PASSWORD, CODE].into_iter().any(missing) { self.refused() } else { call.answer.clone() }
    }

    fn refused(&self) -> Reply {
        self.refusal.clone().unwrap_or_else(|| Reply {
            status: 400,
            body: json!({ "error": "invalid_grant", "error_description": "The user name or password is incorrect." }),
            ..Reply::default()
        })
    }
}

impl Reply {
    /// The body as it is sent, with the player's own address in it.
    pub fn body(&self, base_url: &str) -> Vec<u8> {
        let text = match &self.text {
            Some(text) => text.clone(),
            None if self.body.is_null() => return Vec::new(),
            None => self.body.to_string(),
        };
        text.replace(BASE_URL, base_url).into_bytes()
    }
}

/// What a request sends, by its place.
pub fn flattened<'h>(
    query: Option<&str>,
    headers: impl IntoIterator<Item = (&'h str, &'h str)>,
    body: &str,
) -> BTreeMap<String, String> {
    let mut sent = BTreeMap::new();
    let pairs = |text: &str, kind: &str| -> Vec<(String, String)> {
        form_urlencoded::parse(text.as_bytes())
            .map(|(name, value)| (format!("{kind}.{name}"), value.into_owned()))
            .collect()
    };
    sent.extend(query.into_iter().flat_map(|query| pairs(query, "query")));
    for (name, value) in headers {
        let name = name.to_lowercase();
        let basic = value.strip_prefix("Basic ").and_then(|encoded| STANDARD.decode(encoded).ok());
        let basic = basic.and_then(|bytes| String::from_utf8(bytes).ok());
        match (name.as_str(), basic.as_deref().and_then(|pair| pair.split_once(':'))) {
            ("authorization", Some((user_name, password))) => {
                sent.insert("basic.user_name".to_owned(), user_name.to_owned());
                sent.insert("basic.password".to_owned(), password.to_owned());
            }
            // What tells one call from another, such as `X-Amz-Target`; never a token.
            (name, _)
                if name.starts_with("x-") && !is_secret_name(name) && !name.starts_with("x-forwarded") =>
            {
                sent.insert(format!("header.{name}"), value.to_owned());
            }
            _ => {}
        }
    }
    match serde_json::from_str::<Value>(body) {
        Ok(json) => {
            sent.extend(of_json(&json).into_iter().map(|leaf| (format!("json{}", leaf.label()), leaf.value)))
        }
        Err(_) if body.contains('=') && !body.contains('<') => sent.extend(pairs(body, "form")),
        Err(_) if !body.is_empty() => {
            sent.insert("text".to_owned(), body.to_owned());
        }
        Err(_) => {}
    }
    sent
}

/// The path of a URL.
pub fn path_of(url: &Url) -> String {
    url.path().to_owned()
}

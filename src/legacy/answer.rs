//! An answer of the old system, read with a bound: its status, headers and cookies, and its body as a value, whatever it was written in. It
//! stays in here and in what is made of it; no error and no log line quotes it, since it holds tokens.

use std::error::Error;
use std::time::Duration;
use std::{fmt, io};

use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER, SET_COOKIE};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::expiry::date;
use super::facts::Facts;
use super::refusal::Refusal;
use super::xml;
use crate::time::Timestamp;

/// What a body is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// JSON, or what the `Content-Type` says.
    #[default]
    Auto,
    /// JSON, a bare text in quotes too.
    Json,
    /// `application/x-www-form-urlencoded`, as one object.
    Form,
    /// XML: elements as members, attributes with `@` in front.
    Xml,
    /// The text itself.
    Text,
}

/// What came back.
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) status: u16,
    /// For expressions: `status`, `header`, `cookie`, `body`, and `text` when the body is no JSON.
    pub(super) document: Value,
    /// `Retry-After` (RFC 9110 §10.2.3).
    pub(super) retry_after: Option<Duration>,
    /// `Date`: what time it is over there.
    pub(super) date: Option<Timestamp>,
}

impl Answer {
    /// Sends `request` and reads at most `largest` bytes of what comes back.
    ///
    /// # Errors
    /// When nothing whole came back.
    pub(super) async fn to(
        request: reqwest::RequestBuilder,
        format: Format,
        largest: usize,
    ) -> Result<Self, NoAnswer> {
        let response = request.send().await.map_err(|error| NoAnswer::from(&error))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = read(response, largest).await?;
        Ok(Self::received(status, &headers, &body, format))
    }

    /// What was received, taken apart.
    pub(super) fn received(status: u16, headers: &HeaderMap, body: &[u8], format: Format) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let date_of = |name| text(name).and_then(date);
        let date = date_of(DATE);
        let until = date_of(RETRY_AFTER).zip(date).map(|(until, now)| until.since(now));
        let seconds =
            text(RETRY_AFTER).and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs);
        let content_type = text(CONTENT_TYPE).unwrap_or_default().to_lowercase();
        let read = parsed(body, format, &content_type);
        let mut document = json!({ "status": status, "header": texts(headers), "cookie": cookies(headers) });
        if let (None, Ok(text), Some(document)) = (&read, std::str::from_utf8(body), document.as_object_mut())
        {
            document.insert("text".to_owned(), Value::from(text));
        }
        if let Some(document) = document.as_object_mut() {
            document.insert("body".to_owned(), read.unwrap_or_default());
        }
        Self { status, document, retry_after: seconds.or(until), date }
    }

    /// The body; `null` when it is nothing that can be read.
    pub(super) fn body(&self) -> &Value {
        self.document.get("body").unwrap_or(&Value::Null)
    }

    /// What formulas about this answer see: pointers begin in its body; expressions also see what was `known` before.
    pub(super) fn facts<'v>(&'v self, known: &Facts<'v>) -> Facts<'v> {
        Facts::within(self.body(), &Facts::over(&self.document, known))
    }

    /// An answer that was taken apart, put together again.
    pub(super) fn of_parts(body: Value, mut rest: Value) -> Self {
        if let Some(document) = rest.as_object_mut() {
            document.insert("body".to_owned(), body);
        }
        Self { status: 200, document: rest, retry_after: None, date: None }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// What formulas see of an answer: `status`, `header`, `cookie`, `body`, and `text` when the body cannot be read.
pub fn document(status: u16, headers: &HeaderMap, body: &[u8], format: Format) -> Value {
    Answer::received(status, headers, body, format).document
}

/// The body as a value; none when it is not written in what it should be.
fn parsed(body: &[u8], format: Format, content_type: &str) -> Option<Value> {
    let is = |kind: &str| content_type.contains(kind);
    match format {
        Format::Json => serde_json::from_slice(body).ok(),
        Format::Form => form(body),
        Format::Xml => xml::value(body),
        Format::Text => std::str::from_utf8(body).ok().map(|text| Value::from(text.trim())),
        Format::Auto => serde_json::from_slice(body).ok().or_else(|| match () {
            () if is("x-www-form-urlencoded") => form(body),
            () if is("xml") && !is("html") => xml::value(body),
            () => None,
        }),
    }
}

fn form(body: &[u8]) -> Option<Value> {
    std::str::from_utf8(body).ok()?;
    let fields: Map<String, Value> = form_urlencoded::parse(body)
        .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())))
        .collect();
    (!fields.is_empty()).then_some(Value::Object(fields))
}

/// Headers by their names in small letters; of one that comes several times the first.
fn texts(headers: &HeaderMap) -> Value {
    let named = headers.keys().filter(|name| **name != SET_COOKIE);
    let texts = named
        .filter_map(|name| Some((name.as_str().to_owned(), Value::from(headers.get(name)?.to_str().ok()?))));
    Value::Object(texts.collect())
}

/// The cookies that are set, by their names (RFC 6265 §5.2).
fn cookies(headers: &HeaderMap) -> Value {
    let set = headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    let pairs = set.filter_map(|cookie| cookie.split(';').next()?.split_once('='));
    Value::Object(
        pairs
            .map(|(name, value)| (name.trim().to_owned(), Value::from(value.trim().trim_matches('"'))))
            .collect(),
    )
}

/// Chunk by chunk, so that an answer without end costs no more than `largest`.
async fn read(mut response: Response, largest: usize) -> Result<Vec<u8>, NoAnswer> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(body),
            Ok(Some(chunk)) if body.len() + chunk.len() <= largest => body.extend_from_slice(&chunk),
            Ok(Some(_)) => return Err(NoAnswer::Lost(format!("an answer of more than {largest} bytes"))),
            Err(_) => return Err(NoAnswer::Lost("the answer broke off".to_owned())),
        }
    }
}

pub(super) fn unavailable(why: String) -> Refusal {
    Refusal::Unavailable { why }
}

/// Why there is no answer. What reqwest says of itself is told without the URL, which may hold a user name.
#[derive(Clone, Debug)]
pub(super) enum NoAnswer {
    /// The request never arrived: nothing happened over there.
    NotSent(String),
    /// The request may have arrived: nobody knows what happened.
    Lost(String),
    /// A value is there, and fits into no request.
    Unfit(String),
    /// A value that the request needs is not there.
    Missing(String),
    /// The configuration makes no request of what is known.
    NoRequest(String),
}

impl From<&reqwest::Error> for NoAnswer {
    fn from(error: &reqwest::Error) -> Self {
        if error.is_connect() {
            Self::NotSent(no_connection(error))
        } else if error.is_timeout() {
            Self::Lost("no answer in time".to_owned())
        } else if error.is_builder() {
            Self::NotSent("the request could not be made".to_owned())
        } else {
            Self::Lost("the request failed".to_owned())
        }
    }
}

/// With what was wrong with the certificate, or with the system's own word: an administrator has to know which of the two to repair.
fn no_connection(error: &reqwest::Error) -> String {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return format!("no connection: {tls}");
        }
        cause = match error.downcast_ref::<io::Error>() {
            // Asked for its source, it passes over what it wraps.
            Some(error) => match error.get_ref() {
                Some(wrapped) => Some(wrapped),
                None => return format!("no connection: {}", error.kind()),
            },
            None => error.source(),
        };
    }
    "no connection".to_owned()
}

impl From<NoAnswer> for Refusal {
    fn from(none: NoAnswer) -> Self {
        match none {
            NoAnswer::NotSent(why) | NoAnswer::Lost(why) | NoAnswer::Unfit(why) => unavailable(why),
            NoAnswer::Missing(why) | NoAnswer::NoRequest(why) => Self::Misconfigured { why },
        }
    }
}

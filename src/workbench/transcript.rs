//! What was said between the bridge and the old system in one run, step by step. It holds every secret of the run, so it shows nothing of
//! itself: `report` shows it through a mask, `cassette` keeps it redacted.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, Method};
use serde_json::Value;
use url::Url;

use crate::legacy::exchange::Watch;
use crate::secret::Secret;

/// A request and what became of it.
#[derive(Clone)]
pub struct Said {
    /// Which step of the configuration.
    pub step: String,
    /// The method.
    pub method: String,
    /// Where.
    pub url: Url,
    /// Headers by their names in small letters.
    pub headers: Vec<(String, String)>,
    /// What was sent.
    pub body: String,
    /// What came back; none when nothing whole did.
    pub answer: Option<Heard>,
    /// What was made of it.
    pub notes: Vec<String>,
}

/// What came back.
#[derive(Clone)]
pub struct Heard {
    /// The status.
    pub status: u16,
    /// `status`, `header`, `cookie`, `body`, and `text` when the body could not be read.
    pub document: Value,
}

impl Heard {
    /// A part of the document.
    pub fn part(&self, name: &str) -> &Value {
        self.document.get(name).unwrap_or(&Value::Null)
    }
}

/// A transcript that is being written; clones write the same.
#[derive(Clone, Default)]
pub struct Transcript(Arc<Mutex<Pages>>);

#[derive(Default)]
struct Pages {
    said: Vec<Said>,
    /// Notes of steps that made no request of their own.
    notes: Vec<(String, String)>,
    secrets: Vec<String>,
}

impl Transcript {
    /// Everything that was said, in order.
    pub fn said(&self) -> Vec<Said> {
        self.pages().said.clone()
    }

    /// What was noted beside the calls, with the step.
    pub fn notes(&self) -> Vec<(String, String)> {
        self.pages().notes.clone()
    }

    /// Everything that came to light and must not be shown: tokens, what challenges keep, and whatever requests sent as credentials.
    pub fn secrets(&self) -> Vec<String> {
        let pages = self.pages();
        let sent = pages
            .said
            .iter()
            .flat_map(|said| said.headers.iter())
            .flat_map(|(name, value)| sent(name, value));
        let set = pages.said.iter().filter_map(|said| said.answer.as_ref()).flat_map(|heard| {
            let cookies = heard.part("cookie").as_object().into_iter().flatten();
            cookies.filter_map(|(_, value)| value.as_str().map(str::to_owned)).collect::<Vec<_>>()
        });
        pages.secrets.iter().cloned().chain(sent).chain(set).filter(|secret| secret.len() > 3).collect()
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The credentials in a header of a request.
fn sent(name: &str, value: &str) -> Vec<String> {
    match name {
        "authorization" => value.split_once(' ').map(|(_, rest)| rest.to_owned()).into_iter().collect(),
        "cookie" => value
            .split(';')
            .filter_map(|pair| pair.split_once('='))
            .map(|(_, value)| value.trim().to_owned())
            .collect(),
        _ => Vec::new(),
    }
}

impl Watch for Transcript {
    fn asked(&self, step: &str, method: &Method, url: &Url, headers: &HeaderMap, body: &[u8]) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers =
            headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect();
        self.pages().said.push(Said {
            step: step.to_owned(),
            method: method.to_string(),
            url: url.clone(),
            headers,
            body: text(body),
            answer: None,
            notes: Vec::new(),
        });
    }

    fn answered(&self, step: &str, status: u16, document: &Value) {
        let mut pages = self.pages();
        let open = pages.said.iter_mut().rev().find(|said| said.step == step && said.answer.is_none());
        if let Some(said) = open {
            said.answer = Some(Heard { status, document: document.clone() });
        }
    }

    fn noted(&self, step: &str, what: &str) {
        let mut pages = self.pages();
        match pages.said.iter_mut().rev().find(|said| said.step == step) {
            Some(said) => said.notes.push(what.to_owned()),
            None => pages.notes.push((step.to_owned(), what.to_owned())),
        }
    }

    fn secret(&self, secret: &Secret) {
        let text = secret.expose();
        // What a challenge keeps is JSON; each of its values is one secret.
        let mut inner = Vec::new();
        if let Ok(value @ Value::Object(_)) = serde_json::from_str::<Value>(text) {
            texts(&value, &mut inner);
        }
        let mut pages = self.pages();
        pages.secrets.push(text.to_owned());
        pages.secrets.extend(inner);
    }
}

fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(elements) => elements.iter().for_each(|element| texts(element, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl fmt::Debug for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Transcript({} calls)", self.pages().said.len())
    }
}

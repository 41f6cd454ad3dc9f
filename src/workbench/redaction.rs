//! Makes a cassette of a transcript: everything secret or personal is replaced, and when something still looks like it, there is no cassette.

use std::collections::BTreeMap;

use serde_json::Value;

use super::cassette::{Call, Cassette, Reply, flattened, path_of};
use super::leaves::of_json;
use super::mask::is_secret_name;
use super::placeholder::Placeholders;
use super::transcript::{Heard, Said, Transcript};

/// Headers of an answer that say something about it. `Date` is the time over there, from which lifetimes are counted.
const KEPT: [&str; 3] = ["content-type", "date", "retry-after"];

/// What was typed, and what else is known to be secret.
pub struct Known<'k> {
    /// The user name.
    pub user_name: &'k str,
    /// The password.
    pub password: &'k str,
    /// The second factor.
    pub code: Option<&'k str>,
    /// The secrets of the configuration.
    pub secrets: &'k [String],
}

/// Where something is left that may not be kept. The values themselves are not told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("something secret or personal is left at {}", .0.join(", "))]
pub struct Leak(pub Vec<String>);

/// The cassette of a run, and of the refusal of a wrong password where one was tried.
///
/// # Errors
/// [`Leak`].
pub fn cassette(run: &Transcript, refused: Option<&Transcript>, known: &Known<'_>) -> Result<Cassette, Leak> {
    let said = run.said();
    let origin = said.first().map(|said| said.url.origin().ascii_serialization()).unwrap_or_default();
    let mut holders = Placeholders::new(&origin, known.user_name, known.password, known.code);
    known.secrets.iter().for_each(|secret| holders.secret(secret));
    for secret in run.secrets() {
        holders.secret(&secret);
    }
    // Once to learn every value, so that one that seemed harmless where it stood first is replaced there too.
    for heard in said.iter().filter_map(|said| said.answer.as_ref()) {
        reply(heard, &mut holders);
    }
    // Answers first: requests are made of what stands in them.
    let answers: Vec<Reply> =
        said.iter().filter_map(|said| said.answer.as_ref()).map(|heard| reply(heard, &mut holders)).collect();
    let answered = said.iter().filter(|said| said.answer.is_some());
    let calls: Vec<Call> =
        answered.zip(answers).map(|(said, answer)| call(said, answer, &mut holders)).collect();
    let refusal = refused.and_then(|refused| refused.said().into_iter().rev().find_map(|said| said.answer));
    let refusal = refusal.map(|heard| reply(&heard, &mut holders));
    let cassette = Cassette::new(calls, refusal);
    let leaks = leaks(&cassette, &holders);
    if leaks.is_empty() { Ok(cassette) } else { Err(Leak(leaks)) }
}

fn reply(heard: &Heard, holders: &mut Placeholders) -> Reply {
    let texts = |part: &str| -> Vec<(String, String)> {
        let members = heard.part(part).as_object().into_iter().flatten();
        members.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
    };
    let mut headers = BTreeMap::new();
    for (name, value) in texts("header") {
        if KEPT.contains(&name.as_str()) {
            headers.insert(name, value);
        } else if is_secret_name(&name) {
            let (scheme, token) =
                value.strip_prefix("Bearer ").map_or(("", value.as_str()), |token| ("Bearer ", token));
            headers.insert(name.clone(), format!("{scheme}{}", holders.text(&name, token)));
        }
    }
    let cookies = texts("cookie").into_iter().map(|(name, value)| {
        holders.secret(&value);
        let value = holders.text(&name, &value);
        (name, value)
    });
    let cookies = cookies.collect();
    let body = heard.part("body");
    // A form or XML was read into members; only JSON is kept as what it was.
    let is_json = headers.get("content-type").is_none_or(|kind| kind.contains("json")) || body.is_null();
    let redacted = holders.value("", body);
    let text = heard.part("text").as_str().map(|_| "A page, which is not kept.".to_owned());
    if !is_json && text.is_none() {
        headers.insert("content-type".to_owned(), "application/json".to_owned());
    }
    Reply { status: heard.status, headers, cookies, body: redacted, text }
}

fn call(said: &Said, answer: Reply, holders: &mut Placeholders) -> Call {
    let headers = said.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let sent = flattened(said.url.query(), headers, &said.body);
    let redacted = sent.into_iter().map(|(place, value)| {
        let name = place.rsplit(['.', '/']).next().unwrap_or_default().to_owned();
        if is_secret_name(&name) {
            holders.secret(&value);
        }
        let value = holders.within(&value);
        (place, value)
    });
    let sent = redacted.collect();
    Call {
        step: said.step.clone(),
        method: said.method.clone(),
        path: holders.within(&path_of(&said.url)),
        sent,
        answer,
    }
}

/// The places where something is left.
fn leaks(cassette: &Cassette, holders: &Placeholders) -> Vec<String> {
    let written = serde_json::to_value(cassette).unwrap_or(Value::Null);
    let mut places: Vec<String> = of_json(&written)
        .iter()
        .filter(|leaf| !matches!(leaf.label(), "/about"))
        .filter(|leaf| holders.leaks(&leaf.value))
        .map(|leaf| leaf.label().to_owned())
        .collect();
    names(&written, "", holders, &mut places);
    places
}

/// Some systems write values as names: `{"Administrators": true}`.
fn names(value: &Value, at: &str, holders: &Placeholders, places: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if holders.leaks(name) {
                    places.push(format!("a name in {}", if at.is_empty() { "/" } else { at }));
                } else {
                    names(value, &format!("{at}/{name}"), holders, places);
                }
            }
        }
        Value::Array(elements) => {
            elements
                .iter()
                .enumerate()
                .for_each(|(index, element)| names(element, &format!("{at}/{index}"), holders, places));
        }
        _ => {}
    }
}

impl std::fmt::Debug for Known<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Known(…)")
    }
}

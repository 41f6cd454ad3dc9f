//! A request or an answer as it may be shown: taken apart by what it is written in, and masked part by part, so that a secret is found
//! however it was encoded. What is too long is cut, after it was masked.

use serde_json::{Map, Value, json};
use url::{Url, form_urlencoded};

use super::mask::Mask;
use super::transcript::{Heard, Said};

/// How much of a body is shown to people.
const MOST: usize = 3_000;

/// What was sent, as JSON.
pub fn request(said: &Said, mask: &Mask) -> Value {
    let headers =
        said.headers.iter().map(|(name, value)| (name.clone(), Value::from(mask.named(name, value))));
    json!({
        "method": said.method,
        "url": url(&said.url, mask),
        "headers": headers.collect::<Map<_, _>>(),
        "body": sent_body(said, mask),
    })
}

/// What came back, as JSON.
pub fn answer(heard: &Heard, mask: &Mask) -> Value {
    let texts = |part: &Value, show: &dyn Fn(&str, &str) -> String| {
        let members = part.as_object().into_iter().flatten();
        let shown = members
            .filter_map(|(name, value)| Some((name.clone(), Value::from(show(name, value.as_str()?)))));
        Value::Object(shown.collect())
    };
    let mut shown = json!({
        "status": heard.status,
        "headers": texts(heard.part("header"), &|name, value| mask.named(name, value)),
        "body": mask.value(heard.part("body")),
    });
    let cookies = texts(heard.part("cookie"), &|_, _| super::mask::HIDDEN.to_owned());
    let text = heard.part("text").as_str().map(|text| Value::from(cut(&mask.text(text))));
    if let Some(members) = shown.as_object_mut() {
        if cookies.as_object().is_some_and(|cookies| !cookies.is_empty()) {
            members.insert("cookies".to_owned(), cookies);
        }
        members.extend(text.map(|text| ("text".to_owned(), text)));
    }
    shown
}

/// A URL with its parameters masked by their names.
pub fn url(url: &Url, mask: &Mask) -> String {
    let mut bare = url.clone();
    bare.set_query(None);
    bare.set_fragment(None);
    let base = mask.text(bare.as_str());
    match url.query() {
        None => base,
        Some(_) => {
            let shown = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
                format!("{}={}", mask.text(&name), mask.named(&name, &value))
            };
            format!("{base}?{}", url.query_pairs().map(shown).collect::<Vec<_>>().join("&"))
        }
    }
}

fn sent_body(said: &Said, mask: &Mask) -> Value {
    let content_type = said.headers.iter().find(|(name, _)| name == "content-type");
    let content_type = content_type.map(|(_, value)| value.as_str()).unwrap_or_default();
    if said.body.is_empty() {
        return Value::Null;
    }
    if content_type.contains("x-www-form-urlencoded") {
        let fields = form_urlencoded::parse(said.body.as_bytes());
        return Value::Object(
            fields.map(|(name, value)| (mask.text(&name), Value::from(mask.named(&name, &value)))).collect(),
        );
    }
    match serde_json::from_str::<Value>(&said.body) {
        Ok(value) => mask.value(&value),
        Err(_) => Value::from(mask.text(&said.body)),
    }
}

/// The beginning of a text.
pub fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST) {
        None => text.to_owned(),
        Some((at, _)) => {
            let beginning = text.get(..at).unwrap_or_default();
            format!("{beginning}\n… and {} bytes more", text.len() - at)
        }
    }
}

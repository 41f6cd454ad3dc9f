//! A sample of an answer: what `curl -i` prints, or a body alone.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::legacy::answer::{Format, document};

/// An answer.
#[derive(Clone)]
pub struct Sample {
    /// Its status; 200 when the sample does not say.
    pub status: u16,
    /// What formulas would see of it.
    pub document: Value,
    /// The format that has to be said, where the bridge would not find it out itself.
    pub format: Option<&'static str>,
}

impl Sample {
    /// Reads the text of a sample.
    pub fn read(text: &str) -> Self {
        let text = text.replace("\r\n", "\n");
        let (mut status, mut headers, mut body) = (200, HeaderMap::new(), text.as_str());
        // After a proxy's or a 100 Continue comes another head; the last one counts.
        while body.starts_with("HTTP/") {
            let (head, rest) = body.split_once("\n\n").unwrap_or((body, ""));
            (status, headers) = self::head(head);
            body = rest;
        }
        Self::received(status, &headers, body.trim_end_matches('\n').as_bytes())
    }

    /// What was received.
    pub fn received(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let plain = document(status, headers, body, Format::Auto);
        let read = |document: &Value| document.get("body").is_some_and(|body| !body.is_null());
        if read(&plain) || body.is_empty() {
            return Self { status, document: plain, format: None };
        }
        let text = String::from_utf8_lossy(body);
        let looks = text.trim_start();
        let guesses = [
            (Format::Xml, "xml", looks.starts_with('<') && !looks.to_lowercase().contains("<html")),
            (Format::Form, "form", looks.contains('=') && !looks.contains(char::is_whitespace)),
            (Format::Text, "text", !looks.contains(char::is_whitespace) && !looks.contains('<')),
        ];
        let fitting = guesses.into_iter().filter(|(_, _, fits)| *fits);
        let found = fitting
            .map(|(format, name, _)| (document(status, headers, body, format), name))
            .find(|(document, _)| read(document));
        match found {
            Some((document, name)) => Self { status, document, format: Some(name) },
            None => Self { status, document: plain, format: None },
        }
    }

    /// The body.
    pub fn body(&self) -> &Value {
        self.document.get("body").unwrap_or(&Value::Null)
    }

    /// A header or cookie.
    pub fn members(&self, part: &str) -> impl Iterator<Item = (&str, &str)> {
        let members = self.document.get(part).and_then(Value::as_object).into_iter().flatten();
        members.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
    }
}

fn head(text: &str) -> (u16, HeaderMap) {
    let mut lines = text.lines();
    let status = lines.next().and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(200);
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let name = HeaderName::from_bytes(name.trim().as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value.trim())) {
            headers.append(name, value);
        }
    }
    (status, headers)
}

impl std::fmt::Debug for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sample({})", self.status)
    }
}

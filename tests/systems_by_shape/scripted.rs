//! A small old system that a story writes: for each method and path, and what has to be true of the call, what it answers. It remembers what
//! it was asked.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::HeaderMap;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::form_urlencoded;

/// A call that came.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// `POST /token`.
    pub(super) call: String,
    pub(super) query: BTreeMap<String, String>,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Asked {
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A text of the JSON body; empty without one.
    pub(super) fn json_at(&self, pointer: &str) -> String {
        self.json().pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    pub(super) fn form(&self) -> BTreeMap<String, String> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// A field of the form; empty without one.
    pub(super) fn field(&self, name: &str) -> String {
        self.form().remove(name).unwrap_or_default()
    }

    /// A header; empty without one.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| std::str::from_utf8(value.as_bytes()).unwrap()).unwrap_or_default()
    }

    /// The user name and password of RFC 7617.
    pub(super) fn basic(&self) -> Option<(String, String)> {
        let coded = self.header("authorization").strip_prefix("Basic ")?;
        let pair = String::from_utf8(STANDARD.decode(coded).ok()?).ok()?;
        pair.split_once(':').map(|(name, password)| (name.to_owned(), password.to_owned()))
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub(super) struct Said {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Said {
    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// JSON.
pub(super) fn says(status: u16, body: &Value) -> Said {
    text(status, "application/json", &body.to_string())
}

/// Any text.
pub(super) fn text(status: u16, content_type: &str, body: &str) -> Said {
    Said { status, headers: vec![("content-type", content_type.to_owned())], body: body.into() }
}

/// Whatever bytes.
pub(super) fn bytes(status: u16, content_type: &str, body: Vec<u8>) -> Said {
    Said { status, headers: vec![("content-type", content_type.to_owned())], body }
}

/// A JWT that nobody has signed.
pub(super) fn jwt(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2lnbmF0dXJl", part(&json!({ "alg": "HS256", "typ": "JWT" })), part(claims))
}

type Fits = Box<dyn Fn(&Asked) -> bool + Send + Sync>;

#[derive(Default)]
struct Book {
    answers: Mutex<Vec<(String, Fits, Said)>>,
    asked: Mutex<Vec<Asked>>,
}

/// The system.
#[derive(Clone)]
pub(super) struct Scripted {
    pub(super) base_url: String,
    book: Arc<Book>,
}

impl Scripted {
    pub(super) async fn open() -> Self {
        let book = Arc::<Book>::default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let base_url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let answering = book.clone();
        let router = Router::new().fallback(move |request: Request| {
            let book = answering.clone();
            async move { book.answer(request).await }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base_url, book }
    }

    /// From now on; of several answers that fit a call the last counts.
    pub(super) fn on(&self, call: &str, said: Said) {
        self.when(call, |_| true, said);
    }

    /// The same, when more than method and path has to be true.
    pub(super) fn when(&self, call: &str, fits: impl Fn(&Asked) -> bool + Send + Sync + 'static, said: Said) {
        self.book.answers.lock().unwrap().push((call.to_owned(), Box::new(fits), said));
    }

    /// What came, in its order.
    pub(super) fn asked(&self, call: &str) -> Vec<Asked> {
        self.book.asked.lock().unwrap().iter().filter(|asked| asked.call == call).cloned().collect()
    }

    /// The last one that came.
    pub(super) fn last(&self, call: &str) -> Asked {
        self.asked(call).pop().unwrap_or_else(|| panic!("nobody asked {call}"))
    }

    pub(super) fn forgets_what_it_was_asked(&self) {
        self.book.asked.lock().unwrap().clear();
    }
}

impl Book {
    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let query = parts.uri.query().unwrap_or_default();
        let asked = Asked {
            call: format!("{} {}", parts.method, parts.uri.path()),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: parts.headers,
            body: axum::body::to_bytes(body, 1 << 20).await.unwrap().into(),
        };
        let fitting = |(call, fits, _): &&(String, Fits, Said)| *call == asked.call && fits(&asked);
        let said = self.answers.lock().unwrap().iter().rev().find(fitting).map(|(_, _, said)| said.clone());
        let said = said.unwrap_or_else(|| says(404, &json!({ "nobody": "here" })));
        self.asked.lock().unwrap().push(asked);
        let response =
            said.headers.iter().fold(Response::builder().status(said.status), |response, (name, value)| {
                response.header(*name, value)
            });
        response.body(Body::from(said.body)).unwrap()
    }
}

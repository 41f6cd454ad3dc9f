//! An old system of any make: it answers what a test tells it to, and remembers what it was asked.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use passerelle::legacy::identity::Identity;
use passerelle::legacy::refusal::Refusal;
use passerelle::secret::Secret;
use tokio::net::TcpListener;

/// A description for the answers of [`Foreign`]: one profile call, and nothing from a preset.
pub(crate) const PLAIN: &str = "
    token = { url = '{base_url}/login', access_token = '/access_token' }
    profile = [{ name = 'me', url = '{base_url}/me' }]
    identity = { legacy_id = '/me/id', user_name = '/me/login' }
";

/// The token answer that RFC 6749 §5.1 asks for.
pub(crate) const GRANTED: &str = r#"{"access_token":"T0KEN-1","token_type":"bearer","expires_in":1199}"#;
/// Alice, by her profile.
pub(crate) const ALICE: &str = r#"{"id":"7f3c","login":"alice"}"#;

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// A status and a body.
type Said = (u16, String);

#[derive(Clone, Default)]
struct Book {
    answers: Arc<Mutex<BTreeMap<String, Said>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

pub(crate) struct Foreign {
    pub(crate) base_url: String,
    book: Book,
}

impl Foreign {
    /// Listens, with a token and Alice behind it.
    pub(crate) async fn open() -> Self {
        let book = Book::default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let base_url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let answering = book.clone();
        let router =
            Router::new().fallback(move |request: Request| async move { answering.answer(request).await });
        tokio::spawn(async move { axum::serve(listener, router).await });
        let foreign = Self { base_url, book };
        foreign.says("/login", 200, GRANTED);
        foreign.says("/me", 200, ALICE);
        foreign
    }

    /// From now on.
    pub(crate) fn says(&self, path: &str, status: u16, body: &str) {
        self.book.answers.lock().unwrap().insert(path.to_owned(), (status, body.to_owned()));
    }

    /// What it was asked at `path`, since the beginning; a query is part of the path.
    pub(crate) fn asked(&self, path: &str) -> Vec<Asked> {
        let asked = self.book.asked.lock().unwrap();
        asked.iter().filter(|asked| asked.path == path).cloned().collect()
    }

    /// Alice signs in through a connector with this description.
    pub(crate) async fn sign_in(&self, description: &str) -> Result<Identity, Refusal> {
        let connector = super::connector(&format!("base_url = '{}'\n{description}", self.base_url));
        connector.sign_in("alice", &Secret::from("wonderland")).await.map(|arrival| arrival.identity)
    }
}

impl Book {
    async fn answer(self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let path = parts.uri.path_and_query().unwrap().to_string();
        let known = self.answers.lock().unwrap().get(&path).cloned();
        let body = String::from_utf8(body.into()).unwrap();
        self.asked.lock().unwrap().push(Asked { path, headers: parts.headers, body });
        let Some((status, body)) = known else { return StatusCode::NOT_FOUND.into_response() };
        let json = [(header::CONTENT_TYPE, "application/json")];
        (StatusCode::from_u16(status).unwrap(), json, body).into_response()
    }
}

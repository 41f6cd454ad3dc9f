//! The journal of calls: what was asked of the system, byte for byte, passwords included.
//! It is the oracle of the tests ("a password was tried exactly once"), so nothing in it is masked; a real system must never keep such a thing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Serialize;

use super::{chance, form};

/// Nothing that the system understands is longer.
const LONGEST_BODY: usize = 1024 * 1024;

/// One call.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// Counts from 1 and is never given twice.
    pub number: u64,
    /// When it arrived, RFC 3339.
    pub at: String,
    /// `GET`, `POST`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// As it was sent.
    pub query: Option<String>,
    /// The scheme of the `Authorization` header when one was sent: `Bearer`, `Basic`; never the credential.
    pub authorization: Option<String>,
    /// The decoded form fields in their order.
    pub fields: Vec<(String, String)>,
    /// The form as it came over the wire, for who wants to see the encoding.
    pub form: String,
    /// None while no answer has been made: the caller still waits, or went away.
    pub status: Option<u16>,
}

impl Call {
    /// The first form field of that name.
    pub fn field(&self, name: &str) -> Option<&str> {
        form::value(&self.fields, name)
    }

    fn is_refresh(&self) -> bool {
        matches!(self.path.as_str(), "/token" | "/Token") && self.field("grant_type") == Some("refresh_token")
    }
}

/// The handle on the journal; clones share it.
#[derive(Clone, Default)]
pub struct Journal(Arc<Mutex<Pages>>);

#[derive(Default)]
struct Pages {
    calls: Vec<Call>,
    written: u64,
}

impl Journal {
    /// All calls, the oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// The calls to one path, as it was spelt.
    pub fn calls_to(&self, path: &str) -> Vec<Call> {
        self.lock().calls.iter().filter(|call| call.path == path).cloned().collect()
    }

    /// How many refresh grants were asked for, under either spelling of the path, whatever came of them.
    pub fn refreshes(&self) -> usize {
        self.lock().calls.iter().filter(|call| call.is_refresh()).count()
    }

    /// Forgets all calls so far.
    pub fn clear(&self) {
        self.lock().calls.clear();
    }

    /// Written at arrival, so that a caller who hangs up before the answer is in the journal too.
    fn write(&self, parts: &Parts, body: &[u8], at: Timestamp) -> u64 {
        let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let is_form = |kind: &str| kind.starts_with("application/x-www-form-urlencoded");
        let form = if header(header::CONTENT_TYPE).is_some_and(is_form) { body } else { &[] };
        let scheme = header(header::AUTHORIZATION).and_then(|value| value.split(' ').next());
        let mut pages = self.lock();
        pages.written += 1;
        let number = pages.written;
        pages.calls.push(Call {
            number,
            at: at.to_string(),
            method: parts.method.to_string(),
            path: parts.uri.path().into(),
            query: parts.uri.query().map(Into::into),
            authorization: scheme.map(Into::into),
            fields: form::fields(form),
            form: String::from_utf8_lossy(form).into_owned(),
            status: None,
        });
        number
    }

    fn answered(&self, number: u64, status: StatusCode) {
        if let Some(call) = self.lock().calls.iter_mut().find(|call| call.number == number) {
            call.status = Some(status.as_u16());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The middleware that writes every call down.
pub(super) async fn keep(State(journal): State<Journal>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let (body, too_long) = match to_bytes(body, LONGEST_BODY).await {
        Ok(body) => (body, false),
        Err(_) => (Bytes::new(), true),
    };
    let number = journal.write(&parts, &body, chance::now());
    let response = if too_long {
        StatusCode::PAYLOAD_TOO_LARGE.into_response()
    } else {
        next.run(Request::from_parts(parts, Body::from(body))).await
    };
    journal.answered(number, response.status());
    response
}

/// `GET /_journal` reads it, `DELETE /_journal` clears it: for a demo on loopback, and not itself in the journal.
pub(super) fn router(journal: Journal) -> Router {
    Router::new().route("/_journal", get(read).delete(clear)).with_state(journal)
}

async fn read(State(journal): State<Journal>) -> Json<Vec<Call>> {
    Json(journal.calls())
}

async fn clear(State(journal): State<Journal>) -> StatusCode {
    journal.clear();
    StatusCode::NO_CONTENT
}

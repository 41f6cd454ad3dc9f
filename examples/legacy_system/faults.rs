//! The ways in which an old system fails, to be switched on by a test: at the token endpoint, at the profile, or at both.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use futures_util::stream;
use serde_json::Value;

const FIVE_MEGABYTES: usize = 5 * 1024 * 1024;

/// One way to fail.
#[derive(Clone, Default)]
pub enum Fault {
    /// Works as it should.
    #[default]
    None,
    /// The work is done, the answer comes late: who stops waiting cannot know that a refresh token was spent.
    Delay(Duration),
    /// What a proxy in front of it says while the system restarts.
    Html503,
    /// What a guard in front of it says of a call that it does not like.
    Html403,
    /// A crash, told in JSON.
    Status500,
    /// The work is done, half of the answer goes out, the connection closes.
    HalfAnswer,
    /// The work is done, and the connection closes without a byte: a refresh token is spent, and the caller cannot know.
    Lost,
    /// The access token (of a profile: the picture) is five megabytes long.
    Huge,
    /// A 307 to that URL: a caller that follows it carries the form, password included, to wherever it leads.
    Redirect(String),
}

/// Where a fault is.
#[derive(Clone, Copy)]
pub enum Door {
    /// `POST /token`.
    Token,
    /// `/api/me`, `/api/user` and `/api/party`.
    Profile,
}

/// The switches; clones share them.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Switches>>);

#[derive(Default)]
struct Switches {
    token: Fault,
    profile: Fault,
}

impl Faults {
    /// Stays until it is set to `Fault::None`.
    pub fn set(&self, door: Door, fault: Fault) {
        let mut switches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match door {
            Door::Token => switches.token = fault,
            Door::Profile => switches.profile = fault,
        }
    }

    fn at(&self, door: Door) -> Fault {
        let switches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match door {
            Door::Token => switches.token.clone(),
            Door::Profile => switches.profile.clone(),
        }
    }
}

/// The middleware at a door that may fail.
pub(super) async fn fail(
    State((faults, door)): State<(Faults, Door)>,
    request: Request,
    next: Next,
) -> Response {
    match faults.at(door) {
        Fault::None => next.run(request).await,
        Fault::Delay(wait) => {
            let response = next.run(request).await;
            tokio::time::sleep(wait).await;
            response
        }
        Fault::Html503 => {
            let page = "<html><body><h1>Service Unavailable</h1><p>Down for maintenance.</p></body></html>";
            (StatusCode::SERVICE_UNAVAILABLE, Html(page)).into_response()
        }
        Fault::Html403 => (StatusCode::FORBIDDEN, Html("<html><body><h1>Request blocked</h1></body></html>"))
            .into_response(),
        Fault::Status500 => {
            let message = r#"{"Message":"An error has occurred."}"#;
            (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONTENT_TYPE, "application/json")], message)
                .into_response()
        }
        Fault::HalfAnswer => half(next.run(request).await).await,
        Fault::Lost => lost(next.run(request).await),
        Fault::Huge => huge(next.run(request).await, door).await,
        Fault::Redirect(to) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response(),
    }
}

/// The length of the whole is promised, half is sent, and then the body breaks, which leaves the server no choice but to close.
async fn half(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = to_bytes(body, FIVE_MEGABYTES).await.unwrap_or_default();
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let first_half = whole.slice(..whole.len() / 2);
    let broken = stream::unfold(Some(first_half), async |unsent| {
        if let Some(half) = unsent {
            return Some((Ok(half), None));
        }
        // The server writes out what it has while the body makes it wait; otherwise the half would be thrown away with the rest.
        tokio::task::yield_now().await;
        Some((Err(io::Error::from(io::ErrorKind::BrokenPipe)), None))
    });
    Response::from_parts(parts, Body::from_stream(broken))
}

/// A body that breaks at once: the head has not been written out yet, and the server throws it away with the connection.
fn lost(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let broken = stream::once(async { Err::<Bytes, _>(io::Error::from(io::ErrorKind::BrokenPipe)) });
    Response::from_parts(parts, Body::from_stream(broken))
}

async fn huge(response: Response, door: Door) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, FIVE_MEGABYTES).await.unwrap_or_default();
    let swollen = match serde_json::from_slice(&bytes) {
        Ok(Value::Object(mut object)) => {
            let key = match door {
                Door::Token => "access_token",
                Door::Profile => "Picture",
            };
            object.insert(key.into(), "A".repeat(FIVE_MEGABYTES).into());
            Bytes::from(Value::Object(object).to_string())
        }
        _ => bytes,
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(swollen))
}

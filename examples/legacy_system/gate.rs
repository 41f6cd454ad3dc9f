//! The gate of the REST API: a living access token, sent as `Authorization: Bearer`, becomes the caller.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::chance;
use super::people::People;
use super::person::Person;
use super::reply::ApiError;
use super::tokens::TokenBook;

#[derive(Clone)]
pub(super) struct Gate {
    pub people: People,
    pub tokens: TokenBook,
}

/// Who calls, as the system knows them at this moment.
#[derive(Clone)]
pub(super) struct Caller(pub Person);

/// The middleware in front of everything under `/api/`.
pub(super) async fn require_token(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let Some(caller) = gate.caller(request.headers()) else { return ApiError::NotSignedIn.into_response() };
    request.extensions_mut().insert(caller);
    next.run(request).await
}

impl Gate {
    /// A token outlives a lock or a disabling: only the expiry ends it. What the person may still do is for `rights` to say.
    fn caller(&self, headers: &HeaderMap) -> Option<Caller> {
        let party_id = self.tokens.holder(bearer(headers)?, chance::now())?;
        self.people.by_party(&party_id).map(Caller)
    }
}

/// The token of an `Authorization: Bearer` header, living or not.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then_some(token)
}

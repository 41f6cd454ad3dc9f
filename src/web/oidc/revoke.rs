//! `POST /revoke`.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;

use crate::oauth::error::ErrorCode;
use crate::oauth::token_request::TokenInquiry;
use crate::provider::revoke::RevocationEndpoint;
use crate::time::Clock;
use crate::web::error::json::{Challenge, JsonDoor, no_store};
use crate::web::extract::credentials::ClientRequest;
use crate::web::routes::REVOKE;

/// What the handler uses.
#[derive(Clone)]
pub struct Revoke {
    /// The flow.
    pub endpoint: RevocationEndpoint,
    /// The way out for what went wrong.
    pub door: JsonDoor,
    /// Tells the time.
    pub clock: Clock,
}

/// Serves it.
pub fn router(revoke: Revoke) -> Router {
    Router::new().route(REVOKE, post(answer)).with_state(revoke)
}

async fn answer(State(revoke): State<Revoke>, request: ClientRequest) -> Response {
    let params = match &request.params {
        Ok(params) => params,
        Err(malformed) => {
            return revoke.door.refuse("revocation", ErrorCode::InvalidRequest, malformed, Challenge::None);
        }
    };
    let challenge = if request.credentials.used_header() { Challenge::Basic } else { Challenge::None };
    let inquiry = TokenInquiry::from_params(params);
    match revoke.endpoint.answer(&request.credentials, inquiry, revoke.clock.now()).await {
        // RFC 7009 §2.2: 200, whether there was something to revoke or not.
        Ok(()) => no_store(StatusCode::OK.into_response()),
        Err(error) => revoke.door.refuse("revocation", error.code(), &error, challenge),
    }
}

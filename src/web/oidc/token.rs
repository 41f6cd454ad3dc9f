//! `POST /token`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};

use crate::oauth::error::ErrorCode;
use crate::oauth::token_request::TokenRequest;
use crate::provider::token::TokenEndpoint;
use crate::provider::token_error::TokenError;
use crate::time::Clock;
use crate::web::error::json::{Challenge, JsonDoor, no_store};
use crate::web::extract::credentials::{ClientRequest, TokenCall};
use crate::web::routes::TOKEN;

/// What the handler uses.
#[derive(Clone)]
pub struct Token {
    /// The flow.
    pub endpoint: TokenEndpoint,
    /// The way out for what went wrong.
    pub door: JsonDoor,
    /// Tells the time.
    pub clock: Clock,
}

/// Serves it. The flow is shared: it holds dozens of handles, and a copy for each request would count all of them up and down.
pub fn router(token: Token) -> Router {
    Router::new().route(TOKEN, post(answer)).with_state(Arc::new(token))
}

async fn answer(State(token): State<Arc<Token>>, TokenCall(request): TokenCall) -> Response {
    let params = match &request.params {
        Ok(params) => params,
        Err(malformed) => {
            return token.door.refuse("token", ErrorCode::InvalidRequest, malformed, Challenge::None);
        }
    };
    let read = TokenRequest::from_params(params);
    match token.endpoint.answer(&request.credentials, read, token.clock.now()).await {
        Ok(response) => no_store(Json(response).into_response()),
        Err(error) => token.door.refuse("token", error.code(), &error, challenge(&request, &error)),
    }
}

/// RFC 6749 §5.2: who tried the header is told that the header is the way.
fn challenge(request: &ClientRequest, error: &TokenError) -> Challenge {
    match error {
        TokenError::Client(_) if request.credentials.used_header() => Challenge::Basic,
        _ => Challenge::None,
    }
}

//! `POST /introspect`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};

use crate::oauth::error::ErrorCode;
use crate::oauth::token_request::TokenInquiry;
use crate::provider::introspect::IntrospectionEndpoint;
use crate::time::Clock;
use crate::web::error::json::{Challenge, JsonDoor, no_store};
use crate::web::extract::credentials::ClientRequest;
use crate::web::routes::INTROSPECT;

/// What the handler uses.
#[derive(Clone)]
pub struct Introspect {
    /// The flow.
    pub endpoint: IntrospectionEndpoint,
    /// The way out for what went wrong.
    pub door: JsonDoor,
    /// Tells the time.
    pub clock: Clock,
}

/// Serves it. The flow is shared: it holds dozens of handles, and a copy for each request would count all of them up and down.
pub fn router(introspect: Introspect) -> Router {
    Router::new().route(INTROSPECT, post(answer)).with_state(Arc::new(introspect))
}

async fn answer(State(introspect): State<Arc<Introspect>>, request: ClientRequest) -> Response {
    let params = match &request.params {
        Ok(params) => params,
        Err(malformed) => {
            return introspect.door.refuse(
                "introspection",
                ErrorCode::InvalidRequest,
                malformed,
                Challenge::None,
            );
        }
    };
    let inquiry = TokenInquiry::from_params(params);
    match introspect.endpoint.answer(&request.credentials, inquiry, introspect.clock.now()).await {
        Ok(introspection) => no_store(Json(introspection).into_response()),
        // RFC 7662 §2.3: 401 with a challenge.
        Err(error) => introspect.door.refuse("introspection", error.code(), &error, Challenge::Basic),
    }
}

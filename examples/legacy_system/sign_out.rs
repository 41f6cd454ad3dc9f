//! `POST /api/signout`: the sign-out of the REST API. It ends tokens; the cookie sessions of the web site know nothing of it.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Extension, Router};

use super::gate::{Caller, bearer};
use super::tokens::TokenBook;

pub(super) fn router(tokens: TokenBook) -> Router {
    Router::new().route("/api/signout", post(sign_out)).with_state(tokens)
}

/// The access token that was shown, and every refresh token of its person, through whichever client. Other access tokens live on.
async fn sign_out(
    State(tokens): State<TokenBook>,
    Extension(Caller(caller)): Extension<Caller>,
    headers: HeaderMap,
) -> StatusCode {
    if let Some(token) = bearer(&headers) {
        tokens.sign_out(token, &caller.party_id);
    }
    StatusCode::NO_CONTENT
}

//! The public documents: both discovery addresses, and the JWK Set. Bytes that were made before.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::keys::keyring::Keyring;
use crate::web::routes::{JWKS, OAUTH_AUTHORIZATION_SERVER, OPENID_CONFIGURATION};

/// How long caches may keep the documents. A key is published for longer than this before it signs.
const CACHED: &str = "public, max-age=600";

/// The discovery document below the issuer's path.
pub fn below_issuer(document: Bytes) -> Router {
    let serve = move || async move { json(document) };
    Router::new()
        .route(OPENID_CONFIGURATION, get(serve.clone()))
        .route(OAUTH_AUTHORIZATION_SERVER, get(serve))
}

/// The discovery document where RFC 8414 §3.1 has it for an issuer with a path: the well-known part comes before the path.
pub fn at_root(document: Bytes, base: &str) -> Router {
    let serve = move || async move { json(document) };
    Router::new().route(&format!("{OAUTH_AUTHORIZATION_SERVER}{base}"), get(serve))
}

/// The JWK Set.
pub fn jwks(keyring: Keyring) -> Router {
    Router::new().route(JWKS, get(key_set)).with_state(keyring)
}

async fn key_set(State(keyring): State<Keyring>) -> Response {
    json(Bytes::from_owner(keyring.jwks()))
}

/// `application/json` for the keys too: it is what OpenID Connect Discovery §3 shows, and some libraries take nothing else.
fn json(document: Bytes) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, CACHED)];
    (headers, document).into_response()
}

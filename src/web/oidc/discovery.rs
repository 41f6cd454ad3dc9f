//! The public documents: both discovery addresses, and the JWK Set. Bytes that were made before.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::keys::keyring::Keyring;
use crate::secret::Digest;
use crate::web::routes::{JWKS, OAUTH_AUTHORIZATION_SERVER, OPENID_CONFIGURATION};

/// How long caches may keep the documents. A key is published for longer than this before it signs.
const CACHED: &str = "public, max-age=600";

/// A document with the name that tells whether a cache still has it (RFC 9110 §8.8.3).
#[derive(Clone)]
struct Document {
    bytes: Bytes,
    tag: String,
}

impl Document {
    fn new(bytes: Bytes) -> Self {
        let tag = format!("\"{}\"", Digest::of_bytes(&bytes).to_text());
        Self { bytes, tag }
    }

    /// `application/json` for the keys too: it is what OpenID Connect Discovery §3 shows, and some libraries take nothing else.
    fn answer(self, asked: &HeaderMap) -> Response {
        let cached = [(header::CACHE_CONTROL, CACHED), (header::ETAG, &self.tag)];
        if is_known(asked, &self.tag) {
            return (StatusCode::NOT_MODIFIED, cached).into_response();
        }
        (cached, [(header::CONTENT_TYPE, "application/json")], self.bytes).into_response()
    }
}

/// RFC 9110 §13.1.2: a list of tags, compared weakly, or `*`.
fn is_known(asked: &HeaderMap, tag: &str) -> bool {
    let known = asked.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    let mut tags = known.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// The discovery document below the issuer's path.
pub fn below_issuer(document: Bytes) -> Router {
    let document = Document::new(document);
    let serve = move |asked: HeaderMap| async move { document.answer(&asked) };
    Router::new()
        .route(OPENID_CONFIGURATION, get(serve.clone()))
        .route(OAUTH_AUTHORIZATION_SERVER, get(serve))
}

/// The discovery document where RFC 8414 §3.1 has it for an issuer with a path: the well-known part comes before the path.
pub fn at_root(document: Bytes, base: &str) -> Router {
    at(&format!("{OAUTH_AUTHORIZATION_SERVER}{base}"), document)
}

/// A public document at `path`.
pub fn at(path: &str, document: Bytes) -> Router {
    let document = Document::new(document);
    let serve = move |asked: HeaderMap| async move { document.answer(&asked) };
    Router::new().route(path, get(serve))
}

/// The JWK Set.
pub fn jwks(keyring: Keyring) -> Router {
    Router::new().route(JWKS, get(key_set)).with_state(keyring)
}

async fn key_set(State(keyring): State<Keyring>, asked: HeaderMap) -> Response {
    Document::new(Bytes::from_owner(keyring.jwks())).answer(&asked)
}

//! The page that apps keep in a frame (OpenID Connect Session Management §3.2): its script compares the `session_state` that an app sends
//! with the one that belongs to the cookie, and says whether anything changed. It asks nobody and tells nothing else. Only the origins of
//! registered apps may frame it.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

use crate::model::registry::Registry;
use crate::web::browsers::CookieKind;
use crate::web::crumbs::state_name;
use crate::web::page::csp::framed_page;
use crate::web::routes::CHECK_SESSION;

/// `tokens::session_state` makes the same value.
const SCRIPT: &str = r#"
addEventListener("message", async (event) => {
  if (event.source !== parent || typeof event.data !== "string") return;
  const at = event.data.lastIndexOf(" ");
  const client = event.data.slice(0, at);
  const given = event.data.slice(at + 1);
  const salt = given.slice(given.lastIndexOf(".") + 1);
  if (at < 1 || !/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(given)) {
    event.source.postMessage("error", event.origin);
    return;
  }
  const cookie = document.cookie.split("; ").find((pair) => pair.startsWith("COOKIE="));
  const state = cookie ? cookie.slice("COOKIE=".length) : "";
  const text = new TextEncoder().encode(`${client} ${event.origin} ${state} ${salt}`);
  const hash = String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-256", text)));
  const wanted = btoa(hash).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  event.source.postMessage(`${wanted}.${salt}` === given ? "unchanged" : "changed", event.origin);
});
"#;

/// Serves it: made once.
pub fn router(registry: &Registry, kind: CookieKind) -> Router {
    let script = SCRIPT.replace("COOKIE", state_name(kind));
    let hash = format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(&script)));
    let addresses: Vec<&str> = registry
        .clients()
        .flat_map(|client| client.redirect_uris.iter().chain(&client.web_origins))
        .map(String::as_str)
        .collect();
    let policy = framed_page(&addresses, &hash);
    let page =
        format!("<!DOCTYPE html><html lang=\"en\"><title>Session</title><script>{script}</script></html>");
    Router::new().route(CHECK_SESSION, get(async move || shown(page.clone(), &policy)))
}

fn shown(page: String, policy: &str) -> Response {
    let mut response = Html(page).into_response();
    // Origins and constants only, so it is always a header value.
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}

//! The page that apps keep in a frame (OpenID Connect Session Management §3.2): its script compares the `session_state` that an app sends
//! with the one that belongs to the cookie, and says whether anything changed. Only the origins of registered apps may frame it.
//!
//! A session also ends where its browser is not: at another device, by an operator, in time. So the script asks for this page anew now and
//! then, and the cookie of a session that is over is taken back with it. Asking is no use of the session: an open page keeps nobody signed in.

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};
use tracing::warn;

use crate::model::registry::Registry;
use crate::provider::logout::watched::WatchedSession;
use crate::time::Clock;
use crate::web::browsers::CookieKind;
use crate::web::crumbs::{self, state_name};
use crate::web::page::csp::framed_page;
use crate::web::routes::CHECK_SESSION;

/// `tokens::session_state` makes the same value.
const SCRIPT: &str = r#"
let asked = Date.now();
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
  if (Date.now() - asked > 15000) {
    asked = Date.now();
    await fetch(location.pathname, { method: "HEAD", cache: "no-store" }).catch(() => {});
  }
  const cookie = document.cookie.split("; ").find((pair) => pair.startsWith("COOKIE="));
  const state = cookie ? cookie.slice("COOKIE=".length) : "";
  // Where the browser keeps cookies of other sites away, nothing can be told: that is no sign-out.
  if (!cookie && document.hasStorageAccess && !(await document.hasStorageAccess())) {
    event.source.postMessage("error", event.origin);
    return;
  }
  const text = new TextEncoder().encode(`${client} ${event.origin} ${state} ${salt}`);
  const hash = String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-256", text)));
  const wanted = btoa(hash).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  event.source.postMessage(`${wanted}.${salt}` === given ? "unchanged" : "changed", event.origin);
});
"#;

/// The page.
#[derive(Clone)]
pub struct CheckSession {
    /// The flow.
    pub watched: WatchedSession,
    /// How the cookie is named.
    pub cookies: CookieKind,
    /// Tells the time.
    pub clock: Clock,
}

/// Serves it: page and policy are made once.
pub fn router(registry: &Registry, check: CheckSession) -> Router {
    let script = SCRIPT.replace("COOKIE", state_name(check.cookies));
    let hash = format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(&script)));
    let addresses: Vec<&str> = registry
        .clients()
        .flat_map(|client| client.redirect_uris.iter().chain(&client.web_origins))
        .map(String::as_str)
        .collect();
    let policy = framed_page(&addresses, &hash);
    let page =
        format!("<!DOCTYPE html><html lang=\"en\"><title>Session</title><script>{script}</script></html>");
    let show = async move |headers: HeaderMap| {
        let mut response = shown(page.clone(), &policy);
        if check.is_over(&headers).await {
            crumbs::hide_state(check.cookies, &mut response);
        }
        response
    };
    Router::new().route(CHECK_SESSION, get(show))
}

impl CheckSession {
    /// Whether the browser names a session that is over. A database that does not answer ends none.
    async fn is_over(&self, headers: &HeaderMap) -> bool {
        let Some(id) = crumbs::shown_state(self.cookies, headers) else { return false };
        match self.watched.is_over(&id, self.clock.now()).await {
            Ok(over) => over,
            Err(error) => {
                warn!("a session that an app watches could not be looked at: {error}");
                false
            }
        }
    }
}

fn shown(page: String, policy: &str) -> Response {
    let mut response = Html(page).into_response();
    // Origins and constants only, so it is always a header value.
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

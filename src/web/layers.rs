//! What stands around the routes: sessions around the pages, and around everything a span for the log, a bound on time, headers that
//! browsers heed, and a net under a panic.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::{DefaultOnFailure, TraceLayer};
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};
use tracing::{Level, Span, error, info_span};

use crate::id::ReferenceId;
use crate::secret::Chance;
use crate::store::cookies::Cookies;
use crate::web::browsers::{Browsers, CookieKind, meet};
use crate::web::error::page::Refused;
use crate::web::pages::Pages;

/// Around the routes that browsers visit, and no others: a session costs a read of the database. What goes wrong between the handlers
/// is told by a page too.
pub fn for_browsers(router: Router, pages: Pages, cookies: Cookies, browsers: Browsers) -> Router {
    let router = router.method_not_allowed_fallback({
        let pages = pages.clone();
        async move |headers: HeaderMap| {
            let language = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
            pages.refuse(Refused::method_not_allowed(), &[], language)
        }
    });
    let panicked = move |_: Box<dyn Any + Send>| pages.refuse(Refused::panicked(), &[], None);
    let kind = browsers.cookies;
    let sessions = SessionManagerLayer::new(cookies)
        .with_name(kind.session_name())
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(kind == CookieKind::HostSecure)
        .with_path("/")
        // The cookie lives as long as the browser; how long the session lives is its record's affair.
        .with_expiry(Expiry::OnSessionEnd);
    router.layer(CatchPanicLayer::custom(panicked)).layer(from_fn_with_state(browsers, meet)).layer(sessions)
}

/// Around everything. `limit` is how long an answer may take to begin.
pub fn around(router: Router, limit: Duration, chance: Chance) -> Router {
    let span = move |request: &Request| {
        // The path only: a query holds codes, hints and names.
        let id = ReferenceId::mint(&chance);
        info_span!(
            "request",
            id = %id,
            method = %request.method(),
            path = %request.uri().path(),
            client.id = tracing::field::Empty
        )
    };
    let trace = TraceLayer::new_for_http()
        .make_span_with(span)
        .on_request(())
        .on_response(|response: &Response, latency: Duration, _: &Span| {
            tracing::debug!(status = response.status().as_u16(), ms = latency.as_millis() as u64, "answered");
        })
        .on_failure(DefaultOnFailure::new().level(Level::DEBUG));
    let header = |name: &'static str, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    router
        .layer(CatchPanicLayer::custom(panicked))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, limit))
        .layer(header("x-content-type-options", "nosniff"))
        // RFC 9700 §4.2.4: an address here holds things that no other site needs to know.
        .layer(header("referrer-policy", "no-referrer"))
        .layer(trace)
}

/// A net under a panic, and nothing else.
pub fn under_a_net(router: Router) -> Router {
    router.layer(CatchPanicLayer::custom(panicked))
}

fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response {
    // What it says may hold anything; where it happened is in the panic hook's own line.
    drop(cause);
    error!("a request panicked");
    let body = "{\"error\":\"server_error\",\"error_description\":\"something broke here\"}";
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (StatusCode::INTERNAL_SERVER_ERROR, headers, body).into_response()
}

//! Serves the JavaScript app: one page, a second one that only ever stands in a hidden frame, their scripts and stylesheet, and where the
//! provider is. It keeps nothing and decides nothing.

use std::io;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::loopback;
use crate::loopback::serving::{Port, Running};

const PAGE: &str = include_str!("index.html");
const SCRIPT: &str = include_str!("app.js");
const SILENT_PAGE: &str = include_str!("silent.html");
const SILENT_SCRIPT: &str = include_str!("silent.js");

/// The page in the hidden frame: its own script, and nobody frames it but the app.
const SILENT_POLICY: &str =
    "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// How the app finds its provider, and who it is there. Nothing of it is secret: the browser reads it.
pub struct Settings {
    /// The provider's issuer URL.
    pub issuer: String,
    /// What the provider calls this app.
    pub client_id: String,
}

/// Serves the app on that loopback port; 0 takes a free one.
pub async fn start(settings: Settings, port: u16) -> io::Result<Running> {
    let port = Port::take(port).await?;
    let provider =
        url::Url::parse(&settings.issuer).map_err(io::Error::other)?.origin().ascii_serialization();
    // Whatever is injected into the page: scripts come from this server alone, and the tokens can be sent nowhere but to the provider.
    // The frames are the provider's page that watches its session, and the provider's way back to `/silent`.
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {provider}; \
         frame-src 'self' {provider}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let config = json!({
        "issuer": settings.issuer,
        "client_id": settings.client_id,
        "redirect_uri": format!("{}/callback", port.base_url),
        "silent_redirect_uri": format!("{}/silent", port.base_url),
        "post_logout_redirect_uri": format!("{}/", port.base_url),
        "scope": "openid profile email phone address roles offline_access invoices.read invoices.write",
    });
    let script = |text| get(async move || ([(header::CONTENT_TYPE, "text/javascript")], text));
    let app = async move || page(PAGE, &policy);
    let routes = Router::new()
        .route("/", get(app.clone()))
        .route("/callback", get(app.clone()))
        .route("/start", get(app))
        .route("/silent", get(async || page(SILENT_PAGE, SILENT_POLICY)))
        .route("/app.js", script(SCRIPT))
        .route("/silent.js", script(SILENT_SCRIPT))
        .route("/style.css", get(async || ([(header::CONTENT_TYPE, "text/css")], loopback::STYLE)))
        .route("/config.json", get(async move || Json(config)))
        .fallback(async || StatusCode::NOT_FOUND);
    Ok(port.serve(routes))
}

fn page(html: &'static str, policy: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    (headers, html).into_response()
}

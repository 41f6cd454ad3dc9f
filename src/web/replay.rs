//! A cassette, played: a fake legacy system for development and tests. It answers what was recorded, and keeps nothing.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::workbench::cassette::{Cassette, Reply, flattened};

/// More than any request of a connector has.
const LARGEST: usize = 1024 * 1024;

/// The routes of a cassette whose own address is `base_url`.
pub fn router(cassette: Cassette, base_url: &str) -> Router {
    let (cassette, base_url): (Arc<Cassette>, Arc<str>) = (Arc::new(cassette), base_url.into());
    Router::new().fallback(move |request: Request| {
        let (cassette, base_url) = (cassette.clone(), base_url.clone());
        async move { answer(&cassette, &base_url, request).await }
    })
}

async fn answer(cassette: &Cassette, base_url: &str, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let headers =
        parts.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let sent = flattened(parts.uri.query(), headers, &String::from_utf8_lossy(&body));
    played(&cassette.reply(parts.method.as_str(), parts.uri.path(), &sent), base_url)
}

fn played(reply: &Reply, base_url: &str) -> Response {
    let mut response = Response::new(Body::from(reply.body(base_url)));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let headers = response.headers_mut();
    if reply.text.is_none() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    for (name, value) in &reply.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value.replace("{base_url}", base_url))) {
            headers.insert(name, value);
        }
    }
    for (name, value) in &reply.cookies {
        if let Ok(cookie) = HeaderValue::from_str(&format!("{name}={value}; Path=/")) {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
    response
}

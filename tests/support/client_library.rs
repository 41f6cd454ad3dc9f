//! How a client library calls the bridge: without a socket.

use std::convert::Infallible;

use axum::Router;
use axum::body::{Body, to_bytes};
use openidconnect::{HttpRequest, HttpResponse};
use tower::ServiceExt as _;

/// The openidconnect crate's way to `router`.
pub async fn over(router: Router, request: HttpRequest) -> Result<HttpResponse, Infallible> {
    let (parts, body) = router.oneshot(request.map(Body::from)).await?.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Ok(HttpResponse::from_parts(parts, body))
}

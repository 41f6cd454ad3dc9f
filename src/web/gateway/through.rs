//! `/gateway/…`: the way through.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::Extensions;
use axum::response::Response;
use axum::routing::any;
use http_body_util::BodyExt as _;

use crate::gateway::passage::Passage;
use crate::gateway::refusal::Refusal;
use crate::gateway::route::Route;
use crate::rules::access::Denial;
use crate::web::gateway::answer::refuse;
use crate::web::routes::PROTECTED_RESOURCE;

/// What the handler needs.
#[derive(Clone)]
pub struct Through {
    /// The way through; shared, because every request has a handle on it.
    pub passage: Arc<Passage>,
    /// Scheme and host, to which the metadata's path is added.
    pub origin: Arc<str>,
    /// The path of the issuer.
    pub base: Arc<str>,
}

/// Everything below `/gateway/`.
pub fn router(through: Through) -> Router {
    let path = format!("{}/gateway/{{*rest}}", through.base);
    Router::new().route(&path, any(pass)).with_state(through)
}

async fn pass(State(through): State<Through>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let below = path.strip_prefix(&*through.base).unwrap_or_default();
    let Some((route, rest)) = through.passage.admission.routes.find(below) else {
        return refuse(&Refusal::Denied(Denial::NoRule), None);
    };
    let peer = peer(request.extensions());
    let request = request.map(|body| body.map_err(Into::into).boxed_unsync());
    match through.passage.answer((route, rest), request, peer).await {
        Ok(response) => response.map(Body::new),
        Err(refusal) => refuse(&refusal, Some(&through.metadata(route))),
    }
}

impl Through {
    /// Where the metadata of `route` stands (RFC 9728 §3.1).
    pub(super) fn metadata(&self, route: &Route) -> String {
        format!("{}{PROTECTED_RESOURCE}{}{}", self.origin, self.base, route.prefix)
    }
}

/// Who connected.
pub(super) fn peer(extensions: &Extensions) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)).to_canonical()
}

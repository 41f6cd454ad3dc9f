//! Which scripts may call which endpoints (CORS). Never the pages and never introspection: no script has business there.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, Method, header};
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, Any, CorsLayer};

use crate::model::registry::Registry;

/// How long a browser may remember that it may.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// For the endpoints that browser apps call: the origins that some client registered, character by character.
pub fn registered(registry: &Registry) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(registered_origins(registry))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .expose_headers([header::WWW_AUTHENTICATE])
        .max_age(REMEMBERED)
}

/// For what is public anyway: discovery and keys.
pub fn everybody() -> CorsLayer {
    CorsLayer::new().allow_origin(Any).allow_methods([Method::GET]).max_age(REMEMBERED)
}

/// APIs behind the gateway: the same origins, whatever method and header the API knows.
pub fn for_apis(registry: &Registry) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(registered_origins(registry))
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(Any)
        .max_age(REMEMBERED)
}

fn registered_origins(registry: &Registry) -> AllowOrigin {
    let origins: Arc<BTreeSet<String>> =
        Arc::new(registry.clients().flat_map(|client| client.web_origins.iter().cloned()).collect());
    let is_registered = move |origin: &HeaderValue, _: &axum::http::request::Parts| {
        origin.to_str().is_ok_and(|origin| origins.contains(origin))
    };
    AllowOrigin::predicate(is_registered)
}

//! `/.well-known/oauth-protected-resource/…`: what each route says of itself (RFC 9728 §3).

use axum::Router;
use axum::body::Bytes;
use serde_json::json;

use crate::gateway::route::{Route, Routes};
use crate::web::oidc::discovery;
use crate::web::routes::PROTECTED_RESOURCE;

/// One document for each of `routes`, whose prefixes stand below `base`; at the root of the host (RFC 9728 §3.1).
pub fn router(routes: &Routes, issuer: &str, base: &str) -> Router {
    routes.iter().fold(Router::new(), |router, route| {
        let path = format!("{PROTECTED_RESOURCE}{base}{}", route.prefix);
        router.merge(discovery::at(&path, document(route, issuer)))
    })
}

fn document(route: &Route, issuer: &str) -> Bytes {
    let document = json!({
        "resource": route.resource,
        "authorization_servers": [issuer],
        "scopes_supported": route.scopes,
        "bearer_methods_supported": ["header"],
    });
    document.to_string().into()
}

//! Headers cleaned in both directions: what belongs to one connection only, what others could take for the gateway's own word, and what
//! the legacy system says to browsers that are none of its.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::gateway::route::{Inject, Route};
use crate::secret::Secret;

/// RFC 9110 §7.6.1, and the older ones.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What does not go up: credentials that are the bridge's, words on where a request came from, and other methods or paths than those that
/// were decided on.
const NOT_UP: [&str; 22] = [
    "authorization",
    "cookie",
    "cookie2",
    "host",
    "expect",
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-method",
    "x-original-url",
    "x-original-uri",
    "x-original-host",
    "x-rewrite-url",
    "x-gateway-secret",
    "http2-settings",
];

/// What does not come down: cookies and commands to browsers, which would hold for the bridge's own pages.
const NOT_DOWN: [&str; 9] = [
    "set-cookie",
    "set-cookie2",
    "alt-svc",
    "clear-site-data",
    "strict-transport-security",
    "service-worker-allowed",
    "sourcemap",
    "refresh",
    "nel",
];

/// Leaves of a request's headers what may go up to `route`.
pub(super) fn clean_up(headers: &mut HeaderMap, route: &Route) {
    remove_hop_by_hop(headers);
    let own = |name: &str| match &route.inject {
        Inject::Header { name: injected, .. } => injected.as_str() == name,
        Inject::Cookie(_) | Inject::Query(_) => false,
    };
    let identity = |name: &HeaderName| route.identity_headers.names().any(|own| own == name);
    remove_those(headers, |name| {
        let text = name.as_str();
        // Some servers read `x_user` as `x-user`.
        text.contains(['_', '.'])
            || NOT_UP.contains(&text)
            || text.starts_with("x-forwarded-")
            || own(text)
            || identity(name)
    });
}

/// Leaves of an answer's headers what may come down. With a legacy token in play, nothing that holds it, and no challenge that asks for one.
pub(super) fn clean_down(headers: &mut HeaderMap, token: Option<&Secret>) {
    remove_hop_by_hop(headers);
    remove_those(headers, |name| {
        NOT_DOWN.contains(&name.as_str()) || name.as_str().starts_with("access-control-")
    });
    if let Some(token) = token {
        headers.remove(header::WWW_AUTHENTICATE);
        let told: Vec<HeaderName> =
            headers.iter().filter(|(_, value)| holds(value, token)).map(|(name, _)| name.clone()).collect();
        told.into_iter().for_each(|name| while headers.remove(&name).is_some() {});
    }
    // What the API sends stands on the same origin as the sign-in page: nothing of it may act as a page of ours.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.append(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
}

fn holds(value: &HeaderValue, token: &Secret) -> bool {
    let token = token.expose().as_bytes();
    !token.is_empty() && value.as_bytes().windows(token.len()).any(|window| window == token)
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let listed: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::try_from(name.trim()).ok())
        .collect();
    remove_those(headers, |name| HOP_BY_HOP.contains(&name.as_str()) || listed.contains(name));
}

fn remove_those(headers: &mut HeaderMap, unwanted: impl Fn(&HeaderName) -> bool) {
    let gone: Vec<HeaderName> = headers.keys().filter(|name| unwanted(name)).cloned().collect();
    for name in gone {
        headers.remove(name);
    }
}

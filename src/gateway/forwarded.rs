//! What the API is told of the way that a request came. What a caller says of it counts only when a trusted proxy passed it on.

use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;

use crate::gateway::route::Route;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// How the bridge is reached.
#[derive(Clone, Debug)]
pub struct Outside {
    /// `http` or `https`.
    pub scheme: Arc<str>,
    /// Host and port.
    pub authority: Arc<str>,
    /// The path of the issuer.
    pub base: Arc<str>,
    /// Whose word counts.
    pub trusted: Arc<[IpNet]>,
}

impl Outside {
    /// The addresses of the caller and of the proxies it came through.
    pub(super) fn hops(&self, headers: &HeaderMap, peer: IpAddr) -> String {
        let peer = peer.to_canonical();
        let trusted = self.trusted.iter().any(|network| network.contains(&peer));
        let told = headers.get_all(FOR).into_iter().filter_map(|value| value.to_str().ok());
        let told: Vec<&str> = told.filter(|told| trusted && !told.is_empty()).collect();
        if told.is_empty() { peer.to_string() } else { format!("{}, {peer}", told.join(", ")) }
    }

    /// Says it.
    pub(super) fn tell(&self, hops: &str, route: &Route, headers: &mut HeaderMap) {
        let prefix = format!("{}{}", self.base, route.prefix);
        for (name, value) in [
            ("x-forwarded-for", hops),
            ("x-forwarded-proto", &*self.scheme),
            ("x-forwarded-host", &*self.authority),
            ("x-forwarded-prefix", prefix.as_str()),
        ] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

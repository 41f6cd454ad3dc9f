//! What is known of a browser before any flow begins: the value that binds pending requests to it, and where it is. Not who is signed
//! in with it: that is the session cookie's affair.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;

use crate::secret::{Chance, Secret};

/// A value as we make it: 43 characters of base64url. What is not of that form was not made here.
const LENGTH: usize = 43;

/// Knows browsers.
#[derive(Clone)]
pub struct Browsers {
    /// Makes binding values.
    pub chance: Chance,
    /// Whose word about addresses counts.
    pub trusted_proxies: Arc<[IpNet]>,
    /// Whether cookies are `Secure` and named `__Host-…`.
    pub cookies: CookieKind,
}

/// How cookies are named and sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieKind {
    /// Under https: `__Host-` names, which no other host and no plain page can set (RFC 6265bis §4.1.3.2).
    HostSecure,
    /// On loopback without TLS.
    Plain,
}

impl CookieKind {
    /// The session cookie's name.
    pub const fn session_name(self) -> &'static str {
        match self {
            Self::HostSecure => "__Host-passerelle",
            Self::Plain => "passerelle",
        }
    }

    /// The binding cookie's name.
    pub const fn binding_name(self) -> &'static str {
        match self {
            Self::HostSecure => "__Host-passerelle_browser",
            Self::Plain => "passerelle_browser",
        }
    }

    /// What stands behind name and value. Lax, since an app's redirect brings the browser here from another site.
    pub const fn attributes(self) -> &'static str {
        match self {
            Self::HostSecure => "Path=/; HttpOnly; SameSite=Lax; Secure",
            Self::Plain => "Path=/; HttpOnly; SameSite=Lax",
        }
    }
}

/// A browser that has just arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// What binds pending requests to it.
    pub binding: Secret,
    /// Where it is.
    pub address: IpAddr,
}

/// On an answer to another site's form, with which a browser sends none of its cookies: it may have a binding value all the same, for
/// which a request waits.
#[derive(Clone, Copy, Debug)]
pub struct Unmet;

/// The middleware of the browser routes: gives each browser its binding value, once.
pub async fn meet(State(browsers): State<Browsers>, mut request: Request, next: Next) -> Response {
    let known = cookie(request.headers(), browsers.cookies.binding_name());
    let known = known.filter(|value| is_binding(value)).map(Secret::from);
    let fresh = known.is_none().then(|| browsers.chance.secret());
    let address = browsers.address(&request);
    if let Some(binding) = known.or_else(|| fresh.clone()) {
        request.extensions_mut().insert(Arrived { binding, address });
    }
    let mut response = next.run(request).await;
    if let Some(fresh) = fresh.filter(|_| response.extensions().get::<Unmet>().is_none()) {
        let kind = browsers.cookies;
        let cookie = format!("{}={}; {}", kind.binding_name(), fresh.expose(), kind.attributes());
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

impl Browsers {
    /// The peer, or what trusted proxies say of whom they speak for: the rightmost address that is not a trusted proxy itself.
    /// Whatever stands left of it was written by somebody who is not trusted.
    fn address(&self, request: &Request) -> IpAddr {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let mut address = peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)).to_canonical();
        let forwarded = request.headers().get_all("x-forwarded-for").into_iter();
        let hops: Vec<&str> =
            forwarded.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect();
        for hop in hops.into_iter().rev() {
            if !self.trusted_proxies.iter().any(|network| network.contains(&address)) {
                break;
            }
            let Some(before) = parse_hop(hop.trim()) else { break };
            address = before.to_canonical();
        }
        address
    }
}

/// With or without a port, as proxies write it.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|hop| hop.ip()))
}

/// The value of a cookie that the browser sent.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// Whether the browser shows what comes back, rather than a picture or a frame of another page (Fetch Metadata §2.1). One that does not say
/// so is taken to: then the person is asked at worst.
pub(super) fn shows_pages(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-dest").is_none_or(|destination| destination == "document")
}

fn is_binding(value: &str) -> bool {
    value.len() == LENGTH && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

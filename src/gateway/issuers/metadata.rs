//! An issuer's own word on where things are (OpenID Connect Discovery §4). It counts only when it is of the issuer that was asked.

use serde::Deserialize;
use url::{Host, Url};

use super::error::IssuerError;
use super::outbound::{document, unavailable};

/// What of a discovery document is looked at.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    pub(super) jwks_uri: Option<Url>,
    pub(super) userinfo_endpoint: Option<Url>,
    pub(super) introspection_endpoint: Option<Url>,
}

/// Asks `issuer`, whose name in tokens is `name`.
///
/// # Errors
/// When it does not answer, or as somebody else.
pub(super) async fn discover(
    http: &reqwest::Client,
    issuer: &Url,
    name: &str,
) -> Result<Metadata, IssuerError> {
    let document = document(http.get(address(issuer)), "the discovery document").await?;
    let metadata: Metadata =
        serde_json::from_value(document).map_err(|_| unavailable("the discovery document is malformed"))?;
    // OpenID Connect Discovery §4.3: "MUST be identical to the Issuer URL that was used".
    if metadata.issuer != name {
        return Err(unavailable("the discovery document is of another issuer"));
    }
    for url in [&metadata.jwks_uri, &metadata.userinfo_endpoint, &metadata.introspection_endpoint] {
        if !url.as_ref().is_none_or(|url| may_be_asked(url, issuer)) {
            return Err(unavailable("the discovery document leads to an address without TLS"));
        }
    }
    Ok(metadata)
}

/// §4: a slash at the end of the issuer is left out before the well-known path.
fn address(issuer: &Url) -> String {
    format!("{}/.well-known/openid-configuration", issuer.as_str().trim_end_matches('/'))
}

/// https, except that an issuer on this machine may lead to this machine.
fn may_be_asked(url: &Url, issuer: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url) && is_loopback(issuer))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

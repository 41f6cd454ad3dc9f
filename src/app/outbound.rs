//! The ready HTTP clients that rooms are handed: no redirect is followed, nothing is retried, no proxy is taken from the environment,
//! time is bounded. Certificates are checked against the machine's own roots.

use std::time::Duration;

use reqwest::redirect::Policy;

use crate::legacy::description::{Description, Transport};

/// How long a connection may take to stand; the whole call has a bound of its own.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a connection to an app is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(10);

/// The client for the old system.
///
/// # Errors
/// When the machine has no root certificates that can be read, or no TLS provider was installed.
pub fn legacy_client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    // A password must not travel on to wherever an answer points, nor is it sent again by anybody but the person, not even after an
    // answer that promises that nothing was done.
    guarded(timeout).build()
}

/// The client for one old system: with its private authority, the bridge's certificate, and the proxy on the way there.
///
/// # Errors
/// As [`legacy_client`], and when a certificate, its key or the proxy cannot be used.
pub fn client_of(description: &Description) -> Result<reqwest::Client, reqwest::Error> {
    on_the_way(guarded(description.timeout), description)?.build()
}

/// The way to one old system, whoever goes it.
fn on_the_way(
    mut client: reqwest::ClientBuilder,
    description: &Description,
) -> Result<reqwest::ClientBuilder, reqwest::Error> {
    let Transport { ca, identity, proxy, .. } = &description.transport;
    if let Some(ca) = ca {
        // Whoever names an authority of their own means it alone.
        client = client.tls_certs_only(reqwest::Certificate::from_pem_bundle(ca)?);
    }
    if let Some(identity) = identity {
        client = client.identity(reqwest::Identity::from_pem(identity.expose().as_bytes())?);
    }
    if let Some(proxy) = proxy {
        client = client.proxy(reqwest::Proxy::all(proxy.expose())?);
    }
    Ok(client)
}

/// The client for apps that are told of a logout: there are many, and each is called seldom.
///
/// # Errors
/// As [`legacy_client`].
pub fn app_client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    guarded(timeout).pool_max_idle_per_host(1).pool_idle_timeout(IDLE).build()
}

/// The client that looks at how something answers: each call has a connection of its own, and shows the certificate that it met.
///
/// # Errors
/// As [`legacy_client`].
pub fn looking_client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    guarded(timeout).pool_max_idle_per_host(0).tls_info(true).build()
}

/// The same for one old system.
///
/// # Errors
/// As [`client_of`].
pub fn looking_client_of(
    description: &Description,
    timeout: Duration,
) -> Result<reqwest::Client, reqwest::Error> {
    on_the_way(guarded(timeout), description)?.pool_max_idle_per_host(0).tls_info(true).build()
}

/// The same for a certificate that was refused, so that it can be said what is wrong with it. It sends nothing but the question for a
/// public page, and what is answered is not looked at.
///
/// # Errors
/// When no TLS provider was installed.
pub fn certificate_client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    guarded(timeout).pool_max_idle_per_host(0).tls_info(true).tls_danger_accept_invalid_certs(true).build()
}

#[expect(clippy::disallowed_methods, reason = "the one place that makes HTTP clients")]
fn guarded(timeout: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .connect_timeout(CONNECT.min(timeout))
        .timeout(timeout)
        .user_agent(concat!("passerelle/", env!("CARGO_PKG_VERSION")))
}

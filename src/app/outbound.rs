//! The ready HTTP clients that rooms are handed: no redirect is followed, nothing is retried, no proxy is taken from the environment,
//! time is bounded. Certificates are checked against the machine's own roots.

use std::time::Duration;

use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use reqwest::redirect::Policy;
use rustls::ClientConfig;
use rustls_platform_verifier::ConfigVerifierExt as _;

use crate::gateway::upstream::UpstreamClient;

use crate::legacy::description::{Description, Transport};

/// How long a connection may take to stand; the whole call has a bound of its own.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a connection to an app is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(10);

/// How long a connection to an API behind the gateway is kept: less than servers commonly keep it, so that both rarely part at once.
const UPSTREAM_IDLE: Duration = Duration::from_secs(4);

/// How many of them are.
const UPSTREAM_KEPT: usize = 256;

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

/// The client for a trusted issuer's keys and answers. Its addresses are written by the administrator, or told by the issuer itself under
/// conditions that the gateway keeps.
///
/// # Errors
/// As [`legacy_client`].
pub fn issuer_client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    guarded(timeout).build()
}

/// For the APIs behind the gateway. Many callers share its connections, each for one exchange at a time; how long an answer may take is
/// each route's affair.
///
/// # Errors
/// When the machine's roots cannot be read.
pub fn upstream_client() -> Result<UpstreamClient, rustls::Error> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT));
    let tls = ClientConfig::with_platform_verifier()?;
    // HTTP/1.1 only: that is what WebSockets and old systems speak.
    let connector =
        HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(UPSTREAM_IDLE)
        .pool_max_idle_per_host(UPSTREAM_KEPT)
        .build(connector);
    Ok(UpstreamClient(client))
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

//! The ready HTTP clients that rooms are handed: no redirect is followed, nothing is retried, no proxy is taken from the environment,
//! time is bounded. Certificates are checked against the machine's own roots.

use std::time::Duration;

use reqwest::redirect::Policy;

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

/// The client for apps that are told of a logout: there are many, and each is called seldom.
///
/// # Errors
/// As [`legacy_client`].
pub fn app_client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    guarded(timeout).pool_max_idle_per_host(1).pool_idle_timeout(IDLE).build()
}

/// The client for a trusted issuer's keys and answers. Its addresses are written by the administrator, or told by the issuer itself under
/// conditions that the gateway keeps.
///
/// # Errors
/// As [`legacy_client`].
pub fn issuer_client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    guarded(timeout).build()
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

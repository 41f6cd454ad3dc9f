//! One anonymous GET, step by step, so that it can be said which step failed.

use std::io::{self, ErrorKind};
use std::time::Duration;

use reqwest::header::DATE;
use reqwest::tls::TlsInfo;
use rustls::CertificateError;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};
use url::Url;

use crate::admin::doctor::facts::{Answer, Distrust, Reached, Timing, Unreachable};
use crate::app::outbound::{certificate_client, looking_client, looking_client_of};
use crate::keys::certificate::Certificate;
use crate::legacy::description::Description;
use crate::time::Clock;

/// One step.
const STEP: Duration = Duration::from_secs(5);
/// A document that is longer is none of ours.
const LARGEST: usize = 1 << 20;

/// Looks.
#[derive(Clone)]
pub(super) struct Looking {
    http: reqwest::Client,
    certificates: reqwest::Client,
    clock: Clock,
}

impl Looking {
    pub(super) fn new(clock: Clock) -> Result<Self, reqwest::Error> {
        Ok(Self { http: looking_client(STEP)?, certificates: certificate_client(STEP)?, clock })
    }

    /// The same on the way to one old system.
    pub(super) fn to(&self, legacy: &Description) -> Result<Self, reqwest::Error> {
        Ok(Self { http: looking_client_of(legacy, STEP)?, ..self.clone() })
    }

    /// What becomes of a GET of `url`. No redirect is followed.
    pub(super) async fn at(&self, url: &str) -> Reached {
        let Ok(url) = Url::parse(url) else { return Reached::Not(Unreachable::NoWay) };
        match self.try_at(&url).await {
            Ok(answer) => Reached::Answered(Box::new(answer)),
            Err(why) => Reached::Not(why),
        }
    }

    async fn try_at(&self, url: &Url) -> Result<Answer, Unreachable> {
        let begun = Instant::now();
        let (host, port) = place(url).ok_or(Unreachable::NoWay)?;
        let addresses = resolved(&host, port).await.ok_or(Unreachable::NoSuchName)?;
        let resolved = begun.elapsed();
        let begun = Instant::now();
        match timeout(STEP, TcpStream::connect(addresses.as_slice())).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(of_connection(&error)),
            Err(_) => return Err(Unreachable::TimedOut),
        }
        let connected = begun.elapsed();
        let begun = Instant::now();
        let before = self.clock.now().as_seconds();
        let answer = match self.http.get(url.clone()).send().await {
            Ok(answer) => answer,
            Err(error) => return Err(self.of_call(&error, url).await),
        };
        let answered = begun.elapsed();
        let after = self.clock.now().as_seconds();
        let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok()).and_then(seconds);
        // The moment in which the answer was made lies somewhere between the two.
        let ahead = date.map(|date| if date < before { date - before } else { (date - after).max(0) });
        Ok(Answer {
            status: answer.status().as_u16(),
            ahead,
            certificate: certificate(&answer),
            timing: Timing { resolved, connected, answered },
            json: body(answer).await.and_then(|body| serde_json::from_slice(&body).ok()),
        })
    }

    async fn of_call(&self, error: &reqwest::Error, url: &Url) -> Unreachable {
        if error.is_timeout() {
            return Unreachable::TimedOut;
        }
        let Some(why) = distrust(error) else { return Unreachable::NoHttp };
        let shown = self.certificates.get(url.clone()).send().await.ok();
        Unreachable::Untrusted(why, shown.as_ref().and_then(certificate).map(Box::new))
    }
}

/// Whether `host` has an address.
pub(super) async fn resolves(host: &str) -> bool {
    resolved(host, 0).await.is_some()
}

/// Whether somebody takes connections there.
pub(super) async fn listens(address: std::net::SocketAddr) -> bool {
    timeout(STEP, TcpStream::connect(address)).await.is_ok_and(|connected| connected.is_ok())
}

/// Host and port, an IPv6 address without its brackets.
fn place(url: &Url) -> Option<(String, u16)> {
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']').to_owned();
    Some((host, url.port_or_known_default()?))
}

async fn resolved(host: &str, port: u16) -> Option<Vec<std::net::SocketAddr>> {
    let found = timeout(STEP, lookup_host((host, port))).await.ok()?.ok()?;
    Some(found.collect::<Vec<_>>()).filter(|addresses| !addresses.is_empty())
}

fn of_connection(error: &io::Error) -> Unreachable {
    match error.kind() {
        ErrorKind::ConnectionRefused => Unreachable::Refused,
        ErrorKind::TimedOut => Unreachable::TimedOut,
        _ => Unreachable::NoWay,
    }
}

fn seconds(date: &str) -> Option<i64> {
    let date = jiff::fmt::rfc2822::parse(date).ok()?;
    Some(date.timestamp().as_second())
}

fn certificate(answer: &reqwest::Response) -> Option<Certificate> {
    Certificate::from_der(answer.extensions().get::<TlsInfo>()?.peer_certificate()?)
}

/// The body, when it is not too long.
async fn body(mut answer: reqwest::Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        if body.len() + chunk.len() > LARGEST {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}

/// Why TLS did not take the certificate, if that was it.
fn distrust(error: &reqwest::Error) -> Option<Distrust> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(rustls::Error::InvalidCertificate(why)) = error.downcast_ref() {
            return Some(of_certificate(why));
        }
        cause = match error.downcast_ref::<io::Error>() {
            // Asked for its source, it passes over what it wraps.
            Some(error) => error.get_ref().map(|wrapped| wrapped as &(dyn std::error::Error + 'static)),
            None => error.source(),
        };
    }
    None
}

fn of_certificate(why: &CertificateError) -> Distrust {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Distrust::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Distrust::NotYetValid,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Distrust::OtherName
        }
        CertificateError::UnknownIssuer => Distrust::UnknownIssuer,
        _ => Distrust::Otherwise,
    }
}

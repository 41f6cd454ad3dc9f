//! `[server]`: where the bridge is reached.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;
use serde::Deserialize;

use super::environment::Surroundings;
use super::findings::Findings;
use super::issuer::Issuer;
use super::reading;

/// Behind a proxy on the same machine nothing else needs to reach it.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// The checked section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The public URL, `iss` in every token.
    pub issuer: Issuer,
    /// The address and port to listen on.
    pub listen: SocketAddr,
    /// Error pages show what was sent and what is registered.
    pub development: bool,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Speak TLS without a proxy in front.
    pub tls: Option<Tls>,
}

/// Certificate and key, PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The chain, leaf first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    issuer: Option<String>,
    listen: Option<String>,
    development: Option<bool>,
    trusted_proxies: Option<Vec<String>>,
    tls: Option<RawTls>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawTls {
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Raw {
    pub(super) fn check(self, around: &Surroundings<'_>, findings: &mut Findings) -> Server {
        let issuer = issuer(self.issuer.as_deref(), findings);
        let listen = listen(self.listen.as_deref(), findings);
        let development = self.development.unwrap_or(false);
        if let Some(issuer) = &issuer {
            if development && !issuer.is_loopback() {
                findings.warning(
                    "server.development",
                    "error pages show strangers what is registered; turn it off where others than developers sign in",
                );
            }
            if !issuer.is_https() && !listen.ip().is_loopback() {
                findings.warning(
                    "server.listen",
                    format!("{listen} is open to other machines, but the issuer is http: passwords would travel in the clear"),
                );
            }
        }
        Server {
            issuer: issuer.unwrap_or_default(),
            listen,
            development,
            trusted_proxies: trusted_proxies(&self.trusted_proxies.unwrap_or_default(), findings),
            tls: self.tls.and_then(|tls| tls.check(around, findings)),
        }
    }
}

fn issuer(written: Option<&str>, findings: &mut Findings) -> Option<Issuer> {
    let at = "server.issuer";
    match written.map(Issuer::parse) {
        Some(Ok(issuer)) => Some(issuer),
        Some(Err(reason)) => {
            findings.problem(at, reason.to_string());
            None
        }
        None => {
            findings.problem(
                at,
                "missing; the public URL at which browsers reach the bridge, such as \"https://login.example.org\"",
            );
            None
        }
    }
}

fn listen(written: Option<&str>, findings: &mut Findings) -> SocketAddr {
    let Some(text) = written else { return LISTEN };
    text.parse().unwrap_or_else(|_| {
        findings.problem(
            "server.listen",
            "not an IP address with a port; write for example \"127.0.0.1:8080\", \"0.0.0.0:8080\" or \"[::]:8080\"",
        );
        LISTEN
    })
}

fn trusted_proxies(written: &[String], findings: &mut Findings) -> Vec<IpNet> {
    let mut trusted = Vec::new();
    for (index, text) in written.iter().enumerate() {
        let at = reading::element("server.trusted_proxies", index, None);
        match text
            .parse::<IpNet>()
            .or_else(|error| text.parse::<IpAddr>().map(IpNet::from).map_err(|_| error))
        {
            Ok(network) => {
                if network.prefix_len() == 0 {
                    findings.warning(
                        at,
                        "everybody is trusted to say which address they come from, so tries per address are not counted",
                    );
                }
                trusted.push(network);
            }
            Err(_) => findings.problem(at, "not an IP address or network; write for example \"10.0.0.0/8\""),
        }
    }
    trusted
}

impl RawTls {
    fn check(self, around: &Surroundings<'_>, findings: &mut Findings) -> Option<Tls> {
        let certificate = file(self.certificate, "server.tls.certificate", around, findings);
        let key = file(self.key, "server.tls.key", around, findings);
        Some(Tls { certificate: certificate?, key: key? })
    }
}

fn file(
    written: Option<PathBuf>,
    at: &str,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) -> Option<PathBuf> {
    let Some(path) = written.map(|path| around.base.join(path)) else {
        findings.problem(at, "missing; TLS needs { certificate = \"chain.pem\", key = \"key.pem\" }");
        return None;
    };
    if let Err(error) = std::fs::File::open(&path) {
        findings.problem(at, format!("cannot read the file {}: {error}", path.display()));
    }
    Some(path)
}

//! `gateway.decide`: the endpoint at which other proxies ask whether they may forward.

use serde::Deserialize;

use super::Around;
use crate::config::findings::Findings;
use crate::config::secret_source::SecretSource;
use crate::secret::Digest;

/// The shortest shared secret.
const SHORTEST: usize = 16;

/// Who may ask, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decide {
    /// Who.
    pub askers: Askers,
    /// How.
    pub headers: Headers,
}

/// In which headers the method and the address of a request stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Headers {
    /// `X-Original-Method` and `X-Original-URI`, as nginx is told to set them.
    #[default]
    Original,
    /// `X-Forwarded-Method` and `X-Forwarded-Uri`, as forward-auth sets them.
    Forwarded,
}

/// Who may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Askers {
    /// Whoever sends this secret in `X-Gateway-Secret`.
    Secret(Digest),
    /// The proxies in `server.trusted_proxies`.
    TrustedProxies,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Raw {
    secret: Option<SecretSource>,
    trusted_proxies: Option<bool>,
    headers: Option<Headers>,
}

impl Raw {
    pub(super) fn check(self, around: &Around<'_>, findings: &mut Findings) -> Option<Decide> {
        let at = "gateway.decide";
        let headers = self.headers.unwrap_or_default();
        let askers = match (self.secret, self.trusted_proxies.unwrap_or(false)) {
            (Some(source), false) => {
                let at = "gateway.decide.secret";
                let secret = findings.take(source.resolve(at, &around.around))?;
                if secret.expose().len() < SHORTEST {
                    findings.problem(
                        at,
                        "too short; 16 characters or more, such as `openssl rand -base64 24` makes",
                    );
                }
                Some(Askers::Secret(Digest::of(secret.expose())))
            }
            (None, true) => {
                if !around.proxies {
                    findings.problem(
                        "gateway.decide.trusted_proxies",
                        "server.trusted_proxies names nobody, so nobody could ask",
                    );
                }
                Some(Askers::TrustedProxies)
            }
            (None, false) => {
                findings.missing(
                    at,
                    "who may ask? { secret = { env = \"NAME\" } } or { trusted_proxies = true }",
                );
                None
            }
            (Some(_), true) => {
                findings.problem(at, "`secret` and `trusted_proxies` exclude one another; keep one");
                None
            }
        };
        askers.map(|askers| Decide { askers, headers })
    }
}

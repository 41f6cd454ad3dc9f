//! Who vouches for a trusted issuer's tokens: which keys of `[[gateway.issuer]]` say so, and that they go together. Whether a key is fit the
//! `keys` room knows.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::super::Around;
use super::address;
use crate::config::duration::Span;
use crate::config::environment::Surroundings;
use crate::config::findings::Findings;
use crate::config::reading::{self, Problem};
use crate::config::secret_source::SecretSource;
use crate::oauth::algorithm::SigningAlgorithm;
use crate::secret::Secret;

/// What every provider has.
const ALGORITHM: SigningAlgorithm = SigningAlgorithm::Rs256;
/// Between two fetches for keys that nobody knows.
const KEYS_PAUSE: Span = Span::seconds(5);
/// Nobody waits longer for an answer.
const LONGEST_PAUSE: Span = Span::seconds(30);
/// A key that the issuer withdraws counts no longer than this.
const KEYS_REFRESH: Span = Span::minutes(10);
/// Unless the issuer is down.
const KEYS_KEEP: Span = Span::days(7);
/// How long an answer about a token counts.
const INTERVAL: Span = Span::minutes(5);
/// A token that its issuer revoked is not believed longer than this.
const LONGEST_INTERVAL: Span = Span::hours(1);

/// Who vouches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vouching {
    /// A key.
    Local {
        /// The algorithms that count.
        algorithms: Vec<SigningAlgorithm>,
        /// `typ`.
        typ: Typ,
        /// Where the keys are.
        keys: Keys,
    },
    /// The issuer, asked about each token.
    Asked {
        /// How.
        endpoint: Endpoint,
        /// How long an answer counts.
        interval: Span,
        /// Whether tokens that name no issuer are sent there.
        opaque_tokens: bool,
    },
}

/// Where the keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keys {
    /// At the issuer.
    Fetched {
        /// Where; told by discovery when nothing is written.
        jwks_uri: Option<Url>,
        /// Between two fetches for unknown keys.
        pause: Span,
        /// When they are fetched anew.
        refresh: Span,
        /// How long they count without that.
        keep: Span,
    },
    /// A JWK Set, and the key path at which it stands.
    Jwks(String, Value),
    /// A key or certificate in PEM, and the key path at which it stands.
    Pem(String, String),
}

/// How the issuer is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// With the token.
    UserInfo(Option<Url>),
    /// About the token.
    Introspection {
        /// Where; told by discovery when nothing is written.
        url: Option<Url>,
        /// Who asks.
        client_id: String,
        /// With which secret.
        client_secret: Secret,
    },
}

/// `validation`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Validation {
    /// By a key.
    #[default]
    Local,
    /// By asking with the token.
    UserInfo,
    /// By asking about it.
    Introspection,
}

/// `typ`: what a token's header must say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Typ {
    /// RFC 9068 §2.1.
    #[default]
    #[serde(rename = "at+jwt")]
    AtJwt,
    /// For a provider that does not mark its access tokens.
    #[serde(rename = "JWT")]
    Jwt,
}

/// The keys that say how.
pub(super) struct Written {
    pub(super) validation: Option<Validation>,
    pub(super) algorithms: Option<Vec<SigningAlgorithm>>,
    pub(super) typ: Option<Typ>,
    pub(super) jwks_uri: Option<String>,
    pub(super) jwks: Option<Value>,
    pub(super) jwks_file: Option<PathBuf>,
    pub(super) pem: Option<String>,
    pub(super) pem_file: Option<PathBuf>,
    pub(super) keys_pause: Option<Span>,
    pub(super) keys_refresh: Option<Span>,
    pub(super) keys_keep: Option<Span>,
    pub(super) userinfo_endpoint: Option<String>,
    pub(super) introspection_endpoint: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<SecretSource>,
    pub(super) validation_interval: Option<Span>,
    pub(super) opaque_tokens: Option<bool>,
}

impl Vouching {
    /// Whether tokens that name no issuer are sent there.
    pub(super) fn takes_opaque_tokens(&self) -> bool {
        matches!(self, Self::Asked { opaque_tokens: true, .. })
    }

    /// Whether nothing but the person is asked about.
    pub(super) fn is_user_info(&self) -> bool {
        matches!(self, Self::Asked { endpoint: Endpoint::UserInfo(_), .. })
    }
}

impl Written {
    pub(super) fn check(self, at: &str, around: &Around<'_>, findings: &mut Findings) -> Vouching {
        let validation = self.validation.unwrap_or_default();
        self.goes_with(validation, at, findings);
        if validation == Validation::Local {
            return self.local(at, &around.around, findings);
        }
        let key = |name: &str| reading::key(at, name);
        let interval = findings.some_time(self.validation_interval, INTERVAL, &key("validation_interval"));
        if interval > LONGEST_INTERVAL {
            findings.problem(
                key("validation_interval"),
                format!("longer than \"{LONGEST_INTERVAL}\"; so long a token would count that was revoked"),
            );
        }
        let opaque_tokens = self.opaque_tokens.unwrap_or(false);
        let endpoint = if validation == Validation::UserInfo {
            Endpoint::UserInfo(written(
                self.userinfo_endpoint.as_deref(),
                &key("userinfo_endpoint"),
                findings,
            ))
        } else {
            self.introspection(at, around, findings)
        };
        Vouching::Asked { endpoint, interval, opaque_tokens }
    }

    /// A key that belongs to another validation would have no effect, which whoever wrote it cannot want.
    fn goes_with(&self, validation: Validation, at: &str, findings: &mut Findings) {
        let local = "belongs to validation = \"local\"";
        let asked = "belongs to validation = \"userinfo\" or \"introspection\"";
        let keys = [
            ("algorithms", self.algorithms.is_some(), local),
            ("typ", self.typ.is_some(), local),
            ("jwks_uri", self.jwks_uri.is_some(), local),
            ("jwks", self.jwks.is_some(), local),
            ("jwks_file", self.jwks_file.is_some(), local),
            ("pem", self.pem.is_some(), local),
            ("pem_file", self.pem_file.is_some(), local),
            ("keys_pause", self.keys_pause.is_some(), local),
            ("keys_refresh", self.keys_refresh.is_some(), local),
            ("keys_keep", self.keys_keep.is_some(), local),
            ("validation_interval", self.validation_interval.is_some(), asked),
            ("opaque_tokens", self.opaque_tokens.is_some(), asked),
            ("userinfo_endpoint", self.userinfo_endpoint.is_some(), "belongs to validation = \"userinfo\""),
            (
                "introspection_endpoint",
                self.introspection_endpoint.is_some(),
                "belongs to validation = \"introspection\"",
            ),
            ("client_id", self.client_id.is_some(), "belongs to validation = \"introspection\""),
            ("client_secret", self.client_secret.is_some(), "belongs to validation = \"introspection\""),
        ];
        for (name, _, belongs) in keys.into_iter().filter(|(_, given, _)| *given) {
            let fits = match validation {
                Validation::Local => belongs == local,
                Validation::UserInfo => belongs == asked || name == "userinfo_endpoint",
                Validation::Introspection => belongs != local && name != "userinfo_endpoint",
            };
            if !fits {
                findings.problem(reading::key(at, name), belongs);
            }
        }
    }

    fn local(self, at: &str, around: &Surroundings<'_>, findings: &mut Findings) -> Vouching {
        let algorithms = self.algorithms.clone().unwrap_or_else(|| vec![ALGORITHM]);
        if algorithms.is_empty() {
            findings.missing(
                reading::key(at, "algorithms"),
                format!("no token at all would be taken; the default is [\"{ALGORITHM}\"]"),
            );
        }
        Vouching::Local {
            algorithms,
            typ: self.typ.unwrap_or_default(),
            keys: self.keys(at, around, findings),
        }
    }

    fn keys(self, at: &str, around: &Surroundings<'_>, findings: &mut Findings) -> Keys {
        let key = |name: &str| reading::key(at, name);
        let sources = [
            ("jwks_uri", self.jwks_uri.is_some()),
            ("jwks", self.jwks.is_some()),
            ("jwks_file", self.jwks_file.is_some()),
            ("pem", self.pem.is_some()),
            ("pem_file", self.pem_file.is_some()),
        ];
        for (name, _) in sources.into_iter().filter(|(_, given)| *given).skip(1) {
            findings.problem(
                key(name),
                "`jwks_uri`, `jwks`, `jwks_file`, `pem` and `pem_file` exclude one another; keep one",
            );
        }
        if let Some(jwks) = self.jwks {
            return Keys::Jwks(key("jwks"), jwks);
        }
        if let Some(path) = self.jwks_file {
            let jwks = findings.take(jwks_file(path, &key("jwks_file"), around));
            // Null: it could not be read, and that has been told.
            return Keys::Jwks(key("jwks_file"), jwks.unwrap_or_default());
        }
        if let Some(pem) = self.pem {
            return Keys::Pem(key("pem"), pem);
        }
        if let Some(path) = self.pem_file {
            let pem = findings.take(text_of(path, &key("pem_file"), around));
            return Keys::Pem(key("pem_file"), pem.map(|pem| pem.expose().to_owned()).unwrap_or_default());
        }
        let pause = findings.some_time(self.keys_pause, KEYS_PAUSE, &key("keys_pause"));
        let refresh = findings.some_time(self.keys_refresh, KEYS_REFRESH, &key("keys_refresh"));
        let keep = findings.some_time(self.keys_keep, KEYS_KEEP, &key("keys_keep"));
        findings.in_order((&key("keys_refresh"), refresh), (&key("keys_keep"), keep));
        if pause > LONGEST_PAUSE {
            findings.problem(
                key("keys_pause"),
                format!(
                    "longer than \"{LONGEST_PAUSE}\"; so long a good token with a new key would have to wait"
                ),
            );
        }
        let jwks_uri = written(self.jwks_uri.as_deref(), &key("jwks_uri"), findings);
        Keys::Fetched { jwks_uri, pause, refresh, keep }
    }

    /// RFC 7662 §2.1: whoever asks proves who they are.
    fn introspection(self, at: &str, around: &Around<'_>, findings: &mut Findings) -> Endpoint {
        let key = |name: &str| reading::key(at, name);
        let client_id = self.client_id.unwrap_or_default();
        if client_id.is_empty() {
            findings.missing(key("client_id"), "missing; the client at this issuer by which the bridge asks");
        }
        let at = key("client_secret");
        let secret = match self.client_secret {
            None => {
                findings.missing(&at, "missing; that client's secret, such as { env = \"NAME\" }");
                None
            }
            Some(source) => {
                if source.is_literal() && !around.ours.is_loopback() {
                    findings.warning(
                        &at,
                        "the secret stands in the configuration; { env = \"NAME\" } or { file = \"path\" } keeps it out",
                    );
                }
                findings.take(source.resolve(&at, &around.around))
            }
        };
        Endpoint::Introspection {
            url: written(self.introspection_endpoint.as_deref(), &key("introspection_endpoint"), findings),
            client_id,
            client_secret: secret.unwrap_or_else(|| Secret::from("")),
        }
    }
}

fn written(text: Option<&str>, at: &str, findings: &mut Findings) -> Option<Url> {
    text.and_then(|text| address(Some(text), at, findings))
}

fn jwks_file(path: PathBuf, at: &str, around: &Surroundings<'_>) -> Result<Value, Problem> {
    let text = text_of(path, at, around)?;
    serde_json::from_str(text.expose()).map_err(|error| {
        Problem::new(at, format!("the file is not JSON: line {}, column {}", error.line(), error.column()))
    })
}

/// Read as a secret is: the file might be a private key by mistake, and then nothing of it may be shown.
fn text_of(path: PathBuf, at: &str, around: &Surroundings<'_>) -> Result<Secret, Problem> {
    SecretSource::File(path).resolve(at, around)
}

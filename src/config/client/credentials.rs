//! How a client proves itself: which keys of `[[client]]` say so, and whether what they say is strong enough.

use std::path::PathBuf;

use serde_json::Value;

use super::context::Context;
use crate::config::findings::Findings;
use crate::config::reading::{self, Problem};
use crate::config::secret_source::{ClientSecretSource, SecretSource};
use crate::oauth::client_authentication::AuthenticationMethod;
use crate::secret::{Digest, Secret};

/// A digest of a shorter secret can be found by trying.
const SHORTEST_SECRET: usize = 32;
/// The demo's secrets are public; they say so themselves.
const FOR_LOOPBACK_ONLY: &str = "for-loopback-only";

/// How a client proves itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// Not at all.
    Public,
    /// With a secret.
    Secret {
        /// Where it sends it.
        place: SecretPlace,
        /// SHA-256 of each that is accepted.
        digests: Vec<Digest>,
    },
    /// With a signature by one of its own keys.
    PrivateKey {
        /// The JWK Set; whether it is fit the `keys` room knows.
        jwks: Value,
    },
}

/// Where a client sends its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// In the `Authorization` header.
    Basic,
    /// In the form.
    Post,
}

/// The keys that say how.
pub(super) struct Written {
    pub(super) public: bool,
    pub(super) secrets: Vec<(String, ClientSecretSource)>,
    pub(super) jwks: Option<Value>,
    pub(super) jwks_file: Option<PathBuf>,
    pub(super) method: Option<AuthenticationMethod>,
}

impl Written {
    /// The credentials; those of a public client in the place of what is wrong.
    pub(super) fn check(self, at: &str, context: &Context<'_>, findings: &mut Findings) -> Credentials {
        let has_keys = self.jwks.is_some() || self.jwks_file.is_some();
        self.exclude_one_another(at, has_keys, findings);
        self.goes_with_method(&reading::key(at, "token_endpoint_auth_method"), has_keys, findings);
        if has_keys {
            let jwks = match self.jwks_file {
                Some(path) => findings.take(read_jwks(path, &reading::key(at, "jwks_file"), context)),
                None => self.jwks,
            };
            return Credentials::PrivateKey { jwks: jwks.unwrap_or_default() };
        }
        if self.secrets.is_empty() {
            return Credentials::Public;
        }
        let place = match self.method {
            Some(AuthenticationMethod::ClientSecretPost) => SecretPlace::Post,
            _ => SecretPlace::Basic,
        };
        let digests = self.secrets.iter().filter_map(|(at, source)| digest(source, at, context, findings));
        Credentials::Secret { place, digests: digests.collect() }
    }

    /// RFC 6749 §2.3: one method; a weaker one beside it would be the one that is attacked.
    fn exclude_one_another(&self, at: &str, has_keys: bool, findings: &mut Findings) {
        match (self.public, !self.secrets.is_empty(), has_keys) {
            (false, false, false) => findings.problem(
                at,
                "how does it prove itself? public = true for an app in a browser or on a device, else `secret` or `jwks`",
            ),
            (true, false, false) | (false, true, false) | (false, false, true) => {}
            _ => findings.problem(at, "`public`, `secret` and `jwks` exclude one another; keep one"),
        }
        if self.jwks.is_some() && self.jwks_file.is_some() {
            findings.problem(reading::key(at, "jwks_file"), "there is `jwks` already; keep one of the two");
        }
    }

    fn goes_with_method(&self, at: &str, has_keys: bool, findings: &mut Findings) {
        let (fits, needs) = match self.method {
            None => return,
            Some(AuthenticationMethod::None) => (self.public, "public = true"),
            Some(AuthenticationMethod::PrivateKeyJwt) => (has_keys, "`jwks` or `jwks_file`"),
            Some(AuthenticationMethod::ClientSecretBasic | AuthenticationMethod::ClientSecretPost) => {
                (!self.secrets.is_empty(), "`secret`")
            }
        };
        if !fits {
            findings.problem(at, format!("this method goes with {needs}"));
        }
    }
}

fn digest(
    source: &ClientSecretSource,
    at: &str,
    context: &Context<'_>,
    findings: &mut Findings,
) -> Option<Digest> {
    let source = match source {
        ClientSecretSource::Sha256(digest) => return Some(*digest),
        ClientSecretSource::Secret(source) => source,
    };
    let secret = findings.take(source.resolve(at, &context.around))?;
    strength(&secret, at, context, findings);
    if source.is_literal() && !context.is_loopback() {
        findings.warning(
            at,
            "the secret stands in the configuration; { env = \"NAME\" }, { file = \"path\" } or { sha256 = \"digest\" } keeps it out",
        );
    }
    Some(Digest::of(secret.expose()))
}

/// A secret is kept as a fast digest, so it must be one that a machine made.
fn strength(secret: &Secret, at: &str, context: &Context<'_>, findings: &mut Findings) {
    let length = secret.expose().chars().count();
    let weak = if length < SHORTEST_SECRET {
        format!(
            "{length} characters can be guessed; at least {SHORTEST_SECRET}, made by a machine (`openssl rand -base64 32`)"
        )
    } else if secret.expose().contains(FOR_LOOPBACK_ONLY) && !context.is_loopback() {
        "this is the demo's secret, which everybody knows; make one with `openssl rand -base64 32`".to_owned()
    } else {
        return;
    };
    if context.is_loopback() { findings.warning(at, weak) } else { findings.problem(at, weak) }
}

fn read_jwks(path: PathBuf, at: &str, context: &Context<'_>) -> Result<Value, Problem> {
    // Read as a secret is: the file might be a private key by mistake, and then nothing of it may be shown.
    let text = SecretSource::File(path).resolve(at, &context.around)?;
    serde_json::from_str(text.expose()).map_err(|error| {
        Problem::new(at, format!("the file is not JSON: line {}, column {}", error.line(), error.column()))
    })
}

//! `[[gateway.issuer]]`: another identity provider whose access tokens are taken, and whom they stand for.

pub mod identity;
pub mod vouching;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use self::identity::Rule;
use self::vouching::{Validation, Vouching};
use super::Around;
use crate::config::duration::Span;
use crate::config::findings::Findings;
use crate::config::loopback::loopback;
use crate::config::reading;
use crate::config::secret_source::SecretSource;
use crate::oauth::algorithm::SigningAlgorithm;

/// Clocks that are not set by anybody are this far apart.
const LEEWAY: Span = Span::minutes(1);
/// More is no difference between clocks but another lifetime.
const LONGEST_LEEWAY: Span = Span::minutes(5);
/// Whatever lifetime a token says that it has.
const MAX_AGE: Span = Span::days(1);
/// One call.
const TIMEOUT: Span = Span::seconds(5);
/// The required claim's value that stands for all.
const ANY: &str = "*";

/// A checked element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedIssuer {
    /// What logs and rules call it.
    pub name: String,
    /// `iss`, character by character.
    pub issuer: String,
    /// The same as a URL.
    pub url: Url,
    /// What means us in `aud`.
    pub audiences: Vec<String>,
    /// The audiences of the routes that its tokens are good for; what means us in `aud` when nothing is written.
    pub apis: Option<Vec<String>>,
    /// What has to stand in the claims besides; no values for any.
    pub required_claims: BTreeMap<String, Vec<Value>>,
    /// How far apart the clocks may be.
    pub leeway: Span,
    /// How long ago a token may have been issued.
    pub max_age: Span,
    /// Whether a token is good for one request.
    pub single_use: bool,
    /// Where the client stands.
    pub client_claim: Vec<String>,
    /// Where the scopes stand.
    pub scope_claim: Vec<String>,
    /// Where the roles stand.
    pub roles_claim: Vec<String>,
    /// Who vouches for its tokens.
    pub vouching: Vouching,
    /// One call to it.
    pub timeout: Span,
    /// Whom its tokens stand for.
    pub identity: Vec<Rule>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Raw {
    name: Option<String>,
    issuer: Option<String>,
    audiences: Option<Vec<String>>,
    apis: Option<Vec<String>>,
    validation: Option<Validation>,
    algorithms: Option<Vec<SigningAlgorithm>>,
    typ: Option<vouching::Typ>,
    jwks_uri: Option<String>,
    jwks: Option<Value>,
    jwks_file: Option<PathBuf>,
    pem: Option<String>,
    pem_file: Option<PathBuf>,
    keys_pause: Option<Span>,
    keys_refresh: Option<Span>,
    keys_keep: Option<Span>,
    userinfo_endpoint: Option<String>,
    introspection_endpoint: Option<String>,
    client_id: Option<String>,
    client_secret: Option<SecretSource>,
    validation_interval: Option<Span>,
    opaque_tokens: Option<bool>,
    required_claims: Option<BTreeMap<String, Value>>,
    leeway: Option<Span>,
    max_age: Option<Span>,
    single_use: Option<bool>,
    client_claim: Option<Vec<String>>,
    scope_claim: Option<Vec<String>>,
    roles_claim: Option<Vec<String>>,
    timeout: Option<Span>,
    identity: Vec<identity::Raw>,
}

/// Checks every element.
pub(in crate::config) fn check(
    written: Vec<Raw>,
    around: &Around<'_>,
    findings: &mut Findings,
) -> Vec<TrustedIssuer> {
    let mut issuers: Vec<TrustedIssuer> = Vec::new();
    for (index, raw) in written.into_iter().enumerate() {
        let title = raw.name.clone().filter(|name| !name.is_empty());
        let at = reading::element("gateway.issuer", index, title.as_deref());
        let Some(issuer) = raw.check(&at, around, findings) else { continue };
        if issuers.iter().any(|known| known.name == issuer.name) {
            findings.problem(reading::key(&at, "name"), "there is an issuer of this name already");
        }
        if issuers.iter().any(|known| known.issuer == issuer.issuer) {
            findings.problem(reading::key(&at, "issuer"), "this issuer is trusted already, by another name");
        }
        let takes_opaque = |issuer: &TrustedIssuer| issuer.vouching.takes_opaque_tokens();
        if takes_opaque(&issuer) && issuers.iter().any(takes_opaque) {
            findings.problem(
                reading::key(&at, "opaque_tokens"),
                "another issuer takes them already, and a token of one is not shown to the other",
            );
        }
        issuers.push(issuer);
    }
    issuers
}

impl Raw {
    fn check(mut self, at: &str, around: &Around<'_>, findings: &mut Findings) -> Option<TrustedIssuer> {
        let key = |name: &str| reading::key(at, name);
        let name = self.name.take().unwrap_or_default();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if name.is_empty() || !name.bytes().all(fits) {
            findings
                .missing(key("name"), "letters, digits, `-` and `_`; logs and rules call the issuer by it");
        }
        let written = self.issuer.take();
        let url = address(written.as_deref(), &key("issuer"), findings);
        let issuer = written.unwrap_or_default();
        if issuer == around.ours.as_str() {
            findings.problem(key("issuer"), "this is the bridge itself, whose tokens are taken anyway");
        }
        let vouching = self.vouching().check(at, around, findings);
        let audiences = self.audiences.take().unwrap_or_default();
        let apis = self.apis.take();
        self.narrow(&audiences, apis.as_deref(), &vouching, at, findings);
        let required_claims = required_claims(
            self.required_claims.take().unwrap_or_default(),
            &key("required_claims"),
            findings,
        );
        let leeway = self.leeway.unwrap_or(LEEWAY);
        if leeway > LONGEST_LEEWAY {
            findings
                .problem(key("leeway"), format!("longer than \"{LONGEST_LEEWAY}\"; set the clocks instead"));
        }
        let max_age = findings.some_time(self.max_age, MAX_AGE, &key("max_age"));
        let mut paths = |written: Option<Vec<String>>, default: &[&str], name: &str| {
            let paths = written.unwrap_or_else(|| default.iter().map(|path| (*path).to_owned()).collect());
            claim_paths(&paths, &key(name), findings);
            paths
        };
        let client_claim = paths(self.client_claim, &["client_id", "azp"], "client_claim");
        let scope_claim = paths(self.scope_claim, &["scope"], "scope_claim");
        let roles_claim = paths(self.roles_claim, &["roles"], "roles_claim");
        let timeout = findings.some_time(self.timeout, TIMEOUT, &key("timeout"));
        let identity = identity::check(self.identity, &required_claims, (at, around), findings);
        Some(TrustedIssuer {
            name,
            issuer,
            url: url?,
            apis,
            audiences,
            required_claims,
            leeway,
            max_age,
            single_use: self.single_use.unwrap_or(false),
            client_claim,
            scope_claim,
            roles_claim,
            vouching,
            timeout,
            identity,
        })
    }

    /// The keys that say who vouches for a token.
    fn vouching(&mut self) -> vouching::Written {
        vouching::Written {
            validation: self.validation,
            algorithms: self.algorithms.take(),
            typ: self.typ,
            jwks_uri: self.jwks_uri.take(),
            jwks: self.jwks.take(),
            jwks_file: self.jwks_file.take(),
            pem: self.pem.take(),
            pem_file: self.pem_file.take(),
            keys_pause: self.keys_pause,
            keys_refresh: self.keys_refresh,
            keys_keep: self.keys_keep,
            userinfo_endpoint: self.userinfo_endpoint.take(),
            introspection_endpoint: self.introspection_endpoint.take(),
            client_id: self.client_id.take(),
            client_secret: self.client_secret.take(),
            validation_interval: self.validation_interval,
            opaque_tokens: self.opaque_tokens,
        }
    }

    /// A token that its issuer made for somebody else is refused by its audience. An issuer that is only asked whether the token is good
    /// says nothing of that.
    fn narrow(
        &self,
        audiences: &[String],
        apis: Option<&[String]>,
        vouching: &Vouching,
        at: &str,
        findings: &mut Findings,
    ) {
        let key = |name: &str| reading::key(at, name);
        for (list, name) in [(audiences, "audiences"), (apis.unwrap_or_default(), "apis")] {
            for (index, _) in list.iter().enumerate().filter(|(_, audience)| audience.is_empty()) {
                findings.problem(reading::element(&key(name), index, None), "empty; an audience has a name");
            }
        }
        if !audiences.is_empty() {
            return;
        }
        if !vouching.is_user_info() {
            findings.missing(
                key("audiences"),
                "missing; what this issuer writes in `aud` for this API, such as [\"https://api.example.org\"]",
            );
            return;
        }
        if self.required_claims.as_ref().is_none_or(BTreeMap::is_empty) {
            findings.warning(
                key("audiences"),
                "missing; whatever application this issuer made a token for, it is taken. `required_claims` can narrow that too",
            );
        }
        if apis.is_none_or(<[String]>::is_empty) {
            findings.missing(
                key("apis"),
                "missing; without `audiences` nothing else says for which of the gateway's routes its tokens are",
            );
        }
    }
}

/// An issuer's URL, or one of its endpoints' (OpenID Connect Discovery §3): https, except on this machine.
fn address(written: Option<&str>, at: &str, findings: &mut Findings) -> Option<Url> {
    let Some(text) = written.filter(|text| !text.is_empty()) else {
        findings.missing(at, "missing; an https URL, exactly as it stands in `iss`");
        return None;
    };
    let Some(url) = Url::parse(text).ok().filter(|url| url.has_host()) else {
        findings.problem(at, "not an absolute https URL; write for example \"https://login.example.org\"");
        return None;
    };
    let wrong = match url.scheme() {
        "https" => None,
        "http" if loopback(&url).is_some() => None,
        "http" => Some("http is for this machine alone (localhost, 127.0.0.1, [::1]); write https://…"),
        _ => Some("not an absolute https URL; write for example \"https://login.example.org\""),
    };
    if let Some(wrong) = wrong {
        findings.problem(at, wrong);
    } else if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        findings.problem(at, "leave out the user name, the password and what begins with #");
    }
    Some(url)
}

fn claim_paths(paths: &[String], at: &str, findings: &mut Findings) {
    for (index, path) in paths.iter().enumerate() {
        claim_path(path, &reading::element(at, index, None), findings);
    }
}

/// A claim's name, or a JSON pointer (RFC 6901 §3).
fn claim_path(path: &str, at: &str, findings: &mut Findings) {
    let escapes = path.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    if path.is_empty() || (path.starts_with('/') && !escapes) {
        findings.problem(at, "the name of a claim, or a JSON pointer such as \"/realm_access/roles\"");
    }
}

fn required_claims(
    written: BTreeMap<String, Value>,
    at: &str,
    findings: &mut Findings,
) -> BTreeMap<String, Vec<Value>> {
    let is_plain = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
    let check = |(name, value): (String, Value)| {
        let at = reading::key(at, &name);
        claim_path(&name, &at, findings);
        let values = match value {
            Value::String(any) if any == ANY => Vec::new(),
            Value::Array(values) if !values.is_empty() && values.iter().all(is_plain) => values,
            plain if is_plain(&plain) => vec![plain],
            _ => {
                findings.problem(
                    at,
                    "a text, a number or a truth value, a list of such of which one will do, or \"*\" for any value",
                );
                Vec::new()
            }
        };
        (name, values)
    };
    written.into_iter().map(check).collect()
}

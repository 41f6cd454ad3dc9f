//! `[[gateway.route]]`: a public prefix and the API behind it.

use serde::Deserialize;
use url::Url;

use super::Around;
use super::inject::{self, Inject};
use super::names::{is_own_header, named};
use super::rule::{self, Rule};
use crate::config::duration::Span;
use crate::config::findings::Findings;
use crate::config::loopback::loopback;
use crate::config::reading;
use crate::id::{Audience, ServiceAccountName};

/// How long the API may stay silent, before it answers and within an answer.
const TIMEOUT: Span = Span::seconds(30);
const IDLE: Span = Span::minutes(1);
/// The largest body that is passed on, in bytes.
const BODY_LIMIT: u64 = 100 * 1024 * 1024;

/// A route, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Below the issuer; without a slash at the end.
    pub prefix: String,
    /// Where it leads; without a slash at the end.
    pub upstream: Url,
    /// Whose tokens it takes.
    pub audience: Audience,
    /// For whom the API is called.
    pub identity: Identity,
    /// Where the legacy token goes.
    pub inject: Inject,
    /// The names of headers that tell the API who calls.
    pub identity_headers: IdentityHeaders,
    /// Until the answer begins.
    pub timeout: Span,
    /// Between two pieces of a body.
    pub idle: Span,
    /// The largest body of a request, in bytes.
    pub body_limit: u64,
    /// The most that a query parameter may ask for.
    pub clamp: Option<Clamp>,
    /// How much one client may do for one person.
    pub limits: Limits,
    /// Whether paths that differ in capitals are the same over there.
    pub ignore_case: bool,
    /// Whether denials are logged only.
    pub shadow: bool,
    /// Who may do what.
    pub rules: Vec<Rule>,
}

/// For whom the API is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// The person, with their own legacy token; a machine with that of its service account.
    #[default]
    User,
    /// Everybody with the legacy token of this service account.
    ServiceAccount(ServiceAccountName),
    /// Nobody: no legacy token is sent.
    None,
}

/// The names of headers that tell the API who calls; without a name it is not told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentityHeaders {
    /// The legacy user name.
    pub user: Option<String>,
    /// The roles, with commas between.
    pub roles: Option<String>,
    /// The client.
    pub client: Option<String>,
}

/// The most that a query parameter may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clamp {
    /// Its name.
    pub parameter: String,
    /// More is made this.
    pub most: u64,
}

/// How much one client may do for one person at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Requests in each second.
    pub per_second: Option<u32>,
    /// Requests at once, after a while without any.
    pub burst: Option<u32>,
    /// Requests that are not answered yet.
    pub concurrent: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Raw {
    prefix: Option<String>,
    upstream: Option<String>,
    audience: Option<String>,
    identity: Option<String>,
    service_account: Option<String>,
    inject: Option<inject::Raw>,
    identity_headers: Option<IdentityHeaders>,
    timeout: Option<Span>,
    idle: Option<Span>,
    body_limit: Option<u64>,
    clamp: Option<RawClamp>,
    limits: Option<Limits>,
    ignore_case: Option<bool>,
    shadow: Option<bool>,
    rule: Vec<rule::Raw>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawClamp {
    parameter: Option<String>,
    most: Option<u64>,
}

/// Checks every route, in order.
pub(super) fn check(written: Vec<Raw>, around: &Around<'_>, findings: &mut Findings) -> Vec<Route> {
    let mut routes: Vec<Route> = Vec::new();
    for (index, raw) in written.into_iter().enumerate() {
        let title = raw.prefix.clone().filter(|prefix| !prefix.is_empty());
        let at = reading::element("gateway.route", index, title.as_deref());
        let Some(route) = raw.check(&at, around, findings) else { continue };
        if routes.iter().any(|known| known.prefix == route.prefix) {
            findings.problem(reading::key(&at, "prefix"), "there is a route of this prefix already");
        }
        routes.push(route);
    }
    routes
}

impl Raw {
    fn check(self, at: &str, around: &Around<'_>, findings: &mut Findings) -> Option<Route> {
        let here = |name: &str| reading::key(at, name);
        let prefix = prefix(self.prefix, &here("prefix"), findings);
        let upstream = upstream(self.upstream, &here("upstream"), findings);
        let audience = Audience::from(self.audience.unwrap_or_default());
        if !around.apis.iter().any(|api| api.audience == audience) {
            findings.missing(here("audience"), "no [[api]] has this audience; the route takes its tokens");
        }
        if self.rule.is_empty() {
            findings.warning(
                here("rule"),
                "no rule, so every request is denied; each is a [[gateway.route.rule]]",
            );
        }
        let rules = self.rule.into_iter().enumerate().map(|(index, rule)| {
            let at = reading::element(&here("rule"), index, rule.title());
            rule.check(&at, around, findings)
        });
        let rules = rules.collect();
        let route = Route {
            prefix: prefix?,
            upstream: upstream?,
            audience,
            identity: identity(self.identity, self.service_account, (at, around), findings),
            inject: self.inject.unwrap_or_default().check(&here("inject"), findings),
            identity_headers: self.identity_headers.unwrap_or_default(),
            timeout: findings.some_time(self.timeout, TIMEOUT, &here("timeout")),
            idle: findings.some_time(self.idle, IDLE, &here("idle")),
            body_limit: self.body_limit.unwrap_or(BODY_LIMIT),
            clamp: self.clamp.and_then(|raw| clamp(raw, &here("clamp"), findings)),
            limits: self.limits.unwrap_or_default(),
            ignore_case: self.ignore_case.unwrap_or(false),
            shadow: self.shadow.unwrap_or(false),
            rules,
        };
        route.check(at, findings);
        Some(route)
    }
}

impl Route {
    fn check(&self, at: &str, findings: &mut Findings) {
        let limits = [
            ("per_second", self.limits.per_second),
            ("burst", self.limits.burst),
            ("concurrent", self.limits.concurrent),
        ];
        for (name, _) in limits.into_iter().filter(|(_, limit)| *limit == Some(0)) {
            findings.problem(
                reading::key(at, &format!("limits.{name}")),
                "nothing would get through; leave it out",
            );
        }
        if self.limits.burst.is_some() && self.limits.per_second.is_none() {
            findings.problem(reading::key(at, "limits.burst"), "only together with per_second");
        }
        let IdentityHeaders { user, roles, client } = &self.identity_headers;
        for (key, name) in [("user", user), ("roles", roles), ("client", client)] {
            if let Some(name) = name.as_deref().filter(|name| !is_own_header(name)) {
                findings.problem(
                    reading::key(at, &format!("identity_headers.{key}")),
                    format!("`{name}` is no header for this; write for example \"x-user\""),
                );
            }
        }
        let away = self.upstream.scheme() == "http" && loopback(&self.upstream).is_none();
        if away && self.identity != Identity::None {
            findings.warning(
                reading::key(at, "upstream"),
                "http to another machine: legacy tokens travel in the clear",
            );
        }
        if self.shadow {
            findings.warning(reading::key(at, "shadow"), "what the rules deny is logged, and let through");
        }
    }
}

fn prefix(written: Option<String>, at: &str, findings: &mut Findings) -> Option<String> {
    let Some(prefix) = written.filter(|prefix| !prefix.is_empty()) else {
        findings
            .missing(at, "missing; where the API is reached below the issuer, such as \"/gateway/legacy\"");
        return None;
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let is_segment = |segment: &str| {
        !segment.is_empty() && segment != "." && segment != ".." && segment.bytes().all(plain)
    };
    let segments = prefix.strip_prefix("/gateway/");
    if segments.is_some_and(|segments| segments != "decide" && segments.split('/').all(is_segment)) {
        Some(prefix)
    } else {
        findings.problem(
            at,
            "begins with /gateway/ and goes on with plain segments, no slash at the end: \"/gateway/legacy\"; \
             /gateway/decide has another meaning",
        );
        None
    }
}

fn upstream(written: Option<String>, at: &str, findings: &mut Findings) -> Option<Url> {
    let Some(text) = written.filter(|text| !text.is_empty()) else {
        findings.missing(at, "missing; where the route leads, such as \"https://legacy.example.org\"");
        return None;
    };
    let url = Url::parse(&text).ok().filter(|url| {
        let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        plain && url.password().is_none() && url.has_host() && ["http", "https"].contains(&url.scheme())
    });
    if url.is_none() {
        findings
            .problem(at, "an http or https URL without a query, such as \"https://legacy.example.org/app\"");
    }
    url
}

fn identity(
    written: Option<String>,
    service_account: Option<String>,
    (at, around): (&str, &Around<'_>),
    findings: &mut Findings,
) -> Identity {
    let service_account = service_account.map(ServiceAccountName::from);
    if let Some(name) = &service_account
        && !around.service_accounts.iter().any(|known| known.name == *name)
    {
        findings.problem(reading::key(at, "service_account"), "no [[service_account]] has this name");
    }
    match (written.as_deref(), service_account) {
        (None | Some("user"), None) => Identity::User,
        (Some("none"), None) => Identity::None,
        (None | Some("service_account"), Some(name)) => Identity::ServiceAccount(name),
        (Some("service_account"), None) => {
            findings.missing(reading::key(at, "service_account"), "missing; which one?");
            Identity::None
        }
        (Some("user" | "none"), Some(_)) => {
            findings.problem(reading::key(at, "service_account"), "only with identity = \"service_account\"");
            Identity::None
        }
        (Some(_), _) => {
            findings
                .problem(reading::key(at, "identity"), "one of \"user\", \"service_account\" and \"none\"");
            Identity::None
        }
    }
}

fn clamp(written: RawClamp, at: &str, findings: &mut Findings) -> Option<Clamp> {
    let (Some(parameter), Some(most)) = (written.parameter, written.most) else {
        findings.missing(at, "both are needed: { parameter = \"limit\", most = 1000 }");
        return None;
    };
    named(&parameter, &reading::key(at, "parameter"), findings);
    Some(Clamp { parameter, most })
}

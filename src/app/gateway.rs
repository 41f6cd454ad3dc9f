//! `[gateway]` as the gateway wants it. Patterns that match nothing become problems.

use std::num::NonZeroU32;
use std::sync::Arc;

use http::uri::Scheme;
use http::{HeaderName, Uri};

use crate::config::findings::Findings;
use crate::config::gateway as written;
use crate::config::gateway::decide;
use crate::config::reading;
use crate::config::settings::Settings;
use crate::gateway::forwarded::Outside;
use crate::gateway::limits::Limits;
use crate::gateway::route::{Clamp, IdentityHeaders, Inject, LegacyIdentity, Mode, Route, Routes, Upstream};
use crate::gateway::verify::Roles;
use crate::rules::access::{AccessRule, Case, Pattern, Require};
use crate::web::gateway::decide::{Askers, Told};

/// All routes, ready to be used.
pub fn gateway_routes(settings: &Settings, findings: &mut Findings) -> Routes {
    let routes = settings.gateway.routes.iter().enumerate();
    let routes = routes.filter_map(|(index, written)| {
        let at = reading::element("gateway.route", index, Some(&written.prefix));
        route(written, &at, settings, findings)
    });
    Routes::new(routes.collect())
}

/// Who has which roles.
pub fn roles(settings: &Settings) -> Arc<Roles> {
    let written::Gateway { roles_claim, client_roles, .. } = &settings.gateway;
    Arc::new(Roles { claim: roles_claim.clone(), of_clients: client_roles.clone() })
}

/// How the bridge is reached.
pub fn outside(settings: &Settings) -> Outside {
    let issuer = &settings.server.issuer;
    let (scheme, rest) = issuer.as_str().split_once("://").unwrap_or(("https", ""));
    Outside {
        scheme: scheme.into(),
        authority: rest.split('/').next().unwrap_or_default().into(),
        base: issuer.base_path().into(),
        trusted: settings.server.trusted_proxies.as_slice().into(),
    }
}

/// Who may ask at the decision endpoint, and how.
pub fn askers(settings: &Settings) -> Option<(Askers, Told)> {
    settings.gateway.decide.as_ref().map(|decide| {
        let askers = match &decide.askers {
            decide::Askers::Secret(digest) => Askers::Secret(*digest),
            decide::Askers::TrustedProxies => Askers::From(settings.server.trusted_proxies.as_slice().into()),
        };
        let told = match decide.headers {
            decide::Headers::Original => Told::Original,
            decide::Headers::Forwarded => Told::Forwarded,
        };
        (askers, told)
    })
}

fn route(
    written: &written::route::Route,
    at: &str,
    settings: &Settings,
    findings: &mut Findings,
) -> Option<Route> {
    let api = settings.apis.iter().find(|api| api.audience == written.audience);
    let rules = written.rules.iter().enumerate().filter_map(|(index, rule)| {
        let at = reading::element(&reading::key(at, "rule"), index, Some(&rule.path));
        access_rule(rule, written.ignore_case, &at, findings)
    });
    let rules = rules.collect();
    let limits = written.limits;
    let some = |limit: Option<u32>| limit.and_then(NonZeroU32::new);
    Some(Route {
        prefix: written.prefix.clone(),
        resource: format!("{}{}", settings.server.issuer, written.prefix),
        upstream: upstream(written)?,
        audience: written.audience.clone(),
        identity: match &written.identity {
            written::route::Identity::User => LegacyIdentity::User,
            written::route::Identity::ServiceAccount(name) => LegacyIdentity::ServiceAccount(name.clone()),
            written::route::Identity::None => LegacyIdentity::None,
        },
        inject: inject(&written.inject)?,
        identity_headers: identity_headers(&written.identity_headers),
        timeout: written.timeout.into(),
        idle: written.idle.into(),
        body_limit: written.body_limit,
        clamp: written
            .clamp
            .as_ref()
            .map(|clamp| Clamp { parameter: clamp.parameter.clone(), most: clamp.most }),
        limits: Limits::new(some(limits.per_second), some(limits.burst), some(limits.concurrent)),
        mode: if written.shadow { Mode::Shadow } else { Mode::Enforced },
        rules,
        scopes: api
            .map(|api| api.scopes.iter().map(|scope| scope.name.clone()).collect())
            .unwrap_or_default(),
    })
}

/// The section has seen to it that there is a host.
fn upstream(written: &written::route::Route) -> Option<Upstream> {
    let url = &written.upstream;
    let uri: Uri = url.as_str().parse().ok()?;
    Some(Upstream {
        scheme: if url.scheme() == "https" { Scheme::HTTPS } else { Scheme::HTTP },
        authority: uri.authority().cloned()?,
        base: url.path().trim_end_matches('/').to_owned(),
    })
}

fn inject(written: &written::inject::Inject) -> Option<Inject> {
    Some(match written {
        written::inject::Inject::Header { name, scheme } => {
            Inject::Header { name: HeaderName::try_from(name).ok()?, scheme: scheme.clone() }
        }
        written::inject::Inject::Cookie(name) => Inject::Cookie(name.clone()),
        written::inject::Inject::Query(name) => Inject::Query(name.clone()),
    })
}

fn identity_headers(written: &written::route::IdentityHeaders) -> IdentityHeaders {
    let name = |name: &Option<String>| name.as_ref().and_then(|name| HeaderName::try_from(name).ok());
    IdentityHeaders { user: name(&written.user), roles: name(&written.roles), client: name(&written.client) }
}

fn access_rule(
    written: &written::rule::Rule,
    ignore_case: bool,
    at: &str,
    findings: &mut Findings,
) -> Option<AccessRule> {
    let case = if ignore_case { Case::Ignored } else { Case::Matters };
    // That it is missing was told.
    let path = match Pattern::parse(&written.path, case) {
        Ok(path) => path,
        Err(_) if written.path.is_empty() => return None,
        Err(error) => {
            findings.problem(reading::key(at, "path"), error.to_string());
            return None;
        }
    };
    let methods = if written.methods.is_empty() { "*".to_owned() } else { written.methods.join(",") };
    Some(AccessRule {
        name: format!("{methods} {}", written.path).into(),
        methods: written.methods.clone(),
        path,
        clients: written.clients.clone(),
        scopes: written.scopes.clone(),
        roles: written.roles.clone(),
        require: match written.require {
            written::rule::Require::All => Require::All,
            written::rule::Require::Any => Require::Any,
        },
        acr_values: written.acr_values.clone(),
        max_age: written.max_age.map(Into::into),
    })
}

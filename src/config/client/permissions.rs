//! What a client may have: grants, scopes and APIs, each of which must exist and go together.

use super::context::Context;
use super::redirect_uri::ClientType;
use crate::config::findings::Findings;
use crate::config::reading::{self, nearest};
use crate::id::{Audience, ServiceAccountName};
use crate::oauth::grant_type::GrantType;
use crate::oauth::scope::{EMAIL, OFFLINE_ACCESS, OPENID, PROFILE, STANDARD, Scope};

/// What nearly every application wants to know of a person.
const SCOPES: [&str; 3] = [OPENID, PROFILE, EMAIL];

/// What a client does here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It wants tokens.
    Asks,
    /// An API uses it to ask what a token means, and it may do nothing else.
    Introspects,
}

pub(super) fn grant_types(
    grants: &[GrantType],
    client: ClientType,
    role: Role,
    at: &str,
    findings: &mut Findings,
) {
    let at = reading::key(at, "grant_types");
    let has = |grant| grants.contains(&grant);
    if grants.is_empty() && role == Role::Asks {
        findings.missing(&at, "empty; the client could do nothing");
    }
    if has(GrantType::RefreshToken) && !has(GrantType::AuthorizationCode) {
        findings.problem(&at, "a refresh token comes with a code: add \"authorization_code\"");
    }
    if has(GrantType::ClientCredentials) && client == ClientType::Public {
        // RFC 6749 §4.4: confidential clients only.
        findings.problem(&at, "\"client_credentials\" needs credentials, and a public client has none");
    }
    if has(GrantType::ClientCredentials) && has(GrantType::AuthorizationCode) {
        findings.warning(
            &at,
            "tokens of people and of the machine would carry one client_id, which an API may take for the other (RFC 9700 section \
             4.15); register the machine as a [[client]] of its own",
        );
    }
}

/// The service account, which must be known.
///
/// # Why a client of its own
/// Whoever holds the credentials of a client with a service account acts as that account, without anybody signing in. An application
/// that people sign in to hands its credentials to more places (a web server, a plug-in), and its tokens stand for people; where one
/// client did both, an API that only looks at `client_id` would take a person for the service (RFC 9700 §4.15). So the machine identity
/// of an integration is another client than the one that people sign in to.
pub(super) fn service_account(
    written: Option<String>,
    grants: &[GrantType],
    at: &str,
    context: &Context<'_>,
    findings: &mut Findings,
) -> Option<ServiceAccountName> {
    let name = written?;
    let at = reading::key(at, "service_account");
    let known: Vec<&str> = context.service_accounts.iter().map(|account| account.name.as_str()).collect();
    if !known.contains(&name.as_str()) {
        let hint = nearest(&name, &known).map(|meant| format!("; did you mean \"{meant}\"?"));
        findings.problem(&at, format!("no [[service_account]] has this name{}", hint.unwrap_or_default()));
    }
    if grants != [GrantType::ClientCredentials] {
        findings.problem(
            &at,
            "a client with a service account speaks for itself and for nobody else: grant_types = [\"client_credentials\"]; \
             people sign in to another [[client]]",
        );
    }
    Some(ServiceAccountName::from(name))
}

/// The APIs, all of which must be known.
pub(super) fn audiences(
    written: &[String],
    at: &str,
    context: &Context<'_>,
    findings: &mut Findings,
) -> Vec<Audience> {
    let at = reading::key(at, "audiences");
    let known: Vec<&str> = context.apis.iter().map(|api| api.audience.as_str()).collect();
    for (index, name) in written.iter().enumerate() {
        if !known.contains(&name.as_str()) {
            let hint = nearest(name, &known).map(|meant| format!("; did you mean \"{meant}\"?"));
            findings.problem(
                reading::element(&at, index, None),
                format!("no [[api]] has this audience{}", hint.unwrap_or_default()),
            );
        }
    }
    written.iter().map(|name| Audience::from(name.as_str())).collect()
}

/// The scopes, all of which must be known and of use.
pub(super) fn scope(
    written: Option<Vec<String>>,
    grants: &[GrantType],
    audiences: &[Audience],
    at: &str,
    context: &Context<'_>,
    findings: &mut Findings,
) -> Scope {
    if grants.contains(&GrantType::ClientCredentials) && audiences.is_empty() {
        findings.missing(
            reading::key(at, "audiences"),
            "missing; a client that speaks for itself speaks to an API: name the audience of an [[api]]",
        );
    }
    let at = reading::key(at, "scopes");
    let uses_codes = grants.contains(&GrantType::AuthorizationCode);
    let default = if uses_codes { SCOPES.as_slice() } else { &[] };
    let scopes = written.unwrap_or_else(|| default.iter().map(|scope| (*scope).to_owned()).collect());
    for (index, token) in scopes.iter().enumerate() {
        let at = reading::element(&at, index, None);
        if !context.knows_scope(token) {
            let hint =
                nearest(token, &context.every_scope()).map(|meant| format!("; did you mean \"{meant}\"?"));
            findings.problem(
                at,
                format!(
                    "neither a standard scope nor one of [scopes] or an [[api]]{}",
                    hint.unwrap_or_default()
                ),
            );
        } else if let Some(api) = out_of_reach(token, audiences, context) {
            findings
                .problem(at, format!("a scope of the API {api}, which is not among this client's audiences"));
        } else if token == OFFLINE_ACCESS && !grants.contains(&GrantType::RefreshToken) {
            findings.warning(at, "without effect: \"refresh_token\" is not among this client's grant_types");
        }
    }
    // What is no scope has been told above.
    Scope::parse(&scopes.join(" ")).unwrap_or_default()
}

/// The API that `token` belongs to, when the client may not speak to any that it belongs to.
fn out_of_reach<'a>(token: &str, audiences: &[Audience], context: &'a Context<'_>) -> Option<&'a Audience> {
    // A standard scope in an API's list is that API's problem.
    if STANDARD.contains(&token) || context.scopes.contains_key(token) {
        return None;
    }
    let mut owners = context.apis.iter().filter(|api| api.scopes.iter().any(|scope| scope.name == token));
    let first = owners.clone().next()?;
    (!owners.any(|api| audiences.contains(&api.audience))).then_some(&first.audience)
}

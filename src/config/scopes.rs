//! `[scopes]`: claims that no standard scope stands for, put under a scope: `roles = ["roles", "member_id"]`.

use std::collections::BTreeMap;

use super::findings::Findings;
use super::reading;
use crate::i18n::Sentence;
use crate::oauth::scope::{OFFLINE_ACCESS, OPENID, Scope};

/// Claims that say something about a token; a person has none of these (RFC 7519 §4.1, OpenID Connect Core §2).
const OF_TOKENS: [&str; 14] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "at_hash",
    "sid",
];

/// Whether `text` is one scope token (RFC 6749 §3.3).
pub(super) fn is_scope_token(text: &str) -> bool {
    !text.contains(' ') && Scope::parse(text).is_ok_and(|scope| !scope.is_empty())
}

pub(super) fn check(
    written: BTreeMap<String, Vec<String>>,
    findings: &mut Findings,
) -> BTreeMap<String, Vec<String>> {
    for (scope, claims) in &written {
        let at = reading::key("scopes", scope);
        if !is_scope_token(scope) {
            findings.problem(&at, "not a scope: printable ASCII without spaces, quotes and backslashes");
        }
        if [OPENID, OFFLINE_ACCESS].contains(&scope.as_str()) {
            findings.problem(
                &at,
                "this scope stands for no claims (OpenID Connect Core sections 5.4 and 11); choose another",
            );
        }
        if claims.is_empty() {
            findings.missing(&at, "no claims; write for example [\"roles\"]");
        }
        for (index, claim) in claims.iter().enumerate() {
            let at = reading::element(&at, index, None);
            if claim.is_empty() {
                findings.problem(at, "a claim has a name");
            } else if OF_TOKENS.contains(&claim.as_str()) {
                findings.problem(at, format!("`{claim}` speaks of the token and not of the person"));
            }
        }
    }
    written
}

/// What the consent page says of a scope that is described here.
pub(super) fn check_descriptions(
    written: &BTreeMap<String, Sentence>,
    scopes: &BTreeMap<String, Vec<String>>,
    findings: &mut Findings,
) {
    for (scope, description) in written {
        let at = reading::key("scope_descriptions", scope);
        if !scopes.contains_key(scope) {
            findings.problem(
                &at,
                "[scopes] has no such scope; those of an API are described where they are declared",
            );
        }
        if description.is_blank() {
            findings.problem(&at, "empty; a sentence such as \"See your roles\"");
        }
    }
}

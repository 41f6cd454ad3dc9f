//! An access token of another issuer that is good now, and what of it counts here.

use std::sync::Arc;

use serde_json::Value;

use super::description::Places;
use crate::oauth::scope::Scope;
use crate::rules::claim_path::{ClaimPath, words};
use crate::time::Timestamp;

/// A token that its issuer vouches for and whose claims hold. `Issuers` makes it, and nobody else.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ForeignToken {
    /// `iss`.
    pub issuer: Arc<str>,
    /// What the configuration calls its issuer.
    pub issuer_name: Arc<str>,
    /// The audiences of the routes that it is good for.
    pub audiences: Vec<String>,
    /// `sub`; the client where an issuer's answer names nobody.
    pub subject: String,
    /// Its client, as the issuer calls it.
    pub client: Option<String>,
    /// Its scopes.
    pub scope: Scope,
    /// The roles of whom it stands for.
    pub roles: Vec<String>,
    /// How the person signed in there.
    pub acr: Option<String>,
    /// When the person signed in there.
    pub auth_time: Option<Timestamp>,
    /// Until when that holds: until it expires, or until its issuer is asked again.
    pub expires_at: Timestamp,
    /// Whether it is good for one request only, so that nobody may remember it.
    pub once: bool,
    /// All of its claims, an object.
    pub claims: Value,
}

/// What counts of a token's claims.
pub(super) struct Read {
    pub(super) subject: Option<String>,
    pub(super) client: Option<String>,
    pub(super) scope: Scope,
    pub(super) roles: Vec<String>,
    pub(super) acr: Option<String>,
    pub(super) auth_time: Option<Timestamp>,
}

impl Read {
    /// From where things stand.
    pub(super) fn of(claims: &Value, places: &Places) -> Self {
        let text = |found: Option<&Value>| found.and_then(Value::as_str).map(str::to_owned);
        let first = |paths: &[ClaimPath]| text(paths.iter().find_map(|path| path.find(claims)));
        // A scope that breaks the grammar gives nothing.
        let scope = Scope::parse(&words(&places.scope, claims).join(" ")).unwrap_or_default();
        Self {
            subject: text(claims.get("sub")),
            client: first(&places.client),
            scope,
            roles: words(&places.roles, claims).into_iter().map(str::to_owned).collect(),
            acr: text(claims.get("acr")),
            auth_time: claims.get("auth_time").and_then(Value::as_i64).map(Timestamp::from_seconds),
        }
    }
}

//! `[[gateway.route.rule]]`: who may do what on a route. Whether its path is a pattern is judged by the rules themselves.

use serde::Deserialize;

use super::Around;
use crate::config::duration::Span;
use crate::config::findings::Findings;
use crate::config::reading;
use crate::config::scopes::is_scope_token;
use crate::id::ClientId;

/// A rule, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// In capitals; all without any.
    pub methods: Vec<String>,
    /// A pattern of paths below the prefix.
    pub path: String,
    /// Of which clients it speaks; all without any.
    pub clients: Vec<ClientId>,
    /// The scopes that are wanted.
    pub scopes: Vec<String>,
    /// The roles that are wanted.
    pub roles: Vec<String>,
    /// How many of them.
    pub require: Require,
    /// `acr`, of which one is wanted.
    pub acr_values: Vec<String>,
    /// How long ago the person may have signed in.
    pub max_age: Option<Span>,
}

/// How many of the scopes and roles are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Require {
    /// All of them.
    #[default]
    All,
    /// Any of them.
    Any,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Raw {
    methods: Option<Vec<String>>,
    path: Option<String>,
    clients: Option<Vec<String>>,
    scopes: Option<Vec<String>>,
    roles: Option<Vec<String>>,
    require: Option<Require>,
    acr_values: Option<Vec<String>>,
    max_age: Option<Span>,
}

impl Raw {
    /// The words by which problems name it.
    pub(super) fn title(&self) -> Option<&str> {
        self.path.as_deref().filter(|path| !path.is_empty())
    }

    pub(super) fn check(self, at: &str, around: &Around<'_>, findings: &mut Findings) -> Rule {
        let path = self.path.unwrap_or_default();
        if path.is_empty() {
            findings.missing(
                reading::key(at, "path"),
                "missing; a pattern below the prefix, such as \"/invoices/{id}\", or \"/{*rest}\" for everything",
            );
        }
        let methods = self.methods.unwrap_or_default();
        for (index, method) in methods.iter().enumerate() {
            let at = reading::element(&reading::key(at, "methods"), index, Some(method));
            if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-') {
                findings.problem(at, "not a method; they are written in capitals, such as \"GET\"");
            } else if ["CONNECT", "TRACE"].contains(&method.as_str()) {
                findings.problem(at, "never forwarded");
            }
        }
        let scopes = self.scopes.unwrap_or_default();
        for (index, scope) in scopes.iter().enumerate() {
            if !is_scope_token(scope) {
                findings.problem(
                    reading::element(&reading::key(at, "scopes"), index, Some(scope)),
                    "not a scope: printable ASCII without spaces, quotes and backslashes",
                );
            }
        }
        let clients: Vec<ClientId> =
            self.clients.unwrap_or_default().into_iter().map(ClientId::from).collect();
        for (index, client) in clients.iter().enumerate() {
            let at = reading::element(&reading::key(at, "clients"), index, Some(client.as_str()));
            around.known_caller(client, &at, findings);
        }
        let roles = self.roles.unwrap_or_default();
        if self.require == Some(Require::Any) && scopes.len() + roles.len() < 2 {
            findings.problem(
                reading::key(at, "require"),
                "\"any\" of fewer than two scopes and roles; leave it out",
            );
        }
        Rule {
            methods,
            path,
            clients,
            scopes,
            roles,
            require: self.require.unwrap_or_default(),
            acr_values: self.acr_values.unwrap_or_default(),
            max_age: self.max_age,
        }
    }
}

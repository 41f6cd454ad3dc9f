//! What a client's keys refer to: the rest of the configuration.

use std::collections::BTreeMap;

use super::permissions::Role;
use super::redirect_uri::Localhost;
use crate::config::api::Api;
use crate::config::environment::Surroundings;
use crate::config::server::Server;
use crate::config::service_account::ServiceAccount;
use crate::config::tokens::Lifetimes;
use crate::id::ClientId;
use crate::oauth::scope::STANDARD;

/// The sections that were checked before.
pub(in crate::config) struct Context<'a> {
    pub(in crate::config) around: Surroundings<'a>,
    pub(in crate::config) server: &'a Server,
    pub(in crate::config) lifetimes: &'a Lifetimes,
    pub(in crate::config) scopes: &'a BTreeMap<String, Vec<String>>,
    pub(in crate::config) apis: &'a [Api],
    pub(in crate::config) service_accounts: &'a [ServiceAccount],
}

impl Context<'_> {
    /// Whether nobody but this machine is served, so that a weak secret harms nobody.
    pub(super) fn is_loopback(&self) -> bool {
        self.server.issuer.is_loopback()
    }

    pub(super) fn localhost(&self) -> Localhost {
        if self.server.development || self.is_loopback() { Localhost::Taken } else { Localhost::Refused }
    }

    /// What the client of this id does here.
    pub(super) fn role_of(&self, id: &ClientId) -> Role {
        let named = self.apis.iter().any(|api| api.introspected_by.contains(id));
        if named { Role::Introspects } else { Role::Asks }
    }

    /// Whether `token` means something to OpenID Connect, to `[scopes]` or to an API.
    pub(super) fn knows_scope(&self, token: &str) -> bool {
        STANDARD.contains(&token)
            || self.scopes.contains_key(token)
            || self.apis.iter().any(|api| api.scopes.iter().any(|scope| scope.name == token))
    }

    /// Every scope, to find what a misspelled one meant.
    pub(super) fn every_scope(&self) -> Vec<&str> {
        let of_apis = self.apis.iter().flat_map(|api| &api.scopes).map(|scope| scope.name.as_str());
        STANDARD.into_iter().chain(self.scopes.keys().map(String::as_str)).chain(of_apis).collect()
    }
}

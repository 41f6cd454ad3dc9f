//! `[[service_account]]`: a user of the legacy system that no person is. A client that is bound to it has a legacy token too.

use serde::Deserialize;

use super::environment::Surroundings;
use super::findings::Findings;
use super::reading::{element, key};
use super::secret_source::SecretSource;
use super::server::Server;
use crate::id::ServiceAccountName;
use crate::secret::Secret;

/// A checked element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccount {
    /// What we call it.
    pub name: ServiceAccountName,
    /// What it signs in with over there.
    pub user_name: String,
    /// Its password; none where an operator gives it to the vault.
    pub password: Option<Secret>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    name: Option<String>,
    user_name: Option<String>,
    password: Option<SecretSource>,
}

pub(super) fn check(
    written: Vec<Raw>,
    server: &Server,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) -> Vec<ServiceAccount> {
    let mut accounts: Vec<ServiceAccount> = Vec::new();
    for (index, raw) in written.into_iter().enumerate() {
        let at = element("service_account", index, raw.name.as_deref().filter(|name| !name.is_empty()));
        let account = raw.check(&at, server, around, findings);
        if accounts.iter().any(|known| known.name == account.name) {
            findings.problem(key(&at, "name"), "there is a service account of this name already");
        }
        // Two that sign in as one would each try a wrong password of its own, and end each other's tokens.
        if let Some(known) = accounts.iter().find(|known| known.user_name == account.user_name) {
            let why = format!(
                "the service account {} signs in with it; several clients may share that one",
                known.name
            );
            findings.problem(key(&at, "user_name"), why);
        }
        accounts.push(account);
    }
    accounts
}

impl Raw {
    fn check(
        self,
        at: &str,
        server: &Server,
        around: &Surroundings<'_>,
        findings: &mut Findings,
    ) -> ServiceAccount {
        let name = self.name.unwrap_or_default();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        {
            findings.missing(
                key(at, "name"),
                "letters, digits, `-` and `_`: what a client's `service_account` names",
            );
        }
        let user_name = self.user_name.unwrap_or_default();
        if user_name.is_empty() {
            findings.missing(key(at, "user_name"), "missing; what the account signs in with over there");
        }
        let at = key(at, "password");
        if self.password.as_ref().is_some_and(SecretSource::is_literal) && !server.issuer.is_loopback() {
            findings.warning(
                &at,
                format!(
                    "the password stands in the configuration; {{ env = \"NAME\" }} or {{ file = \"path\" }} keeps it out, or leave \
                     the key out and run `passerelle service-accounts set {name}`"
                ),
            );
        }
        let password = self.password.and_then(|source| findings.take(source.resolve(&at, around)));
        ServiceAccount { name: ServiceAccountName::from(name), user_name, password }
    }
}

//! `[gateway]`: which APIs are reached through the bridge, and by whom.

pub mod decide;
pub mod inject;
pub mod issuer;
mod names;
pub mod route;
pub mod rule;

use std::collections::BTreeMap;

use serde::Deserialize;

use self::decide::Decide;
use self::issuer::TrustedIssuer;
use self::route::Route;
use super::api::Api;
use super::environment::Surroundings;
use super::findings::Findings;
use super::issuer::Issuer;
use super::reading;
use super::service_account::ServiceAccount;
use crate::id::ClientId;

/// The claim of a person that holds their roles.
const ROLES_CLAIM: &str = "roles";

/// The section, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// The claim of a person that holds their roles.
    pub roles_claim: String,
    /// The roles of clients that act for themselves.
    pub client_roles: BTreeMap<ClientId, Vec<String>>,
    /// The decision endpoint for other proxies; off without it.
    pub decide: Option<Decide>,
    /// What is reached.
    pub routes: Vec<Route>,
    /// The other identity providers whose tokens are taken.
    pub issuers: Vec<TrustedIssuer>,
}

/// The section as written.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    roles_claim: Option<String>,
    client_roles: BTreeMap<String, Vec<String>>,
    decide: Option<decide::Raw>,
    route: Vec<route::Raw>,
    issuer: Vec<issuer::Raw>,
}

/// What the section's checks look at besides the section.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) around: Surroundings<'a>,
    pub(super) ours: &'a Issuer,
    pub(super) clients: &'a [ClientId],
    pub(super) apis: &'a [Api],
    pub(super) service_accounts: &'a [ServiceAccount],
    pub(super) proxies: bool,
    pub(super) issuers: &'a [TrustedIssuer],
}

impl Around<'_> {
    /// Tells of a client that there is none of.
    fn known_client(&self, client: &ClientId, at: &str, findings: &mut Findings) {
        if !self.clients.contains(client) {
            findings.problem(at, "no [[client]] has this id");
        }
    }

    /// The same where a trusted issuer's client may stand, as `partner:crm-sync`: whom that issuer knows is not known here.
    fn known_caller(&self, client: &ClientId, at: &str, findings: &mut Findings) {
        match client.as_str().split_once(':') {
            None => self.known_client(client, at, findings),
            Some((name, _)) if self.issuers.iter().any(|issuer| issuer.name == name) => {}
            Some(_) => findings.problem(at, "no [[gateway.issuer]] has the name before the colon"),
        }
    }
}

impl Raw {
    pub(super) fn check(self, around: &Around<'_>, findings: &mut Findings) -> Gateway {
        let roles_claim = self.roles_claim.unwrap_or_else(|| ROLES_CLAIM.to_owned());
        if roles_claim.is_empty() {
            findings.problem("gateway.roles_claim", "empty; the default is \"roles\"");
        }
        let mut client_roles = BTreeMap::new();
        for (name, roles) in self.client_roles {
            let client = ClientId::from(name);
            around.known_client(&client, &reading::key("gateway.client_roles", client.as_str()), findings);
            client_roles.insert(client, roles);
        }
        let issuers = issuer::check(self.issuer, around, findings);
        let around = Around { issuers: &issuers, ..*around };
        Gateway {
            roles_claim,
            client_roles,
            decide: self.decide.and_then(|decide| decide.check(&around, findings)),
            routes: route::check(self.route, &around, findings),
            issuers,
        }
    }
}

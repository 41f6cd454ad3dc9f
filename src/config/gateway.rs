//! `[gateway]`: which APIs are reached through the bridge, and by whom.

pub mod issuer;

use std::collections::BTreeMap;

use serde::Deserialize;

use self::issuer::TrustedIssuer;
use super::environment::Surroundings;
use super::findings::Findings;
use super::issuer::Issuer;
use super::reading;
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
    /// The other identity providers whose tokens are taken.
    pub issuers: Vec<TrustedIssuer>,
}

/// The section as written.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    roles_claim: Option<String>,
    client_roles: BTreeMap<String, Vec<String>>,
    issuer: Vec<issuer::Raw>,
}

impl Raw {
    pub(super) fn check(
        self,
        clients: &[ClientId],
        ours: &Issuer,
        around: &Surroundings<'_>,
        findings: &mut Findings,
    ) -> Gateway {
        let roles_claim = self.roles_claim.unwrap_or_else(|| ROLES_CLAIM.to_owned());
        if roles_claim.is_empty() {
            findings.problem("gateway.roles_claim", "empty; the default is \"roles\"");
        }
        let mut client_roles = BTreeMap::new();
        for (name, roles) in self.client_roles {
            let client = ClientId::from(name);
            if !clients.contains(&client) {
                findings.problem(
                    reading::key("gateway.client_roles", client.as_str()),
                    "no [[client]] has this id",
                );
            }
            client_roles.insert(client, roles);
        }
        Gateway { roles_claim, client_roles, issuers: issuer::check(self.issuer, ours, around, findings) }
    }
}

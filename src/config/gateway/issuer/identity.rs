//! `[[gateway.issuer.identity]]`: whom a trusted issuer's tokens stand for at the legacy system. The first rule that fits decides.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::Around;
use super::claim_path;
use crate::config::findings::Findings;
use crate::config::reading;
use crate::id::ServiceAccountName;

/// A checked rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Only tokens of this client, as the issuer calls it.
    pub client: Option<String>,
    /// Only tokens with this role.
    pub role: Option<String>,
    /// Whom they stand for.
    pub who: Who,
}

/// Whom a rule names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A person.
    Person {
        /// Where their name stands.
        claim: String,
        /// What it is.
        names: Names,
    },
    /// A service account.
    ServiceAccount(ServiceAccountName),
}

/// `names`: what a claim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Names {
    /// The name by which the person signs in at the legacy system.
    UserName,
    /// The legacy system's own id of the person.
    LegacyId,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Raw {
    client: Option<String>,
    role: Option<String>,
    claim: Option<String>,
    names: Option<Names>,
    service_account: Option<String>,
}

pub(super) fn check(
    written: Vec<Raw>,
    required_claims: &BTreeMap<String, Vec<Value>>,
    (issuer, around): (&str, &Around<'_>),
    findings: &mut Findings,
) -> Vec<Rule> {
    let list = reading::key(issuer, "identity");
    if written.is_empty() {
        findings.missing(
            &list,
            "missing; [[gateway.issuer.identity]] says whom the tokens stand for: a `claim` that names a person, or a `service_account`",
        );
    }
    let mut rules: Vec<Rule> = Vec::new();
    for (index, raw) in written.into_iter().enumerate() {
        let at = reading::element(&list, index, None);
        if rules.iter().any(Rule::fits_all) {
            findings.problem(&at, "never reached: the service account of a rule before it takes every token");
        }
        rules.extend(raw.check(&at, required_claims, around, findings));
    }
    rules
}

impl Rule {
    fn fits_all(&self) -> bool {
        self.client.is_none() && self.role.is_none() && matches!(self.who, Who::ServiceAccount(_))
    }
}

impl Raw {
    fn check(
        self,
        at: &str,
        required_claims: &BTreeMap<String, Vec<Value>>,
        around: &Around<'_>,
        findings: &mut Findings,
    ) -> Option<Rule> {
        let key = |name: &str| reading::key(at, name);
        let names =
            [("client", &self.client), ("role", &self.role), ("service_account", &self.service_account)];
        for (name, _) in names.into_iter().filter(|(_, text)| text.as_ref().is_some_and(String::is_empty)) {
            findings.problem(key(name), "empty; leave it out, or write a name");
        }
        let who = match (self.claim, self.service_account) {
            (Some(claim), None) => {
                claim_path(&claim, &key("claim"), findings);
                if claim == "email" && !required_claims.contains_key("email_verified") {
                    findings.warning(
                        key("claim"),
                        "anybody may write any address at some providers; required_claims = { email_verified = true } keeps those out",
                    );
                }
                if self.names.is_none() {
                    findings.missing(
                        key("names"),
                        "missing; what the claim holds: \"user_name\" or \"legacy_id\"",
                    );
                }
                Who::Person { claim, names: self.names? }
            }
            (None, Some(name)) => {
                if self.names.is_some() {
                    findings.problem(key("names"), "belongs to `claim`; leave it out");
                }
                let name = ServiceAccountName::from(name);
                if !around.service_accounts.iter().any(|known| known.name == name) {
                    findings.problem(key("service_account"), "no [[service_account]] has this name");
                }
                Who::ServiceAccount(name)
            }
            _ => {
                findings.missing(at, "one of `claim` and `service_account` says whom the token stands for");
                return None;
            }
        };
        Some(Rule { client: self.client, role: self.role, who })
    }
}

//! Who another issuer's token is for the legacy system: rules in order, the first that fits decides, and nobody is guessed. Whether the
//! person has an account here is asked afterwards.

use serde_json::Value;

use crate::id::LegacyId;
use crate::rules::claim_path::ClaimPath;

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityRule {
    /// Only tokens of this client.
    pub client: Option<String>,
    /// Only tokens with this role.
    pub role: Option<String>,
    /// Whom they stand for.
    pub who: Who,
}

/// Whom a rule names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A person, by a claim.
    Person {
        /// Where their name stands.
        claim: ClaimPath,
        /// What it is.
        names: Names,
    },
    /// A legacy service account, by its name in the configuration.
    ServiceAccount(String),
}

/// What a claim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// What the person types at the legacy system. It may change hands there.
    UserName,
    /// What the legacy system calls them for ever.
    LegacyId,
}

/// Whom a token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The person who signs in by this name.
    UserName(String),
    /// The person with this id.
    LegacyId(LegacyId),
    /// A service account.
    ServiceAccount(String),
}

/// What a token says that rules ask about.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'t> {
    /// Its client.
    pub client: Option<&'t str>,
    /// Its subject.
    pub subject: &'t str,
    /// Its roles.
    pub roles: &'t [String],
    /// All of its claims, an object.
    pub claims: &'t Value,
}

/// Whom the first rule that fits names; `None` when none fits.
pub fn identify(rules: &[IdentityRule], facts: Facts<'_>) -> Option<Identity> {
    rules.iter().find_map(|rule| rule.names(facts))
}

impl IdentityRule {
    fn names(&self, facts: Facts<'_>) -> Option<Identity> {
        let of_client = self.client.as_deref().is_none_or(|client| facts.client == Some(client));
        let of_role = self.role.as_ref().is_none_or(|role| facts.roles.contains(role));
        if !(of_client && of_role) {
            return None;
        }
        match &self.who {
            Who::ServiceAccount(name) => Some(Identity::ServiceAccount(name.clone())),
            // RFC 9068 §5: where no person is involved `sub` is the client, and whoever could call a client "alice" would be alice.
            Who::Person { .. } if facts.client == Some(facts.subject) => None,
            Who::Person { claim, names } => {
                let name = name(claim.find(facts.claims)?)?;
                Some(match names {
                    Names::UserName => Identity::UserName(name),
                    Names::LegacyId => Identity::LegacyId(LegacyId::from(name)),
                })
            }
        }
    }
}

/// A text, or a whole number as it is written.
fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

//! Who a person is, by all that the old system said.

use std::fmt;

use uuid::Uuid;

use super::description::Mapping;
use super::facts::Facts;
use super::identity::Identity;
use super::refusal::Refusal;
use crate::id::{ConnectorId, LegacyId};

impl Mapping {
    /// Whom all that the old system said speaks of.
    pub(super) fn identity(&self, connector: &ConnectorId, facts: &Facts<'_>) -> Result<Identity, Refusal> {
        let missing = |what: &str, place: &dyn fmt::Display| Refusal::NoImmutableId {
            why: format!("{what}: nothing that names anybody stands at {place}"),
        };
        let legacy_id = self
            .legacy_id
            .text(facts)
            .filter(|id| !names_nobody(id))
            .ok_or_else(|| missing("identity.legacy_id", &self.legacy_id))?;
        let user_name =
            self.user_name.text(facts).ok_or_else(|| missing("identity.user_name", &self.user_name))?;
        let claims = self
            .claims
            .iter()
            .filter_map(|(name, claim)| Some((name.clone(), claim.value_in(facts)?)))
            .collect();
        Ok(Identity { connector: connector.clone(), legacy_id: LegacyId::from(legacy_id), user_name, claims })
    }
}

/// A blank text and the nil GUID (RFC 9562 §5.9) are what everybody has whose id was lost: taken for an id, they would all be one person.
fn names_nobody(id: &str) -> bool {
    id.trim().is_empty() || Uuid::parse_str(id.trim()).is_ok_and(|id| id.is_nil())
}

//! A sign-in at the old system: the password goes there once and is forgotten, and what comes back becomes an identity.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::answer::unavailable;
use super::description::{Description, Mapping};
use super::identity::Identity;
use super::profile::ProfileCalls;
use super::refusal::Refusal;
use super::token_call::TokenCall;
use crate::id::{ConnectorId, LegacyId};
use crate::secret::Secret;

/// One old system, ready to be asked. Clones share it.
#[derive(Clone)]
pub struct Connector(Arc<Parts>);

struct Parts {
    id: ConnectorId,
    token: TokenCall,
    profile: ProfileCalls,
    mapping: Mapping,
    timeout: Duration,
}

impl Connector {
    /// A connector that speaks through `http`, which follows no redirect.
    pub fn new(description: Description, http: reqwest::Client) -> Self {
        let Description { id, base_url, token, profile, mapping, timeout, .. } = description;
        let largest_answer = token.largest_answer;
        Self(Arc::new(Parts {
            id,
            profile: ProfileCalls { steps: profile, base_url, largest_answer, http: http.clone() },
            token: TokenCall::new(token, http),
            mapping,
            timeout,
        }))
    }

    /// Which old system.
    pub fn id(&self) -> &ConnectorId {
        &self.0.id
    }

    /// Asks the old system whether `password` is this person's, once, and who they are.
    ///
    /// # Errors
    /// [`Refusal`]; [`Refusal::Unavailable`] at the latest when the configured time is over.
    pub async fn sign_in(&self, user_name: &str, password: &Secret) -> Result<Identity, Refusal> {
        tokio::time::timeout(self.0.timeout, self.ask(user_name, password))
            .await
            .unwrap_or_else(|_| Err(unavailable("no answer in time".to_owned())))
    }

    async fn ask(&self, user_name: &str, password: &Secret) -> Result<Identity, Refusal> {
        let granted = self.0.token.password(user_name, password).await?;
        let mut document = Map::from_iter([
            ("answer".to_owned(), granted.answer),
            ("typed".to_owned(), serde_json::json!({ "user_name": user_name })),
        ]);
        self.0.profile.fetch(&granted.access_token, &mut document).await?;
        self.0.mapping.identity(&self.0.id, &Value::Object(document))
    }
}

impl Mapping {
    /// Who `document`, all that the old system said, speaks of.
    fn identity(&self, connector: &ConnectorId, document: &Value) -> Result<Identity, Refusal> {
        let missing = |what: &str, place: &dyn fmt::Display| Refusal::NoImmutableId {
            why: format!("{what}: nothing that names anybody stands at {place}"),
        };
        let legacy_id = self
            .legacy_id
            .text(document)
            .filter(|id| !names_nobody(id))
            .ok_or_else(|| missing("identity.legacy_id", &self.legacy_id))?;
        let user_name =
            self.user_name.text(document).ok_or_else(|| missing("identity.user_name", &self.user_name))?;
        let claims = self
            .claims
            .iter()
            .filter_map(|(name, source)| Some((name.clone(), source.value(document)?)))
            .collect();
        Ok(Identity { connector: connector.clone(), legacy_id: LegacyId::from(legacy_id), user_name, claims })
    }
}

/// A blank text and the nil GUID (RFC 9562 §5.9) are what everybody has whose id was lost: taken for an id, they would all be one person.
fn names_nobody(id: &str) -> bool {
    id.trim().is_empty() || Uuid::parse_str(id.trim()).is_ok_and(|id| id.is_nil())
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connector({})", self.0.id)
    }
}

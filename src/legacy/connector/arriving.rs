//! From tokens to a person: the calls that tell who it is, and the service account that some of them need.

use serde_json::Value;

use super::layer::Carried;
use super::{Connector, Parts, Typed};
use crate::legacy::description::With;
use crate::legacy::facts::Facts;
use crate::legacy::refusal::Refusal;
use crate::legacy::steps::Known;
use crate::legacy::tokens::{Arrival, LegacyTokens};
use crate::secret::Secret;

impl Connector {
    pub(super) async fn arrival(
        &self,
        tokens: Option<LegacyTokens>,
        mut known: Known,
        typed: Option<Typed<'_>>,
    ) -> Result<Arrival, Refusal> {
        // Whoever is in needs no password any more.
        let typed = typed.map(|typed| Typed { password: None, second: None, ..typed });
        let access_token = tokens.as_ref().map(|tokens| &tokens.access_token);
        let layer =
            |token: Option<&Secret>| self.layer(Carried { typed, access_token: token, ..Carried::default() });
        let steps = &self.0.steps;
        let service = self.service_token().await?;
        let before = known.clone();
        let went =
            steps.go_after(layer, (access_token, service.as_ref().map(|(token, _)| token)), &mut known).await;
        match (went, &service) {
            (Err(Refusal::Misconfigured { .. } | Refusal::TokenRefused { .. }), Some((dead, true))) => {
                // The service account's token may have died before its time.
                self.0.service.forget(dead).await;
                let service = self.service_token().await?;
                known = before;
                steps
                    .go_after(layer, (access_token, service.as_ref().map(|(token, _)| token)), &mut known)
                    .await?;
            }
            (went, _) => went?,
        }
        steps.forget_before(&mut known);
        let tables = Value::Object(
            self.0
                .configured
                .get("tables")
                .map(|tables| ("tables".to_owned(), tables.clone()))
                .into_iter()
                .collect(),
        );
        let below = Facts::of(&tables);
        let identity = self.0.description.mapping.identity(self.id(), &Facts::over(&known.0, &below))?;
        self.0.exchange.note("identity", || format!("{} is {}", identity.user_name, identity.legacy_id));
        Ok(Arrival { identity, tokens })
    }

    /// The service account's token, and whether it was known already; none when no step uses it.
    pub(super) async fn service_token(&self) -> Result<Option<(Secret, bool)>, Refusal> {
        let Parts { description, service, clock, .. } = &*self.0;
        let wanted = description.profile.iter().any(|step| step.with == With::ServiceAccount);
        let Some(account) = description.service_account.as_ref().filter(|_| wanted) else { return Ok(None) };
        let log_in = async {
            let typed = Typed {
                user_name: &account.user_name,
                password: Some(&account.password),
                second: None,
                address: None,
            };
            self.log_in(typed).await.map(|(granted, _)| granted.tokens)
        };
        service.or_from(clock, log_in).await.map(Some)
    }
}

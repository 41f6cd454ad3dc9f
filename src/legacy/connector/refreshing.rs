//! A refresh: the token is spent once, and it is looked whose tokens came back.

use super::layer::{Carried, about};
use super::logging_in::found;
use super::{Connector, OPEN, Parts};
use crate::legacy::breaker::Ended;
use crate::legacy::facts::Facts;
use crate::legacy::refresh::{Class, RefreshRequest, RefreshTrouble, class_of};
use crate::legacy::refusal::Refusal;
use crate::legacy::steps::Known;
use crate::legacy::token_answer::Unread;
use crate::legacy::tokens::{Owner, Refreshed};
use crate::model::account::Account;
use crate::secret::Secret;

impl Connector {
    /// Spends a refresh token of the vault, once.
    ///
    /// # Errors
    /// [`RefreshTrouble`].
    pub async fn refresh(&self, token: &Secret, account: &Account) -> Result<Refreshed, RefreshTrouble> {
        let Some(leave) = self.0.breaker.ask() else { return Err(RefreshTrouble::transient(OPEN)) };
        let refreshing = async {
            let turn = self.0.turns.acquire().await;
            let refreshed = self.spend(token, Some(account)).await;
            drop(turn);
            refreshed
        };
        let refreshed = tokio::time::timeout(self.timeout(), refreshing).await;
        let late = |_| RefreshTrouble::unknown("no answer in time");
        let refreshed = refreshed.map_err(late).and_then(|refreshed| refreshed);
        leave.tell(match &refreshed {
            Err(trouble) if trouble.class != Class::Fatal && !trouble.works => Ended::Failed,
            Ok(_) | Err(_) => Ended::Answered,
        });
        refreshed
    }

    pub(super) async fn spend(
        &self,
        token: &Secret,
        account: Option<&Account>,
    ) -> Result<Refreshed, RefreshTrouble> {
        let Parts { description, exchange, clock, .. } = &*self.0;
        let Some(refresh) = &description.refresh else {
            return Err(RefreshTrouble::transient("no client for the refresh grant"));
        };
        let layer = self.layer(Carried { refresh_token: Some(token), ..Carried::default() });
        let mut known = Known::new(about(account));
        let below = Facts::of(&known.0);
        let facts = Facts::over(&layer, &below);
        let (answer, reading) = match (&self.0.refresh, &refresh.call) {
            (Some(call), RefreshRequest::Grant(endpoint)) => {
                (call.refresh(token, &facts).await?, &endpoint.answer)
            }
            (_, RefreshRequest::Request(request, reading)) => {
                (exchange.ask("refresh", request, &facts, reading.format).await?, &**reading)
            }
            (None, RefreshRequest::Grant(_)) => {
                return Err(RefreshTrouble::transient("the token endpoint cannot be called"));
            }
        };
        let granted = match reading.read(answer, &facts, self.legacy_client(), clock.now()) {
            Ok(granted) => granted,
            Err(unread) => {
                let Unread { answer, why } = *unread;
                let trouble = RefreshTrouble {
                    class: class_of(&refresh.classes, &answer, &facts),
                    why: match why {
                        Some(why) => format!("status {}, but {why}", answer.status),
                        None => format!("status {}", answer.status),
                    },
                    after: answer.retry_after,
                    // What it says of one token is nothing for the others to wait for.
                    works: matches!(answer.status, 400..=428 | 430..=499),
                };
                exchange.note("refresh", || format!("no success: {trouble}"));
                return Err(trouble);
            }
        };
        exchange.warn_of(granted.secrets());
        exchange.note("refresh", || found(&granted, reading));
        let unreadable = |why: Refusal| RefreshTrouble::unknown(why.to_string());
        let granted = self.learnt(granted, &mut known).map_err(unreadable)?;
        let nothing = || RefreshTrouble::unknown("no token in the answer");
        Ok(Refreshed { tokens: granted.tokens.ok_or_else(nothing)?, known })
    }

    /// Whether what a refresh gave is really `account`'s. A name that is still the same is enough; another name may be a new one of
    /// the same person, so then the immutable id decides.
    pub async fn owner(&self, refreshed: &Refreshed, account: &Account) -> Owner {
        let mapping = &self.0.description.mapping;
        // What was put there by ourselves says nothing.
        let ours = mapping.user_name.roots().iter().any(|root| matches!(root.as_str(), "typed" | "account"));
        let named = mapping.user_name.text(&Facts::of(&refreshed.known.0)).filter(|_| !ours);
        if named.is_some_and(|named| named.to_lowercase() == account.user_name.to_lowercase()) {
            return Owner::Same;
        }
        let arrival = self.arrival(Some(refreshed.tokens.clone()), refreshed.known.clone(), None);
        match self.guarded(arrival).await {
            Ok(arrival) if arrival.identity.legacy_id == account.legacy_id => Owner::Same,
            Ok(_) => Owner::Another,
            // Locked and disabled people can refresh at several systems; what is asked afterwards tells.
            Err(refusal) if refusal.is_on_the_person() => Owner::Out,
            Err(_) => Owner::Unknown,
        }
    }
}

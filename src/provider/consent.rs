//! The answer on the consent page. It counts for the person who was asked and for nobody who signed in meanwhile in another tab.

use tracing::info;

use crate::model::consent::Consent;
use crate::provider::authorize::{Authorize, Decided, Issue, Person, issued};
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::step::Step;
use crate::provider::visitor::Visitor;
use crate::rules::interaction::ConsentAnswer;
use crate::store::{codes, consents};
use crate::time::Timestamp;

/// The flow.
#[derive(Clone)]
pub struct Consents {
    /// The dispatcher.
    pub authorize: Authorize,
}

impl Consents {
    /// Takes an answer for the pending request `sealed`.
    ///
    /// # Errors
    /// What only a page may tell.
    pub async fn answer(
        &self,
        answer: ConsentAnswer,
        sealed: &str,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Step, AuthorizeError> {
        let pending = self.authorize.open(sealed, visitor, now)?;
        let found = self.authorize.signed_in(visitor, now).await?;
        let person = found.as_ref().map(|(session, account)| Person { session, account });
        let asked = person.filter(|person| pending.asks.as_ref() == Some(&person.account.id));
        let counts = asked.map(|_| answer);
        let decided = self.authorize.decide(&pending, person, counts, visitor, now).await?;
        let issue = match (decided, asked) {
            (Decided::Step(step), Some(person)) => {
                info!(account.id = %person.account.id, "answered a consent page: {answer:?}");
                return Ok(step);
            }
            (Decided::Step(step), None) => return Ok(step),
            (Decided::Issue(issue), _) => issue,
        };
        // Nobody was asked: the issue stands on an earlier consent or a first-party client.
        let Some((person, (client, checked))) = asked.zip(self.authorize.asked(&pending)) else {
            return self.authorize.commit(*issue, None, now).await;
        };
        let consent = Consent {
            account: person.account.id.clone(),
            client: client.id.clone(),
            scope: checked.scope,
            claims: checked.claims.names(),
            granted_at: now,
            updated_at: now,
        };
        let Issue { code, answer: response } = *issue;
        let granted = code.authorization.clone();
        self.authorize
            .db
            .write(move |tx| {
                Box::pin(async move {
                    consents::grant(tx, &consent).await?;
                    codes::insert(tx, &code).await
                })
            })
            .await?;
        info!(account.id = %person.account.id, client.id = %client.id, "consented to {}", client.id);
        issued(&granted);
        Ok(Step::Answer(Box::new(response)))
    }
}

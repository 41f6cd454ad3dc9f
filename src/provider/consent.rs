//! The answer on the consent page. It counts for the person who was asked and for nobody who signed in meanwhile in another tab.

use tracing::info;

use crate::model::consent::Consent;
use crate::provider::authorize::{Authorize, Decided, Person};
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::issue::{Issue, issued, keep};
use crate::provider::pending::Pending;
use crate::provider::step::Step;
use crate::provider::visitor::Visitor;
use crate::rules::interaction::ConsentAnswer;
use crate::store::{consents, login_sessions};
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
        // A yes counts for the person who was asked. A no is taken from anybody at this browser: it gives nothing away.
        let counts = match answer {
            ConsentAnswer::Allowed => asked.map(|_| answer),
            ConsentAnswer::Denied => Some(answer),
        };
        let issue = match self.authorize.decide(&pending, person, counts, visitor, now).await? {
            Decided::Step(step) => {
                if let (ConsentAnswer::Denied, Some(person)) = (answer, person) {
                    denied(&pending, person);
                }
                return Ok(step);
            }
            Decided::Issue(issue) => *issue,
        };
        // Nobody was asked: the issue stands on an earlier consent or a first-party client.
        let Some((person, (client, checked))) = asked.zip(self.authorize.asked(&pending)) else {
            let answer = issue.commit(&self.authorize.db, None, now).await?;
            return Ok(Step::Answer(Box::new(answer)));
        };
        let consent = Consent {
            account: person.account.id.clone(),
            client: client.id.clone(),
            scope: checked.scope,
            claims: checked.claims.names(),
            granted_at: now,
            updated_at: now,
        };
        let session = person.session.id.clone();
        let Issue { code, answer: response } = issue;
        let granted = code.authorization.clone();
        self.authorize
            .db
            .write(move |tx| {
                Box::pin(async move {
                    consents::grant(tx, &consent).await?;
                    login_sessions::touch(tx, &session, now).await?;
                    keep(tx, &code).await
                })
            })
            .await?;
        info!(
            client.id = %client.id, account.id = %person.account.id, session.id = %person.session.id,
            "consented to {}", client.id
        );
        issued(&granted);
        Ok(Step::Answer(Box::new(response)))
    }
}

fn denied(pending: &Pending, person: Person<'_>) {
    info!(
        client.id = %pending.client(), account.id = %person.account.id, session.id = %person.session.id,
        "did not consent to {}", pending.client()
    );
}

//! A sign-in with user name and password: the old system is asked once, and what it says lets the person in or becomes words on the page.

use tracing::{Instrument as _, Span, info};

use crate::legacy::connectors::Connectors;
use crate::legacy::refusal::Refusal;
use crate::provider::authorize::Authorize;
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::entry::{By, Entered, Entering, Entry};
use crate::provider::pending::Pending;
use crate::provider::step::{SignInPrompt, SignInRefusal, Step};
use crate::provider::throttle::Throttle;
use crate::provider::visitor::Visitor;
use crate::rules::interaction::SignInReason;
use crate::secret::Secret;
use crate::time::Timestamp;

/// The flow.
#[derive(Clone)]
pub struct SignIn {
    /// The dispatcher.
    pub authorize: Authorize,
    /// Lets people in.
    pub entry: Entry,
    /// The old systems.
    pub connectors: Connectors,
    /// Holds back guessers.
    pub throttle: Throttle,
}

/// What was typed.
#[derive(Clone, Debug)]
pub struct Typed {
    /// The user name, which people mistake for the password field: it is not logged.
    pub user_name: Secret,
    /// The password: passed through, never kept.
    pub password: Secret,
}

/// What came of it.
#[derive(Debug)]
pub enum SignInOutcome {
    /// The browser has a session now.
    SignedIn {
        /// The new value of its cookie.
        cookie: Secret,
        /// What comes next.
        step: Step,
    },
    /// The page again, with what went wrong.
    Again(Box<SignInPrompt>),
    /// The request does not hold any more, since its client was changed: no password was tried, and the app is told.
    Refused(Step),
}

impl SignIn {
    /// Tries what was typed for the pending request `sealed`.
    ///
    /// # Errors
    /// What only a page may tell.
    pub async fn submit(
        &self,
        typed: Typed,
        sealed: &str,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<SignInOutcome, AuthorizeError> {
        let pending = self.authorize.open(sealed, visitor, now)?;
        let page = match self.authorize.sign_in_again(&pending, visitor)? {
            Step::SignIn(page) => page,
            step => return Ok(SignInOutcome::Refused(step)),
        };
        if typed.user_name.expose().trim().is_empty() || typed.password.expose().is_empty() {
            return Ok(again(page, &typed, SignInRefusal::Legacy(Refusal::WrongCredentials)));
        }
        // What the old system hears of is brought to its end and counted, also when the browser hangs up meanwhile: otherwise a guesser
        // who always hangs up would never be held back.
        let (flow, visitor) = (self.clone(), visitor.clone());
        let tried = async move { flow.try_once(typed, page, pending, &visitor, now).await };
        let tried = tokio::spawn(tried.instrument(Span::current()));
        tried.await.map_err(|_| AuthorizeError::BrokenOff)?
    }

    /// Asks the old system, once, unless too many tries went before.
    async fn try_once(
        &self,
        typed: Typed,
        page: Box<SignInPrompt>,
        pending: Pending,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<SignInOutcome, AuthorizeError> {
        let user_name = typed.user_name.expose();
        let attempt = match self.throttle.admit(user_name, visitor.address, now).await? {
            Ok(attempt) => attempt,
            Err(until) => {
                info!(
                    client.id = %pending.client(), address = %visitor.address,
                    "held back a sign-in: too many tries"
                );
                return Ok(again(page, &typed, SignInRefusal::Throttled { until }));
            }
        };
        match self.connectors.first().sign_in(user_name, &typed.password).await {
            Ok(arrival) => {
                let entering = Entering { arrival, by: By::Password { counter: attempt.account() } };
                let Entered { cookie, step } = self.entry.settle(entering, pending, visitor, now).await?;
                Ok(SignInOutcome::SignedIn { cookie, step })
            }
            Err(Refusal::NoImmutableId { why }) => Err(AuthorizeError::NoImmutableId { why }),
            Err(refusal) => {
                info!(
                    client.id = %pending.client(), address = %visitor.address,
                    "refused a sign-in: {refusal}"
                );
                // A system that does not answer says nothing about a password.
                if matches!(
                    refusal,
                    Refusal::WrongCredentials | Refusal::UnknownUser | Refusal::Unknown { .. }
                ) {
                    self.throttle.failed(attempt, now).await?;
                }
                Ok(again(page, &typed, SignInRefusal::Legacy(refusal)))
            }
        }
    }
}

/// The page once more, with what was typed but the password.
fn again(mut page: Box<SignInPrompt>, typed: &Typed, refusal: SignInRefusal) -> SignInOutcome {
    typed.user_name.expose().clone_into(&mut page.user_name);
    page.reason = SignInReason::NobodySignedIn;
    page.refusal = Some(refusal);
    SignInOutcome::Again(page)
}

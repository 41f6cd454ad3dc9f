//! A sign-in with user name and password: the old system is asked once, and what it says lets the person in, asks for more, or becomes words
//! on the page. What more there is, is in `sign_in_further`.

use std::net::IpAddr;

use tracing::{error, info, warn};

use crate::id::ConnectorId;
use crate::legacy::connector::{Connector, Second, Typed as Sent};
use crate::legacy::connectors::Connectors;
use crate::legacy::refusal::Refusal;
use crate::provider::authorize::Authorize;
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::entry::{By, Entered, Entering, Entry};
use crate::provider::pending::{Halfway, Missing, Pending, SealedText};
use crate::provider::sign_in_once::{SentForm, TriesUnderWay};
use crate::provider::step::{Asks, FurtherPrompt, SignInPrompt, SignInRefusal, Step};
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
    /// Holds back guessers.
    pub throttle: Throttle,
    /// Knows forms that are sent twice.
    pub under_way: TriesUnderWay,
}

/// What was typed.
#[derive(Clone, Debug)]
pub struct Typed {
    /// The user name, which people mistake for the password field: it is not logged.
    pub user_name: Secret,
    /// The password: passed through, never kept.
    pub password: Secret,
    /// The old system that was chosen, where there are several.
    pub realm: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug)]
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
    /// The password was right; something is missing yet.
    Further(Box<FurtherPrompt>),
    /// The request does not hold any more, since its client was changed: no password was tried, and the app is told.
    Refused(Step),
}

/// What is brought to the old system.
pub(super) struct Brought {
    pub(super) connector: Connector,
    pub(super) user_name: Secret,
    pub(super) password: Option<Secret>,
    /// The second factor, and what was kept for it.
    pub(super) second: Option<(Secret, Secret)>,
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
        let mut page = match self.authorize.sign_in_again(&pending, visitor)? {
            Step::SignIn(page) => page,
            step => return Ok(SignInOutcome::Refused(step)),
        };
        let open = self.authorize.open_to(page.client.as_deref());
        let meant = Connectors::meant(&open, typed.user_name.expose(), typed.realm.as_deref());
        let Some(connector) = meant.cloned() else { return Err(AuthorizeError::NoRealm) };
        for realm in &mut page.realms {
            realm.chosen = realm.id == *connector.id();
        }
        let Typed { user_name, password, realm } = typed;
        if user_name.expose().trim().is_empty() || password.expose().is_empty() {
            let refusal = SignInRefusal::Legacy(Refusal::WrongCredentials);
            return Ok(SignInOutcome::Again(again(page, &user_name, refusal)));
        }
        let form = SentForm::of(sealed, &[&user_name, &password, &Secret::from(realm.unwrap_or_default())]);
        let brought = Brought { connector, user_name, password: Some(password), second: None };
        let trying = self.clone().try_once(brought, page, pending, visitor.clone(), now);
        self.under_way.once(form, trying).await
    }

    /// Asks the old system, once, unless too many tries went before.
    pub(super) async fn try_once(
        self,
        brought: Brought,
        page: Box<SignInPrompt>,
        pending: Pending,
        visitor: Visitor,
        now: Timestamp,
    ) -> Result<SignInOutcome, AuthorizeError> {
        let counted = brought.counted_name();
        let attempt = match self.throttle.admit(&counted, visitor.address, now).await? {
            Ok(attempt) => attempt,
            Err(until) => {
                info!(
                    client.id = %pending.client(), address = %visitor.address,
                    "held back a sign-in: too many tries"
                );
                let refusal = SignInRefusal::Throttled { until };
                return Ok(SignInOutcome::Again(again(page, &brought.user_name, refusal)));
            }
        };
        match brought.connector.let_in(brought.sent(visitor.address)).await {
            Ok(arrival) => {
                let by = By::Password { counter: attempt.account(), second: brought.second.is_some() };
                let entering = Entering { arrival, by };
                let Entered { cookie, step } = self.entry.settle(entering, pending, &visitor, now).await?;
                Ok(SignInOutcome::SignedIn { cookie, step })
            }
            Err(Refusal::NoImmutableId { why }) => Err(AuthorizeError::NoImmutableId { why }),
            Err(refusal) => {
                tell(&refusal, &pending, &visitor, brought.connector.id());
                // A system that does not answer says nothing about a password.
                let guessed = matches!(
                    refusal,
                    Refusal::WrongCredentials
                        | Refusal::UnknownUser
                        | Refusal::SecondFactorWrong(_)
                        | Refusal::Unknown { .. }
                );
                if guessed {
                    self.throttle.failed(attempt, now).await?;
                }
                self.refused(refusal, brought, page, &pending, &visitor)
            }
        }
    }

    /// The page that a refusal leads to.
    pub(super) fn refused(
        &self,
        refusal: Refusal,
        brought: Brought,
        page: Box<SignInPrompt>,
        pending: &Pending,
        visitor: &Visitor,
    ) -> Result<SignInOutcome, AuthorizeError> {
        let wrong = matches!(refusal, Refusal::SecondFactorWrong(_));
        let (missing, told) = match refusal {
            Refusal::SecondFactorRequired(challenge) | Refusal::SecondFactorWrong(challenge) => {
                let kept = SealedText::of(&challenge.kept);
                let told = wrong.then(|| Refusal::SecondFactorWrong(challenge.clone()));
                (Missing::Code { kept, with_password: challenge.wants_password }, told)
            }
            refusal @ (Refusal::PasswordExpired { .. } | Refusal::MustChangePassword { .. })
                if brought.connector.can_change_passwords() =>
            {
                (Missing::NewPassword, Some(refusal))
            }
            refusal => {
                let refusal = SignInRefusal::Legacy(refusal);
                return Ok(SignInOutcome::Again(again(page, &brought.user_name, refusal)));
            }
        };
        let halfway = Halfway {
            realm: brought.connector.id().clone(),
            user_name: brought.user_name.expose().to_owned(),
            missing,
        };
        self.further(page, pending, halfway, told.map(SignInRefusal::Legacy), visitor)
    }

    /// The page that asks for what is missing.
    pub(super) fn further(
        &self,
        mut page: Box<SignInPrompt>,
        pending: &Pending,
        halfway: Halfway,
        refusal: Option<SignInRefusal>,
        visitor: &Visitor,
    ) -> Result<SignInOutcome, AuthorizeError> {
        let asks = match &halfway.missing {
            Missing::Code { with_password, .. } => Asks::Code { with_password: *with_password },
            Missing::NewPassword => Asks::NewPassword,
        };
        let user_name = halfway.user_name.clone();
        page.request = self.authorize.seal(&pending.halfway(Some(halfway)), visitor)?;
        Ok(SignInOutcome::Further(Box::new(FurtherPrompt { page, user_name, asks, refusal })))
    }
}

/// A mistyped password is no affair of the operator's. A system that is down is, and one that refuses the bridge waits for them.
fn tell(refusal: &Refusal, pending: &Pending, visitor: &Visitor, realm: &ConnectorId) {
    macro_rules! told {
        ($at:ident) => {
            $at!(
                client.id = %pending.client(), address = %visitor.address, realm = %realm,
                "refused a sign-in: {refusal}"
            )
        };
    }
    match refusal {
        Refusal::Misconfigured { .. } | Refusal::TokenRefused { .. } => told!(error),
        Refusal::Unavailable { .. } | Refusal::Maintenance => told!(warn),
        _ => told!(info),
    }
}

impl Brought {
    /// The name that tries are counted under: spellings that the old system takes for one are one.
    fn counted_name(&self) -> String {
        let typed = self.user_name.expose();
        self.connector.user_name(typed).unwrap_or_else(|| typed.to_owned())
    }

    pub(super) fn sent(&self, address: IpAddr) -> Sent<'_> {
        Sent {
            user_name: self.user_name.expose(),
            password: self.password.as_ref(),
            second: self.second.as_ref().map(|(code, kept)| Second { code, kept }),
            address: Some(address),
        }
    }
}

/// The page once more, with what was typed but the password.
pub(super) fn again(
    mut page: Box<SignInPrompt>,
    user_name: &Secret,
    refusal: SignInRefusal,
) -> Box<SignInPrompt> {
    user_name.expose().clone_into(&mut page.user_name);
    page.reason = SignInReason::NobodySignedIn;
    page.refusal = Some(refusal);
    page
}

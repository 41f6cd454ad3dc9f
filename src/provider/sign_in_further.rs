//! What a sign-in may miss when the password was right: a second factor, or a new password. How far somebody is travels sealed in the
//! pending request; the password does not, and is typed again where it is needed.

use crate::legacy::refusal::Refusal;
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::pending::{Halfway, Missing, Pending};
use crate::provider::sign_in::{Brought, SignIn, SignInOutcome};
use crate::provider::sign_in_once::SentForm;
use crate::provider::step::{SignInPrompt, SignInRefusal, Step};
use crate::provider::visitor::Visitor;
use crate::secret::Secret;
use crate::time::Timestamp;

/// A second factor as it was typed.
pub struct TypedCode {
    /// The code.
    pub code: Secret,
    /// The password, where it was asked for once more.
    pub password: Option<Secret>,
}

/// A new password as it was typed.
pub struct TypedNewPassword {
    /// The one that holds until now.
    pub password: Secret,
    /// The new one,
    pub new_password: Secret,
    /// and once more.
    pub again: Secret,
}

/// What is known of a sign-in that is halfway.
struct Resumed {
    pending: Pending,
    page: Box<SignInPrompt>,
    halfway: Halfway,
    brought: Brought,
}

impl SignIn {
    /// Tries a second factor.
    ///
    /// # Errors
    /// What only a page may tell.
    pub async fn submit_code(
        &self,
        typed: TypedCode,
        sealed: &str,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<SignInOutcome, AuthorizeError> {
        let resumed = match self.resumed(sealed, visitor, now)? {
            Ok(resumed) => resumed,
            Err(step) => return Ok(SignInOutcome::Refused(step)),
        };
        let Resumed { pending, page, halfway, mut brought } = resumed;
        let Missing::Code { kept, .. } = &halfway.missing else { return Err(AuthorizeError::NothingMissing) };
        if typed.code.expose().trim().is_empty() {
            return self.further(page, &pending, halfway, None, visitor);
        }
        let TypedCode { code, password } = typed;
        let form = SentForm::of(sealed, &[&code, password.as_ref().unwrap_or(&Secret::from(""))]);
        brought.second = Some((Secret::from(code.expose().trim()), kept.secret()));
        brought.password = password;
        let trying = self.clone().try_once(brought, page, pending, visitor.clone(), now);
        self.under_way.once(form, trying).await
    }

    /// Changes a password that has to be changed, and signs in with the new one.
    ///
    /// # Errors
    /// What only a page may tell.
    pub async fn submit_new_password(
        &self,
        typed: TypedNewPassword,
        sealed: &str,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<SignInOutcome, AuthorizeError> {
        let mut resumed = match self.resumed(sealed, visitor, now)? {
            Ok(resumed) => resumed,
            Err(step) => return Ok(SignInOutcome::Refused(step)),
        };
        if !matches!(resumed.halfway.missing, Missing::NewPassword) {
            return Err(AuthorizeError::NothingMissing);
        }
        let TypedNewPassword { password, new_password, again } = typed;
        if new_password.expose().is_empty() || new_password != again {
            let Resumed { pending, page, halfway, .. } = resumed;
            let refusal = Some(SignInRefusal::NewPasswordsDiffer);
            return self.further(page, &pending, halfway, refusal, visitor);
        }
        // The old password is wrong once it was changed: a form that comes twice must not send it twice.
        let form = SentForm::of(sealed, &[&password, &new_password]);
        resumed.brought.password = Some(password);
        let changing = self.clone().change_once(new_password, resumed, visitor.clone(), now);
        self.under_way.once(form, changing).await
    }

    /// Asks the old system for the change, and signs in.
    async fn change_once(
        self,
        new_password: Secret,
        resumed: Resumed,
        visitor: Visitor,
        now: Timestamp,
    ) -> Result<SignInOutcome, AuthorizeError> {
        let Resumed { pending, page, halfway, mut brought } = resumed;
        // Whoever guesses the old password here is counted as at the sign-in.
        let counted =
            brought.connector.user_name(&halfway.user_name).unwrap_or_else(|| halfway.user_name.clone());
        let attempt = match self.throttle.admit(&counted, visitor.address, now).await? {
            Ok(attempt) => attempt,
            Err(until) => {
                let refusal = Some(SignInRefusal::Throttled { until });
                return self.further(page, &pending, halfway, refusal, &visitor);
            }
        };
        let changed = brought.connector.change_password(brought.sent(visitor.address), &new_password).await;
        if let Err(refusal) = changed {
            if matches!(refusal, Refusal::WrongCredentials | Refusal::UnknownUser | Refusal::Unknown { .. }) {
                self.throttle.failed(attempt, now).await?;
            }
            return self.further(page, &pending, halfway, Some(SignInRefusal::Legacy(refusal)), &visitor);
        }
        drop(attempt);
        tracing::info!(client.id = %pending.client(), address = %visitor.address, "a password was changed");
        brought.password = Some(new_password);
        self.try_once(brought, page, pending, visitor, now).await
    }

    /// The sign-in that `sealed` has brought halfway, or what happens instead.
    fn resumed(
        &self,
        sealed: &str,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Result<Resumed, Step>, AuthorizeError> {
        let pending = self.authorize.open(sealed, visitor, now)?;
        let page = match self.authorize.sign_in_again(&pending.halfway(None), visitor)? {
            Step::SignIn(page) => page,
            step => return Ok(Err(step)),
        };
        let halfway = pending.halfway.clone().ok_or(AuthorizeError::NothingMissing)?;
        let open = self.authorize.open_to(page.client.as_deref());
        let connector = open.into_iter().find(|connector| *connector.id() == halfway.realm);
        let connector = connector.cloned().ok_or(AuthorizeError::NoRealm)?;
        let user_name = Secret::from(halfway.user_name.as_str());
        let brought = Brought { connector, user_name, password: None, second: None };
        Ok(Ok(Resumed { pending, page, halfway, brought }))
    }
}

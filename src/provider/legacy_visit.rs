//! The way to the legacy site, for a request whose person signs in there.

use crate::oauth::prompt::Prompt;
use crate::provider::authorize::Authorize;
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::pending::{Pending, Wanted};
use crate::provider::step::{LegacyVisit, Step};
use crate::provider::visitor::Visitor;
use crate::rules::authorization::CheckedRequest;
use crate::time::Timestamp;

/// The legacy site has no page for this.
pub(super) struct NoSuchPage;

/// Whether the request wants the person to prove themselves anew, or to have done so at a time that only a new proof can tell: the legacy
/// site does not say when it last asked for a password.
pub(super) fn asks_anew(checked: &CheckedRequest) -> bool {
    checked.prompts.contains(Prompt::Login) || checked.max_age.is_some()
}

impl Authorize {
    /// The way to the legacy site for a waiting request: "sign in at …".
    ///
    /// # Errors
    /// What only a page may tell.
    pub async fn at_legacy_site(
        &self,
        sealed: &str,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Step, AuthorizeError> {
        let pending = self.open(sealed, visitor, now)?;
        let anew = match &pending.wanted {
            Wanted::Place(_) => false,
            Wanted::Authorization(request) => match self.admission().admit(request)? {
                Ok(admitted) => self.signed_in(visitor, now).await?.is_some() || asks_anew(&admitted.checked),
                Err(step) => return Ok(step),
            },
        };
        self.legacy_visit(pending, anew, visitor).unwrap_or(Err(AuthorizeError::NoLegacySite))
    }

    /// The way to the legacy site, where there is one for the purpose.
    pub(super) fn legacy_visit(
        &self,
        mut pending: Pending,
        anew: bool,
        visitor: &Visitor,
    ) -> Result<Result<Step, AuthorizeError>, NoSuchPage> {
        let state = self.chance.secret().expose().to_owned();
        let return_url = format!("{}?state={state}", self.settings.return_url);
        let location = self.site_url(anew, &return_url).ok_or(NoSuchPage)?;
        pending.state = Some(state);
        let visit = |pending| Step::LegacySite(Box::new(LegacyVisit { pending, location }));
        Ok(self.seal(&pending, visitor).map(visit))
    }

    pub(super) fn site_url(&self, anew: bool, return_url: &str) -> Option<String> {
        let site = self.site.as_deref()?;
        if anew { site.sign_in_again(return_url) } else { site.sign_in(return_url) }
    }
}

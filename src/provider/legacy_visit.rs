//! The way to the legacy site, for a request whose person signs in there.

use crate::model::client::Client;
use crate::oauth::prompt::Prompt;
use crate::provider::admission::Admitted;
use crate::provider::authorize::Authorize;
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::pending::{Pending, Wanted};
use crate::provider::step::{LegacyVisit, Step};
use crate::provider::visitor::Visitor;
use crate::rules::authorization::CheckedRequest;
use crate::rules::authorization_refusal::AuthorizationRefusal;
use crate::time::Timestamp;

/// A request waits in a cookie while its person is at the site, and browsers keep some four thousand bytes of one.
const LONGEST: usize = 3800;
/// What `state` adds to a sealed request, generously.
const STATE: usize = 100;

/// The legacy site has no page for this.
pub(super) struct NoSuchPage;

/// Whether the request wants the person to prove themselves anew or to choose who they are, or to have done so at a time that only a new
/// proof can tell: the legacy site does not say when it last asked for a password.
pub(super) fn asks_anew(checked: &CheckedRequest) -> bool {
    let prompts = &checked.prompts;
    prompts.contains(Prompt::Login) || prompts.contains(Prompt::SelectAccount) || checked.max_age.is_some()
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
        let sealed = match self.seal(&pending, visitor) {
            Ok(sealed) => sealed,
            Err(error) => return Ok(Err(error)),
        };
        if sealed.len() > LONGEST {
            return Ok(self.too_long(&pending));
        }
        let waits = self.settings.pending;
        Ok(Ok(Step::LegacySite(Box::new(LegacyVisit { pending: sealed, location, waits }))))
    }

    /// Whether the site's people may use the app. The others would be sent there again as soon as they are back.
    pub(super) fn site_is_open_to(&self, client: Option<&Client>) -> bool {
        self.open_to(client).iter().any(|connector| connector.site().is_some())
    }

    /// Whether the request can be taken along to the legacy site, with `state` to come.
    pub(super) fn can_go_there(&self, anew: bool, sealed: &str) -> bool {
        sealed.len() + STATE <= LONGEST && self.site_url(anew, "").is_some()
    }

    /// The app hears that it asked for too much.
    fn too_long(&self, pending: &Pending) -> Result<Step, AuthorizeError> {
        let Wanted::Authorization(request) = &pending.wanted else { return Err(AuthorizeError::Unsealable) };
        let refusal = AuthorizationRefusal::TooLongToWait;
        let refused =
            |admitted: Admitted| admitted.refuse(refusal.code(), &refusal.description(), &self.issuer);
        Ok(self.admission().admit(request)?.map_or_else(|step| step, refused))
    }

    pub(super) fn site_url(&self, anew: bool, return_url: &str) -> Option<String> {
        let site = self.site.as_deref()?;
        if anew { site.sign_in_again(return_url) } else { site.sign_in(return_url) }
    }
}

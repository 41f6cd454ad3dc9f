//! Signing out at the legacy site ends the session here too: its sign-out page sends the browser here. Anybody can send a browser here, so
//! only the site's own word ends a session; otherwise the person is asked, and a picture or a frame is not even that.

use std::sync::Arc;

use tracing::info;

use crate::legacy::site::{SiteDescription, Source};
use crate::model::login_session::EndReason;
use crate::oauth::end_session_request::EndSessionRequest;
use crate::provider::logout::rp_initiated::{RpInitiatedLogout, SignOutError, SignOutStep};
use crate::provider::visitor::Visitor;
use crate::time::Timestamp;

/// How the browser comes.
#[derive(Clone, Debug)]
pub struct Coming {
    /// `Origin`.
    pub origin: Option<String>,
    /// `Referer`.
    pub referer: Option<String>,
    /// Whether it shows what comes back, rather than a picture or a frame of another page.
    pub shows_pages: bool,
}

/// The flow.
#[derive(Clone)]
pub struct LegacySignOut {
    /// Ends and asks.
    pub logout: RpInitiatedLogout,
    /// Whose word counts.
    pub site: Option<Arc<SiteDescription>>,
}

impl LegacySignOut {
    /// The browser was sent here. `None`: nothing happens and nothing is shown.
    ///
    /// # Errors
    /// [`SignOutError`].
    pub async fn signed_out(
        &self,
        coming: &Coming,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Option<SignOutStep>, SignOutError> {
        let site = self.site.as_deref();
        let source = site
            .map_or(Source::Silent, |site| site.source(coming.origin.as_deref(), coming.referer.as_deref()));
        let embedded = site.is_some_and(|site| site.embedded_sign_out);
        match (source, coming.shows_pages) {
            (Source::Site, true) => {
                self.logout.end_at_once(EndReason::LegacySite, visitor, now).await.map(Some)
            }
            (Source::Site, false) if embedded => {
                self.logout.end_at_once(EndReason::LegacySite, visitor, now).await.map(Some)
            }
            (_, true) => {
                info!(address = %visitor.address, "a sign-out that is not the legacy site's: the person is asked");
                self.logout.begin(EndSessionRequest::default(), visitor, now).await.map(Some)
            }
            (_, false) => Ok(None),
        }
    }
}

//! What the administrator of the old system can set, at start or while it runs.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// The settings; `Settings::default()` is what the demo runs on.
#[derive(Clone)]
pub struct Settings {
    /// The one client application that is known to the token endpoint.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// How long an access token lives. The real one says 1199 s whatever is configured.
    pub access_lifetime: Duration,
    /// How long a refresh token waits to be spent.
    pub refresh_lifetime: Duration,
    /// Off: the password grant takes no client and returns no refresh token. On: it demands the client and returns one.
    pub refresh_on_password: bool,
    /// The one fixed URL that the single-sign-on page posts to; its origin is also the one foreign site that a sign-out may return to.
    pub sso_redirect: Option<String>,
    /// Where a sign-out ends that names no acceptable `returnurl`; without it, on a page of this site.
    pub sign_out_redirect: Option<String>,
    /// What the members' page links to: the label, and the URL. The office's own words, not a visitor's.
    pub links: Vec<(String, String)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            client_id: "passerelle".into(),
            client_secret: "legacy-client-secret".into(),
            access_lifetime: Duration::from_secs(1199),
            refresh_lifetime: Duration::from_secs(30 * 60),
            refresh_on_password: false,
            sso_redirect: None,
            sign_out_redirect: None,
            links: Vec::new(),
        }
    }
}

/// The administrator's console: every part of the system sees a change at its next call.
#[derive(Clone)]
pub struct Console(Arc<RwLock<Settings>>);

impl Console {
    pub(super) fn new(settings: Settings) -> Self {
        Self(Arc::new(RwLock::new(settings)))
    }

    /// The settings of this moment.
    pub fn read(&self) -> Settings {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes some of them while the system runs.
    pub fn change(&self, edit: impl FnOnce(&mut Settings)) {
        edit(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}

//! The two pages of signing out: `#logout-page` asks (`form#logout` with `button[value=logout]`), `#signed-out-page`
//! tells that it is done.

use askama::Template;
use askama_web::WebTemplate;

use crate::web::page::frame::{App, BackLink, Frame};

/// Asks before the session ends.
#[derive(Clone, Template, WebTemplate)]
#[template(path = "page/sign_out.html")]
pub struct SignOutPage {
    /// Language and organisation.
    pub frame: Frame,
    /// Where the form goes.
    pub action: String,
    /// The sign-out request, sealed and bound to this browser.
    pub request: String,
    /// The app that asks for it, when one does.
    pub app: Option<App>,
    /// The signed-in user, by a name they know.
    pub account: Option<String>,
}

/// Tells that the session has ended.
#[derive(Clone, Debug, Template, WebTemplate)]
#[template(path = "page/signed_out.html")]
pub struct SignedOutPage {
    /// Language and organisation.
    pub frame: Frame,
    /// The way back to the app that asked.
    pub back: Option<BackLink>,
}

/// Tells that nothing has changed, when there is no app to go back to.
#[derive(Clone, Debug, Template, WebTemplate)]
#[template(path = "page/still_signed_in.html")]
pub struct StillSignedInPage {
    /// Language and organisation.
    pub frame: Frame,
}

impl SignOutPage {
    /// With and without app and account, and with names that would be markup.
    #[must_use]
    pub fn samples(frame: &Frame) -> Vec<Self> {
        let page = |app, account: Option<&str>| Self {
            frame: frame.clone(),
            action: "/sign-out".to_owned(),
            request: "v1.sample".to_owned(),
            app,
            account: account.map(str::to_owned),
        };
        let apps = App::samples().into_iter().map(|app| page(Some(app), Some("<script>alice</script>")));
        [page(None, Some("alice")), page(None, None)].into_iter().chain(apps).collect()
    }
}

impl SignedOutPage {
    /// With and without a way back.
    #[must_use]
    pub fn samples(frame: &Frame) -> Vec<Self> {
        BackLink::samples().into_iter().map(|back| Self { frame: frame.clone(), back }).collect()
    }
}

impl StillSignedInPage {
    /// There is only one.
    #[must_use]
    pub fn samples(frame: &Frame) -> Vec<Self> {
        vec![Self { frame: frame.clone() }]
    }
}

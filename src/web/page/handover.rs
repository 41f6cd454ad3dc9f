//! The page that asks before somebody who was handed over by the legacy site is signed in: `#handover-page`, `form#handover`.

use askama::Template;
use askama_web::WebTemplate;

use crate::web::page::frame::{App, Frame};

/// Asks "Continue as …?".
#[derive(Clone, Template, WebTemplate)]
#[template(path = "page/handover.html")]
pub struct HandoverPage {
    /// Language and organisation.
    pub frame: Frame,
    /// Where the form goes.
    pub action: String,
    /// The question, sealed and bound to this browser.
    pub request: String,
    /// The app that waits, when one does.
    pub app: Option<App>,
    /// Who was handed over, by the name that they sign in with.
    pub account: String,
    /// Who is signed in with this browser, when it is somebody else.
    pub instead_of: Option<String>,
}

/// Tells that nothing has changed: `#not-signed-in-page`.
#[derive(Clone, Debug, Template, WebTemplate)]
#[template(path = "page/not_signed_in.html")]
pub struct NotSignedInPage {
    /// Language and organisation.
    pub frame: Frame,
}

impl NotSignedInPage {
    /// There is only one.
    #[must_use]
    pub fn samples(frame: &Frame) -> Vec<Self> {
        vec![Self { frame: frame.clone() }]
    }
}

impl HandoverPage {
    fn title(&self) -> String {
        self.frame.with("handover.title", &[("account", &self.account)])
    }

    fn window_title(&self) -> String {
        let organisation = &self.frame.branding.organisation;
        self.frame.with("page.title", &[("title", &self.title()), ("organisation", organisation)])
    }

    /// With and without app and somebody else, and with names that would be markup.
    #[must_use]
    pub fn samples(frame: &Frame) -> Vec<Self> {
        let page = |app, instead_of: Option<&str>| Self {
            frame: frame.clone(),
            action: "/handover/resume".to_owned(),
            request: "v1.sample".to_owned(),
            app,
            account: "<script>alice</script>".to_owned(),
            instead_of: instead_of.map(str::to_owned),
        };
        let apps = App::samples().into_iter().map(|app| page(Some(app), Some("<script>bob</script>")));
        [page(None, None), page(None, Some("bob"))].into_iter().chain(apps).collect()
    }
}

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
    /// Where the app wants the browser, when it goes there by itself after a moment.
    pub onward: Option<Onward>,
    /// The apps that have heard.
    pub told: Vec<String>,
    /// The apps that have not heard yet.
    pub unreached: Vec<String>,
    /// The apps that cannot be told.
    pub silent: Vec<String>,
    /// What stands in unseen frames, so that apps hear through the browser.
    pub frames: Vec<String>,
}

/// The way onward.
#[derive(Clone, Debug)]
pub struct Onward {
    /// Where.
    pub location: String,
    /// After how many seconds; only when the person goes, where there is something to read.
    pub after: Option<u8>,
}

/// Passes the browser on to the legacy site's sign-out page.
///
/// # Why
/// An app may have started the sign-out by a form, and browsers hold all redirects of a form to the app's own `form-action` (CSP 3
/// §6.4.1), where the legacy site does not stand. A page ends that chain.
#[derive(Clone, Debug, Template, WebTemplate)]
#[template(path = "page/passing.html")]
pub struct PassingPage {
    /// Language and organisation.
    pub frame: Frame,
    /// Where the browser goes,
    pub location: String,
    /// after so many seconds.
    pub after: u8,
    /// What it shows in hidden frames until then.
    pub frames: Vec<String>,
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
    /// With and without a way back, and with apps whose names would be markup.
    #[must_use]
    pub fn samples(frame: &Frame) -> Vec<Self> {
        let plain = |back| Self {
            frame: frame.clone(),
            back,
            onward: None,
            told: Vec::new(),
            unreached: Vec::new(),
            silent: Vec::new(),
            frames: Vec::new(),
        };
        let hurried = Self {
            onward: Some(Onward { location: "https://tickets.example/bye".to_owned(), after: Some(3) }),
            frames: vec!["https://tickets.example/out?iss=a&sid=\"b\"".to_owned()],
            ..plain(None)
        };
        let busy = Self {
            onward: Some(Onward {
                location: "https://tickets.example/bye?a=1&state=\"2\"".to_owned(),
                after: None,
            }),
            told: vec!["Tickets".to_owned(), "<script>told</script>".to_owned()],
            unreached: vec!["<script>unreached</script>".to_owned()],
            silent: vec!["Old app".to_owned()],
            frames: vec!["https://tickets.example/out?iss=a&sid=\"b\"".to_owned()],
            ..plain(None)
        };
        BackLink::samples().into_iter().map(plain).chain([busy, hurried]).collect()
    }
}

impl PassingPage {
    /// With an address that would be markup.
    #[must_use]
    pub fn samples(frame: &Frame) -> Vec<Self> {
        let location = "https://members.example/logout?returnurl=\"a\"&b=1".to_owned();
        let at_once = Self { frame: frame.clone(), location, after: 0, frames: Vec::new() };
        let frames = vec!["https://tickets.example/out?sid=\"s\"&iss=b".to_owned()];
        vec![at_once.clone(), Self { after: 3, frames, ..at_once }]
    }
}

impl StillSignedInPage {
    /// There is only one.
    #[must_use]
    pub fn samples(frame: &Frame) -> Vec<Self> {
        vec![Self { frame: frame.clone() }]
    }
}

//! The sign-in page: `#login-page`, `form#login` with `username` and `password`.

use askama::Template;
use askama_web::WebTemplate;

use crate::web::page::frame::{App, Frame};
use crate::web::page::notice::{Help, Notice};
use crate::web::page::uri::WebUri;

/// An old system that a person can choose.
#[derive(Clone, Debug)]
pub struct RealmOption {
    /// What the form sends.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// Whether it is chosen already.
    pub chosen: bool,
}

/// Asks for user name and password.
#[derive(Clone, Template, WebTemplate)]
#[template(path = "page/sign_in.html")]
pub struct SignInPage {
    /// Language and organisation.
    pub frame: Frame,
    /// Where the form goes.
    pub action: String,
    /// The pending request, sealed and bound to this browser: it is also what a forged form cannot know.
    pub request: String,
    /// The app that one signs in to, when one does.
    pub app: Option<App>,
    /// The way to the legacy site's own sign-in, where one can sign in there as well.
    pub legacy_site: Option<String>,
    /// The old systems to choose from, where there are several.
    pub realms: Vec<RealmOption>,
    /// What was typed before, or the app's `login_hint`.
    pub username: String,
    /// What has to be known first.
    pub notice: Option<Notice>,
    /// Where the legacy site helps.
    pub help: Help,
}

impl SignInPage {
    /// A problem stands in the title too, because that is what a screen reader says first.
    fn title(&self) -> String {
        let title = self.frame.title("sign_in.title");
        match self.notice {
            Some(notice) if notice.is_problem() => self.frame.with("page.problem", &[("title", &title)]),
            _ => title,
        }
    }

    /// Only wrong credentials are the fields' fault.
    const fn blames_fields(&self) -> bool {
        matches!(self.notice, Some(Notice::WrongCredentials))
    }

    /// One page for each kind of app, and one for each notice.
    #[must_use]
    pub fn samples(frame: &Frame) -> Vec<Self> {
        let help = Help {
            password_uri: WebUri::parse("https://members.example/password"),
            account_uri: WebUri::parse("https://members.example/account?a=1&b=2"),
        };
        let plain = Self {
            frame: frame.clone(),
            action: "/sign-in".to_owned(),
            request: "v1.sample\"request".to_owned(),
            app: None,
            legacy_site: None,
            realms: Vec::new(),
            username: String::new(),
            notice: None,
            help: Help::default(),
        };
        let apps = App::samples().into_iter().map(|app| Self { app: Some(app), ..plain.clone() });
        let notices = Notice::ALL.into_iter().flat_map(|notice| {
            let told = Self {
                notice: Some(notice),
                username: "<script>alice</script>\"".to_owned(),
                ..plain.clone()
            };
            let app = App::samples().into_iter().next();
            let helped = Self { help: help.clone(), username: "alice".to_owned(), app, ..told.clone() };
            [told, helped]
        });
        let elsewhere =
            Self { legacy_site: Some("/sign-in/legacy?request=v1.sample".to_owned()), ..plain.clone() };
        let realm = |id: &str, chosen| RealmOption {
            id: id.to_owned(),
            title: format!("<b>{id}</b> & Sons"),
            chosen,
        };
        let realms = vec![realm("members", false), realm("staff", true)];
        let several = Self { realms, ..plain.clone() };
        [plain.clone(), elsewhere, several].into_iter().chain(apps).chain(notices).collect()
    }
}

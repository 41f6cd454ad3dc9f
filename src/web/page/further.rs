//! The pages between a right password and the session: a second factor (`#second-factor-page`, `form#second-factor`) and a new password
//! (`#new-password-page`, `form#new-password`).

use askama::Template;
use askama_web::WebTemplate;

use crate::web::page::frame::Frame;
use crate::web::page::notice::{Help, Notice};

/// Asks for a code.
#[derive(Clone, Template, WebTemplate)]
#[template(path = "page/second_factor.html")]
pub struct SecondFactorPage {
    /// Language and organisation.
    pub frame: Frame,
    /// Where the form goes.
    pub action: String,
    /// The pending request, sealed and bound to this browser.
    pub request: String,
    /// Whose sign-in it is.
    pub username: String,
    /// Whether the password has to be typed once more.
    pub with_password: bool,
    /// The way to begin again.
    pub begin_again_url: String,
    /// What has to be known first.
    pub notice: Option<Notice>,
    /// Where the legacy site helps.
    pub help: Help,
}

/// Asks for a new password.
#[derive(Clone, Template, WebTemplate)]
#[template(path = "page/new_password.html")]
pub struct NewPasswordPage {
    /// Language and organisation.
    pub frame: Frame,
    /// Where the form goes.
    pub action: String,
    /// The pending request, sealed and bound to this browser.
    pub request: String,
    /// Whose password it is.
    pub username: String,
    /// The way to begin again.
    pub begin_again_url: String,
    /// What has to be known first.
    pub notice: Option<Notice>,
    /// Where the legacy site helps.
    pub help: Help,
}

/// A problem stands in the title too, because that is what a screen reader says first.
fn titled(frame: &Frame, key: &str, notice: Option<Notice>) -> String {
    let title = frame.title(key);
    match notice {
        Some(notice) if notice.is_problem() => frame.with("page.problem", &[("title", &title)]),
        _ => title,
    }
}

impl SecondFactorPage {
    fn title(&self) -> String {
        titled(&self.frame, "second_factor.title", self.notice)
    }

    const fn blames_code(&self) -> bool {
        matches!(self.notice, Some(Notice::SecondFactorWrong))
    }

    /// With and without password, and with a name that would be markup.
    #[must_use]
    pub fn samples(frame: &Frame) -> Vec<Self> {
        let page = |with_password, notice| Self {
            frame: frame.clone(),
            action: "/sign-in/code".to_owned(),
            request: "v1.sample".to_owned(),
            username: "<script>alice</script>".to_owned(),
            with_password,
            begin_again_url: "/sign-in?request=v1.sample&prompt=login".to_owned(),
            notice,
            help: Help::default(),
        };
        vec![
            page(false, None),
            page(true, None),
            page(false, Some(Notice::SecondFactorWrong)),
            page(true, Some(Notice::RateLimited { remaining: None })),
        ]
    }
}

impl NewPasswordPage {
    fn title(&self) -> String {
        titled(&self.frame, "new_password.title", self.notice)
    }

    const fn blames_password(&self) -> bool {
        matches!(self.notice, Some(Notice::WrongCredentials))
    }

    const fn blames_new_password(&self) -> bool {
        matches!(self.notice, Some(Notice::NewPasswordsDiffer))
    }

    /// With each notice that leads here.
    #[must_use]
    pub fn samples(frame: &Frame) -> Vec<Self> {
        let page = |notice| Self {
            frame: frame.clone(),
            action: "/sign-in/new-password".to_owned(),
            request: "v1.sample".to_owned(),
            username: "<script>alice</script>".to_owned(),
            begin_again_url: "/sign-in?request=v1.sample&prompt=login".to_owned(),
            notice,
            help: Help::default(),
        };
        vec![page(None), page(Some(Notice::NewPasswordsDiffer)), page(Some(Notice::WrongCredentials))]
    }
}

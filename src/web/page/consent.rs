//! The consent page: `#consent-page`, `form#consent` with `button[value=allow]` and `button[value=deny]`.

use askama::Template;
use askama_web::WebTemplate;

use crate::i18n::{Language, Sentence};
use crate::web::page::frame::{App, Frame};

/// Asks whether the app may have what it asks for.
#[derive(Clone, Template, WebTemplate)]
#[template(path = "page/consent.html")]
pub struct ConsentPage {
    /// Language and organisation.
    pub frame: Frame,
    /// Where the form goes.
    pub action: String,
    /// The pending request, sealed and bound to this browser.
    pub request: String,
    /// The app that asks.
    pub app: App,
    /// The signed-in user, by a name they know.
    pub account: String,
    /// Where one can sign in as somebody else.
    pub another_account_url: String,
    /// What it asks for, in the order it is shown.
    pub scopes: Vec<ScopeLine>,
    /// The host of the redirect URI: where a false app could not hide.
    pub returns_to: Option<String>,
}

/// What a scope lets the app do, as one line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeLine {
    /// `openid`
    OpenId,
    /// `profile`
    Profile,
    /// `email`
    Email,
    /// `address`
    Address,
    /// `phone`
    Phone,
    /// `offline_access`
    OfflineAccess,
    /// A scope of an API, in the words of the configuration.
    Described(String),
}

impl ScopeLine {
    /// The line for a scope. An API scope that nobody described is shown by its name: it is never left out.
    #[must_use]
    pub fn of(scope: &str, description: Option<&Sentence>, language: Language) -> Self {
        match scope {
            // OpenID Connect Core §5.4 and §11.
            "openid" => Self::OpenId,
            "profile" => Self::Profile,
            "email" => Self::Email,
            "address" => Self::Address,
            "phone" => Self::Phone,
            "offline_access" => Self::OfflineAccess,
            _ => Self::Described(description.map_or(scope, |sentence| sentence.said_in(language)).to_owned()),
        }
    }

    /// What the person reads.
    #[must_use]
    pub fn words(&self, frame: &Frame) -> String {
        let key = match self {
            Self::OpenId => "scope.openid",
            Self::Profile => "scope.profile",
            Self::Email => "scope.email",
            Self::Address => "scope.address",
            Self::Phone => "scope.phone",
            Self::OfflineAccess => "scope.offline_access",
            Self::Described(description) => return description.clone(),
        };
        frame.text(key).into_owned()
    }
}

impl ConsentPage {
    /// With every part filled, with few, and with names that would be markup.
    #[must_use]
    pub fn samples(frame: &Frame) -> Vec<Self> {
        let scopes = ["openid", "profile", "email", "address", "phone", "offline_access"];
        let words = Sentence::of("Book & cancel events for you");
        let line = |scope, words| ScopeLine::of(scope, words, frame.messages.language);
        let mut scopes: Vec<_> = scopes.into_iter().map(|scope| line(scope, None)).collect();
        scopes.push(line("events.write", Some(&words)));
        scopes.push(line("<script>scope</script>", None));
        let pages = App::samples().into_iter().map(|app| Self {
            frame: frame.clone(),
            action: "/consent".to_owned(),
            request: "v1.sample".to_owned(),
            app,
            account: "alice.liddell@members.example".to_owned(),
            another_account_url: "/sign-in?request=v1.sample&prompt=login".to_owned(),
            scopes: scopes.clone(),
            returns_to: Some("tickets.example".to_owned()),
        });
        let mut pages: Vec<_> = pages.collect();
        for page in pages.iter_mut().skip(1) {
            page.scopes.truncate(2);
            page.account = String::from("<script>alice</script>");
            page.returns_to = None;
        }
        pages
    }
}

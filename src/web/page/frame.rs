//! What every page has around it: the language, the organisation, the stylesheet; and the app a page speaks of.

use std::borrow::Cow;
use std::sync::Arc;

use crate::i18n::Messages;
use crate::web::page::branding::{self, Branding};
use crate::web::page::uri::{ImageUri, WebUri};

/// The same for every page of one answer.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The catalogue, open at the visitor's language.
    pub messages: Messages,
    /// Whose pages these are.
    pub branding: Arc<Branding>,
    /// Where the stylesheet is served.
    pub stylesheet: Arc<str>,
}

impl Frame {
    /// For the `lang` attribute.
    #[must_use]
    pub fn language_tag(&self) -> &'static str {
        self.messages.language.tag()
    }

    /// A sentence as it stands in the catalogue.
    #[must_use]
    pub fn text<'k>(&self, key: &'k str) -> Cow<'k, str> {
        self.messages.text(key)
    }

    /// A sentence with its placeholders filled.
    #[must_use]
    pub fn with(&self, key: &str, arguments: &[(&str, &str)]) -> String {
        self.messages.with(key, arguments)
    }

    /// A sentence that may name the organisation.
    #[must_use]
    pub fn about_organisation(&self, key: &str) -> String {
        self.with(key, &[("organisation", &self.branding.organisation)])
    }

    /// A sentence that may name the app and the organisation.
    #[must_use]
    pub fn about_app(&self, key: &str, app: &App) -> String {
        self.with(key, &[("app", &app.name), ("organisation", &self.branding.organisation)])
    }

    /// What the browser shows on the tab, and a screen reader says first.
    #[must_use]
    pub fn title(&self, key: &str) -> String {
        self.with("page.title", &[("title", &self.text(key)), ("organisation", &self.branding.organisation)])
    }
}

/// The app that a visitor comes from, as it describes itself in its registration.
#[derive(Clone, Debug)]
pub struct App {
    /// `client_name`
    pub name: String,
    /// `logo_uri`
    pub logo: Option<ImageUri>,
    /// `client_uri`: its home page.
    pub client_uri: Option<WebUri>,
    /// `policy_uri`: its privacy policy.
    pub policy_uri: Option<WebUri>,
    /// `tos_uri`: its terms of service.
    pub tos_uri: Option<WebUri>,
}

impl App {
    /// An app that tells nothing but its name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), logo: None, client_uri: None, policy_uri: None, tos_uri: None }
    }

    /// What stands where its logo would.
    #[must_use]
    pub fn initial(&self) -> String {
        branding::initial(&self.name)
    }

    /// Whether it has a policy or terms to show.
    #[must_use]
    pub const fn has_links(&self) -> bool {
        self.policy_uri.is_some() || self.tos_uri.is_some()
    }

    /// With every part filled, and with names that would be markup if they were not escaped.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let full = |name: &str| Self {
            name: name.to_owned(),
            logo: ImageUri::parse(SAMPLE_LOGO),
            client_uri: WebUri::parse("https://tickets.example"),
            policy_uri: WebUri::parse("https://tickets.example/privacy?a=1&b=\"2\""),
            tos_uri: WebUri::parse("https://tickets.example/terms"),
        };
        vec![
            full("Tickets"),
            Self::named("Demo Web"),
            full("<script>alert('app')</script> & \"Sons\" of a rather long name"),
        ]
    }
}

const SAMPLE_LOGO: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 40 40'%3E\
    %3Crect x='4' y='11' width='32' height='18' rx='4' fill='%230a8f6c'/%3E\
    %3Cpath d='M25 11v18' stroke='%23fff' stroke-width='2' stroke-dasharray='3 3'/%3E%3C/svg%3E";

/// The way back to an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackLink {
    /// The name of the app.
    pub name: String,
    /// A page of the app.
    pub uri: WebUri,
}

impl BackLink {
    /// One, none, and one whose name would be markup.
    #[must_use]
    pub fn samples() -> Vec<Option<Self>> {
        let to = |name: &str| {
            WebUri::parse("https://tickets.example/?a=1&b=2").map(|uri| Self { name: name.to_owned(), uri })
        };
        vec![to("Tickets"), None, to("<script>alert('back')</script>")]
    }
}

//! How a page goes out: in the visitor's language, under a policy that lets nothing load or run but what it needs, and never cached.

use std::sync::Arc;

use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use tracing::error;

use crate::i18n::{Language, Messages};
use crate::model::client::Client;
use crate::oauth::params::Params;
use crate::oauth::response::AuthorizationResponse;
use crate::oauth::response_mode::ResponseMode;
use crate::secret::Chance;
use crate::web::page::branding::Branding;
use crate::web::page::csp::csp;
use crate::web::page::form_post::FormPostPage;
use crate::web::page::frame::{App, BackLink, Frame};
use crate::web::page::notice::Help;
use crate::web::page::uri::{ImageUri, WebUri};
use crate::web::routes::Routes;

/// What all pages share. Clones share it.
#[derive(Clone)]
pub struct Pages(Arc<Shared>);

/// What pages are made with.
pub struct Shared {
    /// Whose pages these are.
    pub branding: Arc<Branding>,
    /// Where the stylesheet is served.
    pub stylesheet: Arc<str>,
    /// Where forms and links lead.
    pub routes: Routes,
    /// Where the old system's own site helps.
    pub help: Help,
    /// Whether error pages show what was sent and what is registered.
    pub details: Details,
    /// For reference ids.
    pub chance: Chance,
}

/// Whether error pages show what was sent and what is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Details {
    /// In development mode.
    Shown,
    /// Everywhere else.
    Hidden,
}

/// What a page may do beyond standing there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allowed<'a> {
    /// Addresses that its form may end at.
    pub forms: &'a [&'a str],
    /// Addresses of its pictures.
    pub images: &'a [&'a str],
    /// Addresses of its frames.
    pub frames: &'a [&'a str],
    /// The hash of its script.
    pub script: Option<&'a str>,
}

impl Pages {
    /// Pages of these parts.
    pub fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// Where links and forms lead.
    pub fn routes(&self) -> &Routes {
        &self.0.routes
    }

    /// Where the old system's own site helps.
    pub fn help(&self) -> &Help {
        &self.0.help
    }

    /// Whether error pages show details.
    pub fn details(&self) -> Details {
        self.0.details
    }

    /// For reference ids.
    pub fn chance(&self) -> &Chance {
        &self.0.chance
    }

    /// The frame in the language that the app, or else the browser, asks for.
    pub fn frame(&self, ui_locales: &[String], accept_language: Option<&str>) -> Frame {
        Frame {
            messages: Messages { language: Language::choose(ui_locales, accept_language) },
            branding: self.0.branding.clone(),
            stylesheet: self.0.stylesheet.clone(),
        }
    }

    /// The page as an answer.
    pub fn show<T: Template>(&self, status: StatusCode, page: &T, allowed: Allowed<'_>) -> Response {
        let html = match page.render() {
            Ok(html) => html,
            Err(cause) => {
                error!("a page could not be written: {cause}");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        let branding = &self.0.branding;
        let logos: Vec<String> =
            branding.logo.iter().chain(&branding.logo_dark).map(ToString::to_string).collect();
        let images: Vec<&str> =
            allowed.images.iter().copied().chain(logos.iter().map(String::as_str)).collect();
        let policy = csp(allowed.forms, &images, allowed.frames, allowed.script);
        let mut response = (status, Html(html)).into_response();
        let headers = response.headers_mut();
        // The policy holds origins and constants only, so it is always a header value.
        if let Ok(policy) = HeaderValue::try_from(policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // For browsers older than frame-ancestors (RFC 9700 §4.16: clickjacking).
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        headers.insert(
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin-allow-popups"),
        );
        response
    }

    /// The way of an authorization response to its app.
    pub fn answer(
        &self,
        response: &AuthorizationResponse,
        ui_locales: &[String],
        accept_language: Option<&str>,
    ) -> Response {
        match response.mode() {
            ResponseMode::Query => see_other(&response.to_location()),
            ResponseMode::FormPost => {
                let parameters = response.parameters().iter();
                let page = FormPostPage {
                    frame: self.frame(ui_locales, accept_language),
                    action: response.redirect().to_owned(),
                    parameters: parameters.map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
                };
                let script = FormPostPage::script_hash();
                let allowed =
                    Allowed { forms: &[response.redirect()], script: Some(&script), ..Allowed::default() };
                self.show(StatusCode::OK, &page, allowed)
            }
        }
    }
}

/// 303 (RFC 9700 §4.12): a browser that follows it never sends a password form on. What cannot stand in a header is a bug of ours:
/// registered URIs are ASCII.
pub fn see_other(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => {
            let mut response = StatusCode::SEE_OTHER.into_response();
            response.headers_mut().insert(header::LOCATION, location);
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(_) => {
            error!("a redirect cannot stand in a header");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The way back to an app, where its registration names its home page.
pub fn home(client: &Client) -> Option<BackLink> {
    let App { name, client_uri, .. } = app(client);
    Some(BackLink { name, uri: client_uri? })
}

/// `ui_locales` of a request that may be wrong in every other way.
pub fn locales(params: Option<&Params>) -> Vec<String> {
    let words = params.and_then(|params| params.one("ui_locales")).unwrap_or_default().split(' ');
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// An app as its registration describes it.
pub fn app(client: &Client) -> App {
    let appearance = &client.appearance;
    let web = |uri: &Option<String>| uri.as_deref().and_then(WebUri::parse);
    App {
        name: if appearance.name.is_empty() { client.id.to_string() } else { appearance.name.clone() },
        logo: appearance.logo_uri.as_deref().and_then(ImageUri::parse),
        client_uri: web(&appearance.client_uri),
        policy_uri: web(&appearance.policy_uri),
        tos_uri: web(&appearance.tos_uri),
    }
}

//! The legacy system's own web site, as far as people sign in and out there: where the browser is sent, how it comes back, and whose word
//! counts. Fetches nothing.

use std::fmt;

use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::facts::Facts;
use super::template::Template;

/// The site.
#[derive(Clone, Debug)]
pub struct SiteDescription {
    /// The legacy system's address.
    pub base_url: String,
    /// Where the browser is sent to sign in; `{/return_url}` is where it has to come back to, for sites that can be told.
    pub sign_in_url: Option<Template>,
    /// The same for somebody who has to sign in anew although the site knows them.
    pub sign_in_again_url: Option<Template>,
    /// Where the browser is sent to sign out there too, when it is.
    pub sign_out_url: Option<Template>,
    /// How a refresh token is handed over.
    pub handover: Handover,
    /// The name of the field, parameter or cookie that holds it.
    pub field: String,
    /// The site's origins: hand-overs and sign-outs of others do not count.
    pub origins: Vec<String>,
    /// What a hand-over means that nobody asked for.
    pub unsolicited: Unsolicited,
    /// The target of a hand-over that nobody asked for.
    pub landing: Option<String>,
    /// Whether the site's sign-out page may tell by a picture or a frame.
    pub embedded_sign_out: bool,
}

/// How a refresh token is handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handover {
    /// By a form that the site's page posts.
    #[default]
    Form,
    /// As a query parameter.
    Query,
    /// As a cookie of a domain that both share.
    Cookie,
}

/// What a hand-over means that nobody asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unsolicited {
    /// Nothing.
    Deny,
    /// The person is asked.
    #[default]
    Confirm,
    /// A sign-in, when it comes from the site beyond doubt.
    Allow,
}

/// What a request says of where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// From the site.
    Site,
    /// It does not say.
    Silent,
    /// From somewhere else.
    Elsewhere,
}

impl SiteDescription {
    /// Where the browser is sent to sign in.
    pub fn sign_in(&self, return_url: &str) -> Option<String> {
        self.fill(self.sign_in_url.as_ref()?, return_url)
    }

    /// Where the browser is sent to sign in anew.
    pub fn sign_in_again(&self, return_url: &str) -> Option<String> {
        self.fill(self.sign_in_again_url.as_ref()?, return_url)
    }

    /// Where the browser is sent to sign out.
    pub fn sign_out(&self, return_url: &str) -> Option<String> {
        self.fill(self.sign_out_url.as_ref()?, return_url)
    }

    /// Where a request comes from, by `Origin` (RFC 6454 §7.3), or else by `Referer`. A page cannot forge either; it can keep both from
    /// being sent, or make the first one `null`.
    pub fn source(&self, origin: Option<&str>, referer: Option<&str>) -> Source {
        let known = |origin: &str| self.origins.iter().any(|known| known == origin);
        let of_referer =
            referer.map(|referer| Url::parse(referer).map(|url| url.origin().ascii_serialization()));
        match (origin, of_referer) {
            (Some(origin), _) if known(origin) => Source::Site,
            (Some(_), _) => Source::Elsewhere,
            (None, Some(Ok(origin))) if known(&origin) => Source::Site,
            (None, Some(_)) => Source::Elsewhere,
            (None, None) => Source::Silent,
        }
    }

    fn fill(&self, template: &Template, return_url: &str) -> Option<String> {
        template.fill_url(&self.base_url, &Facts::of(&json!({ "return_url": return_url }))).ok()
    }
}

impl fmt::Display for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "form",
            Self::Query => "query",
            Self::Cookie => "cookie",
        })
    }
}

//! `[branding]` as the pages want it: texts become colours and addresses, or problems.

use std::str::FromStr as _;

use crate::config::branding as written;
use crate::config::findings::Findings;
use crate::config::reading;
use crate::web::page::branding::Branding;
use crate::web::page::colour::Colour;
use crate::web::page::uri::{ImageUri, WebUri};

/// The branding of every page.
pub fn branding(written: &written::Branding, findings: &mut Findings) -> Branding {
    let at = |key: &str| reading::key("branding", key);
    Branding {
        organisation: written.organisation.clone(),
        logo: image(written.logo.as_deref(), &at("logo"), findings),
        logo_dark: image(written.logo_dark.as_deref(), &at("logo_dark"), findings),
        accent: colour(written.accent.as_deref(), &at("accent"), findings)
            .unwrap_or(Branding::DEFAULT_ACCENT),
        background: colour(written.background.as_deref(), &at("background"), findings),
        background_dark: colour(written.background_dark.as_deref(), &at("background_dark"), findings),
        support_uri: link(written.support_uri.as_deref(), &at("support_uri"), findings),
        privacy_uri: link(written.privacy_uri.as_deref(), &at("privacy_uri"), findings),
    }
}

/// A link that stands at the key path `at`.
pub(super) fn link(text: Option<&str>, at: &str, findings: &mut Findings) -> Option<WebUri> {
    let uri = WebUri::parse(text?);
    if uri.is_none() {
        findings.problem(at, "not an absolute http or https URL; only those become links");
    }
    uri
}

/// A picture that stands at the key path `at`.
pub(super) fn image(text: Option<&str>, at: &str, findings: &mut Findings) -> Option<ImageUri> {
    let uri = ImageUri::parse(text?);
    if uri.is_none() {
        findings.problem(
            at,
            "not a picture's address: an https URL, a `data:image/…` URL, or a path such as \"/logo.svg\"",
        );
    }
    uri
}

fn colour(text: Option<&str>, at: &str, findings: &mut Findings) -> Option<Colour> {
    Colour::from_str(text?)
        .map_err(|error| findings.problem(at, format!("{error}, such as \"{}\"", Branding::DEFAULT_ACCENT)))
        .ok()
}

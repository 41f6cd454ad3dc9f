//! `[branding]`: whose pages these are. Colours and addresses are texts here; the pages know which they can show.

use serde::Deserialize;

use super::findings::Findings;

/// Until an organisation gives its own.
const ORGANISATION: &str = "Passerelle";

/// The checked section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branding {
    /// The organisation's name.
    pub organisation: String,
    /// Its logo.
    pub logo: Option<String>,
    /// Its logo on dark pages.
    pub logo_dark: Option<String>,
    /// The colour of buttons and links, `#rrggbb`.
    pub accent: Option<String>,
    /// The colour behind the card.
    pub background: Option<String>,
    /// The same on dark pages.
    pub background_dark: Option<String>,
    /// Where a person finds help.
    pub support_uri: Option<String>,
    /// The organisation's privacy policy.
    pub privacy_uri: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    organisation: Option<String>,
    logo: Option<String>,
    logo_dark: Option<String>,
    accent: Option<String>,
    background: Option<String>,
    background_dark: Option<String>,
    support_uri: Option<String>,
    privacy_uri: Option<String>,
}

impl Raw {
    pub(super) fn check(self, findings: &mut Findings) -> Branding {
        let organisation = self.organisation.unwrap_or_else(|| ORGANISATION.to_owned());
        if organisation.trim().is_empty() {
            findings.problem("branding.organisation", "empty; it stands in every title");
        }
        Branding {
            organisation,
            logo: self.logo,
            logo_dark: self.logo_dark,
            accent: self.accent,
            background: self.background,
            background_dark: self.background_dark,
            support_uri: self.support_uri,
            privacy_uri: self.privacy_uri,
        }
    }
}

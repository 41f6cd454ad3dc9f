//! Whose pages these are: name, logo, colours and links of the organisation. Plain data; `app` fills it from the
//! configuration.

use crate::web::page::colour::Colour;
use crate::web::page::uri::{ImageUri, WebUri};

/// The organisation as its visitors know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branding {
    /// Its name, in titles and sentences.
    pub organisation: String,
    /// Above every page; without it the name and its initial.
    pub logo: Option<ImageUri>,
    /// Shown instead of `logo` to visitors who prefer dark pages.
    pub logo_dark: Option<ImageUri>,
    /// Buttons and links. Shades that can be read are derived from it.
    pub accent: Colour,
    /// Behind the card; without it a hint of the accent.
    pub background: Option<Colour>,
    /// The same for visitors who prefer dark pages.
    pub background_dark: Option<Colour>,
    /// Where a person can be asked for help.
    pub support_uri: Option<WebUri>,
    /// The organisation's own privacy policy.
    pub privacy_uri: Option<WebUri>,
}

impl Branding {
    /// A calm blue, for those who choose no colour.
    pub const DEFAULT_ACCENT: Colour = Colour::rgb(0x2b, 0x59, 0xc3);

    /// A name and nothing else: the pages look finished with this alone.
    #[must_use]
    pub fn named(organisation: impl Into<String>) -> Self {
        Self {
            organisation: organisation.into(),
            logo: None,
            logo_dark: None,
            accent: Self::DEFAULT_ACCENT,
            background: None,
            background_dark: None,
            support_uri: None,
            privacy_uri: None,
        }
    }

    /// What stands where a logo would.
    #[must_use]
    pub fn initial(&self) -> String {
        initial(&self.organisation)
    }

    /// Whether there is anything to put at the foot of a page.
    #[must_use]
    pub const fn has_links(&self) -> bool {
        self.support_uri.is_some() || self.privacy_uri.is_some()
    }
}

/// The first letter or digit of a name, as a capital.
#[must_use]
pub fn initial(name: &str) -> String {
    name.chars().find(|c| c.is_alphanumeric()).map(|c| c.to_uppercase().to_string()).unwrap_or_default()
}

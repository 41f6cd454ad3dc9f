//! The one stylesheet, made once at start from the organisation's colours. Its name holds a hash of its bytes, so a
//! browser may keep it for ever; serving it is the routes' affair.

use askama::Template;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::web::page::branding::Branding;
use crate::web::page::palette::Palette;

#[derive(Template)]
#[template(path = "style.css", escape = "none")]
struct StyleTemplate {
    light: Palette,
    dark: Palette,
}

/// Where it is served, and what is served there.
#[derive(Clone, Debug)]
pub struct Stylesheet {
    /// Below the root of this server, such as `/assets/style-Zm9v.css`.
    pub path: String,
    /// The rules, with every colour written out.
    pub text: String,
}

/// The template could not be written out; it has no part that could fail.
#[derive(Debug, thiserror::Error)]
#[error("the stylesheet cannot be written out: {0}")]
pub struct StylesheetError(#[from] askama::Error);

impl Stylesheet {
    /// Its media type.
    pub const CONTENT_TYPE: &str = "text/css; charset=utf-8";
    /// RFC 8246: never even asked for again.
    pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

    /// # Errors
    /// [`StylesheetError`].
    pub fn of(branding: &Branding) -> Result<Self, StylesheetError> {
        let template = StyleTemplate { light: Palette::light(branding), dark: Palette::dark(branding) };
        let text = template.render()?;
        let hash = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&text));
        let path = format!("/assets/style-{}.css", hash.get(..16).unwrap_or_default());
        Ok(Self { path, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_colours_have_another_name() {
        let mut branding = Branding::named("Heron");
        let first = Stylesheet::of(&branding).unwrap();
        assert_eq!(first.path, Stylesheet::of(&branding).unwrap().path);
        branding.accent = "#0a7".parse().unwrap();
        let second = Stylesheet::of(&branding).unwrap();
        assert_ne!(first.path, second.path);
        assert!(second.text.contains("#00aa77"));
    }

    #[test]
    fn it_loads_nothing_and_every_brace_closes() {
        let text = Stylesheet::of(&Branding::named("Heron")).unwrap().text;
        for word in ["url(", "@import", "@font-face", "expression(", "var(", "{{", "{%"] {
            assert!(!text.contains(word), "{word}");
        }
        assert_eq!(text.matches('{').count(), text.matches('}').count());
    }

    #[test]
    fn text_is_as_large_as_its_reader_wants_it() {
        let text = Stylesheet::of(&Branding::named("Heron")).unwrap().text;
        let sizes = text.split([';', '{', '}']).filter_map(|rule| rule.trim().split_once(':'));
        let of_text: Vec<_> = sizes.filter(|(name, _)| ["font-size", "line-height"].contains(name)).collect();
        assert!(of_text.len() > 20);
        for (name, size) in of_text {
            assert!(!size.contains("px"), "{name}:{size} ignores the size that a browser is set to");
        }
    }
}

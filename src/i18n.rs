//! Which language a visitor reads, and the sentence for a key in it. The sentences are in `templates/i18n/`; escaping is
//! askama's, and no code here knows what a page looks like.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

// The macro in `lib.rs` reads these files when the crate is compiled, but does not tell cargo that it did.
const _: [&str; 3] = [
    include_str!("../templates/i18n/en.toml"),
    include_str!("../templates/i18n/fr.toml"),
    include_str!("../templates/i18n/de.toml"),
];

/// A language that every page speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English, and what is spoken when nothing else is asked for.
    #[default]
    En,
    /// French.
    Fr,
    /// German.
    De,
}

impl Language {
    /// In the order in which they are announced.
    pub const ALL: [Self; 3] = [Self::En, Self::Fr, Self::De];

    /// The BCP 47 tag, as it stands in an HTML `lang` attribute and in `ui_locales_supported`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
            Self::De => "de",
        }
    }

    /// The app's wish first, in its order of preference (OpenID Connect Core §3.1.2.1, `ui_locales`), then the
    /// browser's (RFC 9110 §12.5.4), then English. An unknown language is never an error: the specification forbids
    /// that for `ui_locales`.
    #[must_use]
    pub fn choose<T: AsRef<str>>(ui_locales: &[T], accept_language: Option<&str>) -> Self {
        ui_locales
            .iter()
            .find_map(|tag| Self::of_tag(tag.as_ref()))
            .or_else(|| accept_language.and_then(Self::of_accept_language))
            .unwrap_or_default()
    }

    /// RFC 4647 §3.4: a tag is shortened from its end until something is found, so `fr-CA-x-old` is French.
    fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next()?.trim();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    fn of_accept_language(header: &str) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        for range in header.split(',') {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let (Some(language), Some(weight)) = (Self::of_tag(tag), weight_of(weight)) else { continue };
            // Of equal weights the first wins: browsers write the preferred one first.
            if best.is_none_or(|(heaviest, _)| weight > heaviest) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

/// RFC 9110 §12.4.2: between 0 and 1, and 0 means "not acceptable".
fn weight_of(parameter: &str) -> Option<f32> {
    let (name, value) = parameter.split_once('=')?;
    let weight = value.trim().parse::<f32>().ok()?;
    (name.trim().eq_ignore_ascii_case("q") && weight > 0.0 && weight <= 1.0).then_some(weight)
}

/// A sentence of the organisation's own, in as many of the languages as it wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence(BTreeMap<Language, String>);

impl Sentence {
    /// One text for everybody.
    #[must_use]
    pub fn of(text: impl Into<String>) -> Self {
        Self(BTreeMap::from([(Language::default(), text.into())]))
    }

    /// The text for a reader of this language; in the default one, or in whichever there is, where it was not written.
    #[must_use]
    pub fn said_in(&self, language: Language) -> &str {
        let written = self.0.get(&language).or_else(|| self.0.values().next());
        written.map_or("", String::as_str)
    }

    /// Whether a text is missing.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.0.is_empty() || self.0.values().any(|text| text.trim().is_empty())
    }
}

impl FromIterator<(Language, String)> for Sentence {
    fn from_iter<I: IntoIterator<Item = (Language, String)>>(texts: I) -> Self {
        Self(texts.into_iter().collect())
    }
}

/// The catalogue, opened at one language. Always an explicit one: there is no current language of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// The language of every sentence taken from here.
    pub language: Language,
}

impl Messages {
    /// The sentence for a key.
    #[must_use]
    pub fn text(self, key: &str) -> Cow<'_, str> {
        rust_i18n::t!(key, locale = self.language.tag())
    }

    /// The sentence for a key, with each `%{name}` in it filled. A value is put in as it is, once: what looks like a
    /// placeholder inside a value stays text.
    #[must_use]
    pub fn with(self, key: &str, arguments: &[(&str, &str)]) -> String {
        let (names, values): (Vec<&str>, Vec<String>) =
            arguments.iter().map(|(name, value)| (*name, (*value).to_owned())).unzip();
        rust_i18n::replace_patterns(&self.text(key), &names, &values)
    }

    /// How long something still lasts, rounded up so that nobody comes back too early. Said as a duration and not as a
    /// time of day, because the server does not know the visitor's time zone.
    #[must_use]
    pub fn wait(self, duration: Duration) -> String {
        let minutes = duration.as_secs().div_ceil(60).max(1);
        let (key, count) = match minutes {
            1 => ("wait.minute", 1),
            2..=90 => ("wait.minutes", minutes),
            91..=2880 => ("wait.hours", minutes.div_ceil(60)),
            _ => ("wait.days", minutes.div_ceil(24 * 60)),
        };
        self.with(key, &[("count", &count.to_string())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [&str; 0] = [];

    #[test]
    fn the_apps_wish_comes_before_the_browsers() {
        assert_eq!(Language::choose(&["pt", "fr-CA", "de"], Some("de")), Language::Fr);
        assert_eq!(Language::choose(&["pt"], Some("de-AT,de;q=0.9")), Language::De);
    }

    #[test]
    fn the_browsers_weights_are_obeyed() {
        for (header, language) in [
            ("de;q=0.4, fr;q=0.8, en;q=0.6", Language::Fr),
            ("FR-fr", Language::Fr),
            ("nl, de ; q=0.5", Language::De),
            ("de;q=0, fr;q=0.001", Language::Fr),
            ("fr, de", Language::Fr),
            ("de;q=high, fr;q=NaN", Language::En),
            ("de;q=7", Language::En),
            ("french", Language::En),
            ("*", Language::En),
            ("", Language::En),
            (";;,,=;q", Language::En),
        ] {
            assert_eq!(Language::choose(&NONE, Some(header)), language, "{header}");
        }
        assert_eq!(Language::choose(&NONE, None), Language::En);
    }

    #[test]
    fn a_value_is_never_read_as_a_message() {
        let english = Messages { language: Language::En };
        let text =
            english.with("page.title", &[("title", "%{organisation} & <b>"), ("organisation", "Heron")]);
        assert_eq!(text, "%{organisation} & <b> · Heron");
    }

    #[test]
    fn a_sentence_is_said_in_the_nearest_language() {
        let written = |texts: &[(Language, &str)]| -> Sentence {
            texts.iter().map(|(language, text)| (*language, (*text).to_owned())).collect()
        };
        let two = written(&[(Language::De, "Ja"), (Language::Fr, "Oui")]);
        let all = Language::ALL.map(|language| two.said_in(language));
        assert_eq!(all, ["Oui", "Oui", "Ja"], "en, fr, de");
        assert_eq!(Sentence::of("Yes").said_in(Language::De), "Yes");
        assert!(!two.is_blank() && written(&[]).is_blank() && written(&[(Language::En, " ")]).is_blank());
    }

    #[test]
    fn a_wait_is_rounded_up() {
        let german = Messages { language: Language::De };
        for (seconds, text) in [
            (0, "1 Minute"),
            (60, "1 Minute"),
            (61, "2 Minuten"),
            (3600, "60 Minuten"),
            (5401, "2 Stunden"),
            (172_800, "48 Stunden"),
            (172_801, "3 Tagen"),
        ] {
            assert_eq!(german.wait(Duration::from_secs(seconds)), text);
        }
    }
}

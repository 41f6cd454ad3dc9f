//! A sentence that people read on a page: one text for everybody, or one for each language.

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::i18n::{Language, Sentence};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    en: Option<String>,
    fr: Option<String>,
    de: Option<String>,
}

impl<'de> Deserialize<'de> for Sentence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SentenceReader)
    }
}

struct SentenceReader;

impl<'de> Visitor<'de> for SentenceReader {
    type Value = Sentence;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a sentence: \"See your events\", or { en = \"…\", fr = \"…\", de = \"…\" }")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Sentence, E> {
        Ok(Sentence::of(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Sentence, A::Error> {
        let Texts { en, fr, de } = Texts::deserialize(MapAccessDeserializer::new(map))?;
        let texts = [(Language::En, en), (Language::Fr, fr), (Language::De, de)];
        Ok(texts.into_iter().filter_map(|(language, text)| Some((language, text?))).collect())
    }
}

//! Where a secret of the configuration comes from: written there, in the environment, or in a file. A client's secret may
//! also be given as its digest, so that the bridge never holds it.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use super::environment::Surroundings;
use super::reading::Problem;
use crate::secret::{Digest, Secret};

/// Where a secret is found. In TOML: `"literal"`, `{ env = "NAME" }` or `{ file = "path" }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// It stands in the configuration itself.
    Literal(Secret),
    /// The environment variable of this name.
    Env(String),
    /// The contents of this file, without one line break at its end; a relative path begins at the configuration file.
    File(PathBuf),
}

impl SecretSource {
    /// The secret. `at` is the key path under which the source stands.
    ///
    /// # Errors
    /// When the variable or the file is missing, unreadable or empty.
    pub fn resolve(&self, at: &str, around: &Surroundings<'_>) -> Result<Secret, Problem> {
        let secret = match self {
            Self::Literal(secret) => secret.clone(),
            Self::Env(name) => around.environment.secret(name).ok_or_else(|| {
                Problem::new(at, format!("the environment variable `{name}` is not set (or is not UTF-8)"))
            })?,
            Self::File(path) => from_file(&around.base.join(path), at)?,
        };
        if secret.expose().is_empty() { Err(Problem::new(at, "the secret is empty")) } else { Ok(secret) }
    }

    /// Whether whoever reads the configuration file reads the secret.
    pub fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }
}

fn from_file(path: &Path, at: &str) -> Result<Secret, Problem> {
    let unreadable = |why: &dyn fmt::Display| {
        Problem::new(at, format!("cannot read the secret from the file {}: {why}", path.display()))
    };
    let text = Secret::from(std::fs::read_to_string(path).map_err(|error| unreadable(&error))?);
    // One line break, because editors and `echo` end a file with it; more than one belongs to the secret.
    let trimmed = text.expose().strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    Ok(trimmed.map_or_else(|| text.clone(), Secret::from))
}

/// Where a client's secret is found: as [`SecretSource`], or `{ sha256 = "…" }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientSecretSource {
    /// The secret itself.
    Secret(SecretSource),
    /// SHA-256 of a generated secret, which the bridge never sees. Not for a secret that a person chose: its digest can be guessed.
    Sha256(Digest),
}

#[derive(Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Place {
    env: Option<String>,
    file: Option<PathBuf>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ClientPlace {
    env: Option<String>,
    file: Option<PathBuf>,
    sha256: Option<Sha256Text>,
}

/// A digest as hex (what `sha256sum` prints) or as base64url.
struct Sha256Text(Digest);

impl<'de> Deserialize<'de> for Sha256Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use base64::Engine as _;
        let text = String::deserialize(deserializer)?;
        let from_hex = hex::decode(&text).ok();
        let base64url = from_hex.map(|bytes| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes));
        Digest::from_text(base64url.as_deref().unwrap_or(&text)).map(Self).ok_or_else(|| {
            de::Error::custom(
                "no SHA-256 digest; expected 64 hexadecimal digits (`printf %s \"$SECRET\" | sha256sum`) or 43 characters of base64url",
            )
        })
    }
}

fn one_place(env: Option<String>, file: Option<PathBuf>) -> Option<SecretSource> {
    match (env, file) {
        (Some(name), None) => Some(SecretSource::Env(name)),
        (None, Some(path)) => Some(SecretSource::File(path)),
        _ => None,
    }
}

struct SourceReader;

impl<'de> Visitor<'de> for SourceReader {
    type Value = SecretSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret: { env = \"NAME\" }, { file = \"path\" }, or the text itself in quotes")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<SecretSource, E> {
        Ok(SecretSource::Literal(Secret::from(text)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SecretSource, A::Error> {
        let place = Place::deserialize(MapAccessDeserializer::new(map))?;
        one_place(place.env, place.file).ok_or_else(|| {
            de::Error::custom("expected exactly one of { env = \"NAME\" } and { file = \"path\" }")
        })
    }
}

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SourceReader)
    }
}

struct ClientSourceReader;

impl<'de> Visitor<'de> for ClientSourceReader {
    type Value = ClientSecretSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a client secret: { env = \"NAME\" }, { file = \"path\" }, { sha256 = \"digest\" }, or the text itself in quotes",
        )
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ClientSecretSource, E> {
        SourceReader.visit_str(text).map(ClientSecretSource::Secret)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ClientSecretSource, A::Error> {
        let place = ClientPlace::deserialize(MapAccessDeserializer::new(map))?;
        let source = match (place.sha256, place.env, place.file) {
            (Some(Sha256Text(digest)), None, None) => Some(ClientSecretSource::Sha256(digest)),
            (None, env, file) => one_place(env, file).map(ClientSecretSource::Secret),
            _ => None,
        };
        source.ok_or_else(|| {
            de::Error::custom(
                "expected exactly one of { env = \"NAME\" }, { file = \"path\" } and { sha256 = \"digest\" }",
            )
        })
    }
}

impl<'de> Deserialize<'de> for ClientSecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ClientSourceReader)
    }
}

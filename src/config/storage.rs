//! `[storage]`: where records are kept.

use std::path::Path;

use serde::Deserialize;
use url::Url;

use super::environment::Surroundings;
use super::findings::Findings;
use super::secret_source::SecretSource;
use crate::secret::Secret;

/// A file beside the configuration.
const URL: &str = "sqlite:passerelle.db";
/// Connections that read at the same time.
const CONNECTIONS: u32 = 16;
/// PostgreSQL itself takes a hundred by default.
const MOST_CONNECTIONS: u32 = 1000;

/// The checked section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storage {
    /// `sqlite:<path>` or `postgres://…`; a secret, because it may hold a password.
    pub url: Secret,
    /// The most connections that one node opens.
    pub connections: u32,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    url: Option<SecretSource>,
    connections: Option<u32>,
}

impl Raw {
    pub(super) fn check(self, around: &Surroundings<'_>, findings: &mut Findings) -> Storage {
        let source = self.url.unwrap_or_else(|| SecretSource::Literal(Secret::from(URL)));
        let connections = self.connections.unwrap_or(CONNECTIONS);
        if !(1..=MOST_CONNECTIONS).contains(&connections) {
            findings.problem("storage.connections", format!("expected 1 to {MOST_CONNECTIONS}"));
        }
        Storage { url: url(&source, around, findings).unwrap_or_else(|| Secret::from(URL)), connections }
    }
}

fn url(source: &SecretSource, around: &Surroundings<'_>, findings: &mut Findings) -> Option<Secret> {
    let at = "storage.url";
    let url = findings.take(source.resolve(at, around))?;
    if let Some(place) = url.expose().strip_prefix("sqlite:") {
        return Some(Secret::from(sqlite(place, around.base)));
    }
    let parsed =
        Url::parse(url.expose()).ok().filter(|url| matches!(url.scheme(), "postgres" | "postgresql"));
    let Some(parsed) = parsed else {
        findings.problem(
            at,
            "not a database URL; write \"sqlite:passerelle.db\" or \"postgres://user@host/database\" (with a password, better { env = \"NAME\" })",
        );
        return None;
    };
    if parsed.password().is_some() && source.is_literal() {
        findings.warning(
            at,
            "the password stands in the configuration; { env = \"NAME\" } or { file = \"path\" } keeps it out",
        );
    }
    Some(url)
}

/// A relative path begins at the configuration file, like every path in it.
fn sqlite(place: &str, base: &Path) -> String {
    let path = place.strip_prefix("//").unwrap_or(place);
    let base = base.to_str().filter(|base| !base.is_empty());
    match base {
        Some(base) if !path.starts_with('/') && !place.contains(":memory:") => {
            // The driver decodes percent signs and ends the path at a question mark.
            let base = base.trim_end_matches('/').replace('%', "%25").replace('?', "%3F");
            format!("sqlite:{base}/{path}")
        }
        _ => format!("sqlite:{place}"),
    }
}

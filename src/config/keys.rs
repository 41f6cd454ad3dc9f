//! `[keys]`: the master key that seals, and how often signing keys change.

use std::path::PathBuf;

use serde::Deserialize;

use super::duration::Span;
use super::environment::Surroundings;
use super::findings::Findings;
use super::secret_source::SecretSource;
use crate::secret::Secret;

/// Beside the configuration; made at the first start.
const MASTER_KEY_FILE: &str = "master.key";
/// A quarter.
const ROTATE_EVERY: Span = Span::days(90);
/// Longer than anybody should cache a JWKS.
const PUBLISH_BEFORE: Span = Span::days(1);
/// The key set is served with a life of ten minutes, and another node may serve the old one for some seconds more.
const CACHED: Span = Span::minutes(15);

/// The checked section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// What seals the signing keys and everything else that is secret at rest.
    pub master: MasterKey,
    /// How long a signing key signs.
    pub rotate_every: Span,
    /// How long a signing key is published before it signs.
    pub publish_before: Span,
}

/// Where the master key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MasterKey {
    /// Given by the environment or a secret's file: its text.
    Given(Secret),
    /// In a file of our own, made at the first start.
    File(PathBuf),
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    master_key: Option<SecretSource>,
    master_key_file: Option<PathBuf>,
    rotate_every: Option<Span>,
    publish_before: Option<Span>,
}

impl Raw {
    pub(super) fn check(self, around: &Surroundings<'_>, findings: &mut Findings) -> Keys {
        let rotate_every = findings.some_time(self.rotate_every, ROTATE_EVERY, "keys.rotate_every");
        let publish_before = self.publish_before.unwrap_or(PUBLISH_BEFORE);
        if *publish_before < *CACHED {
            findings.problem(
                "keys.publish_before",
                format!("\"{publish_before}\" is too short: apps keep the key set for ten minutes; at least \"{CACHED}\""),
            );
        }
        findings.in_order(("keys.publish_before", publish_before), ("keys.rotate_every", rotate_every));
        if self.master_key.is_some() && self.master_key_file.is_some() {
            findings.problem("keys.master_key_file", "there is a master_key already; keep one of the two");
        }
        let file = around.base.join(self.master_key_file.unwrap_or_else(|| MASTER_KEY_FILE.into()));
        let given = self.master_key.and_then(|source| {
            if source.is_literal() {
                findings.warning(
                    "keys.master_key",
                    "whoever reads the configuration opens every seal; { env = \"NAME\" } or { file = \"path\" } keeps it out",
                );
            }
            findings.take(source.resolve("keys.master_key", around))
        });
        let master = given.map_or(MasterKey::File(file), MasterKey::Given);
        Keys { master, rotate_every, publish_before }
    }
}

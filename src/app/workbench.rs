//! The workbench's ways out: a connector that somebody watches.

use std::sync::Arc;

use crate::app::blueprint::Blueprint;
use crate::app::outbound::client_of;
use crate::legacy::connector::Connector;
use crate::legacy::description::Description;
use crate::time::Clock;
use crate::workbench::transcript::Transcript;

/// A connector that writes all that is said into `transcript`.
///
/// # Errors
/// As [`client_of`].
pub fn watched(description: &Description, transcript: &Transcript) -> Result<Connector, reqwest::Error> {
    let http = client_of(description)?;
    Ok(Connector::watched(description.clone(), http, Clock::System, Arc::new(transcript.clone())))
}

/// The old system that is meant: that of this name, or the one that the user name's ending belongs to, or the first.
///
/// # Errors
/// The names that there are.
pub fn meant<'b>(
    blueprint: &'b Blueprint,
    realm: Option<&str>,
    user_name: &str,
) -> Result<&'b Description, Vec<&'b str>> {
    let mut all = std::iter::once(&blueprint.legacy).chain(&blueprint.other_legacies);
    let names =
        || std::iter::once(&blueprint.legacy).chain(&blueprint.other_legacies).map(|one| one.id.as_str());
    let Some(realm) = realm else {
        let name = user_name.trim().to_lowercase();
        let its = |one: &&Description| one.suffixes.iter().any(|suffix| name.ends_with(suffix));
        return Ok(all.find(its).unwrap_or(&blueprint.legacy));
    };
    all.find(|one| one.id.as_str() == realm).ok_or_else(|| names().collect())
}

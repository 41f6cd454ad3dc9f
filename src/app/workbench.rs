//! The workbench's ways out: a connector that somebody watches, and one call as a command had it.

use std::sync::Arc;
use std::time::Duration;

use http::Method;

use crate::app::blueprint::Blueprint;
use crate::app::outbound::{client_of, legacy_client};
use crate::legacy::connector::Connector;
use crate::legacy::description::Description;
use crate::time::Clock;
use crate::workbench::curl::CurlRequest;
use crate::workbench::sample::Sample;
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

/// How long the one call may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// More than an answer of a login has.
const LARGEST: usize = 1024 * 1024;

/// Sends what a curl command would send, once.
///
/// # Errors
/// What happened, in words that hold no secret.
pub async fn ask(curl: &CurlRequest) -> Result<Sample, &'static str> {
    let http = legacy_client(PATIENCE).map_err(|_| "no HTTP client can be made")?;
    let method = Method::from_bytes(curl.method.as_bytes()).map_err(|_| "the method is none")?;
    let mut request = http.request(method, curl.url.clone());
    for (name, value) in &curl.headers {
        request = request.header(name, value);
    }
    if let Some((name, password)) = &curl.basic {
        request = request.basic_auth(name, Some(password));
    }
    if let Some(body) = &curl.body {
        request = request.body(body.clone());
    }
    let mut response = request.send().await.map_err(|_| "the system does not answer")?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| "the answer broke off")? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST {
            return Err("the answer is larger than a login's");
        }
    }
    Ok(Sample::received(status, &headers, &body))
}

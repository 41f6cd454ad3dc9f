//! Addresses in the API's answers, as everybody outside has to write them.

use http::{HeaderMap, HeaderValue, header};
use url::Url;

use crate::gateway::forwarded::Outside;
use crate::gateway::route::Route;

/// Rewrites `Location` and `Content-Location` where they lead to the API itself.
pub(super) fn rewrite(headers: &mut HeaderMap, route: &Route, outside: &Outside) {
    for name in [header::LOCATION, header::CONTENT_LOCATION] {
        let Some(told) = headers.get(&name).and_then(|value| value.to_str().ok()) else { continue };
        match public(told, route, outside).map(HeaderValue::try_from) {
            Some(Ok(value)) => {
                headers.insert(name, value);
            }
            Some(Err(_)) => {
                headers.remove(name);
            }
            None => {}
        }
    }
}

/// The public form of an address; none where it is right as it is: relative to the request, or another system's.
fn public(told: &str, route: &Route, outside: &Outside) -> Option<String> {
    let upstream = &route.upstream;
    let here = |rest: &str| format!("{}{}{rest}", outside.base, route.prefix);
    let below = |path: &str| {
        let rest = path.strip_prefix(upstream.base.as_str())?;
        (rest.is_empty() || rest.starts_with(['/', '?', '#'])).then(|| here(rest))
    };
    if told.starts_with('/') && !told.starts_with("//") {
        // Beside what the route leads to: the system's own address says so, and never becomes one of ours.
        return Some(
            below(told).unwrap_or_else(|| format!("{}://{}{told}", upstream.scheme, upstream.authority)),
        );
    }
    let scheme = upstream.scheme.as_str();
    let absolute = if told.starts_with("//") { format!("{scheme}:{told}") } else { told.to_owned() };
    let url = Url::parse(&absolute).ok()?;
    let own = Url::parse(&format!("{scheme}://{}", upstream.authority)).ok()?;
    if url.origin() != own.origin() {
        return None;
    }
    below(url.as_str().get(url.origin().ascii_serialization().len()..)?)
}

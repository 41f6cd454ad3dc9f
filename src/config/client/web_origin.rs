//! What may be registered as a web origin: exactly what a browser writes into `Origin` (RFC 6454 §6.2).

use url::Url;

use super::redirect_uri::Localhost;
use crate::config::loopback::{Loopback, loopback};

/// Why a web origin is not registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum UnfitOrigin {
    /// `*` would let every site on the web in.
    #[error("no wildcards: name each origin, such as \"https://app.example.org\"")]
    Wildcard,
    /// No origin of a web page; `null` is everybody's.
    #[error("not the origin of a web page; write for example \"https://app.example.org\"")]
    NotAnOrigin,
    /// A path, a slash at the end, upper case, a usual port: the browser's header would never be equal.
    #[error("browsers write this origin as \"{0}\"; write it like that")]
    NotBare(String),
    /// Whoever is on the way could change the page's scripts.
    #[error("http is for this machine alone; write https://…")]
    Plain,
}

/// What is wrong with `origin`, if anything.
pub(super) fn unfit(origin: &str, localhost: Localhost) -> Option<UnfitOrigin> {
    if origin.contains('*') {
        return Some(UnfitOrigin::Wildcard);
    }
    let Ok(url) = Url::parse(origin) else { return Some(UnfitOrigin::NotAnOrigin) };
    match (url.scheme(), loopback(&url), localhost) {
        ("https", ..) | ("http", Some(Loopback::Address), _) => {}
        ("http", Some(Loopback::Name), Localhost::Taken) => {}
        ("http", ..) => return Some(UnfitOrigin::Plain),
        _ => return Some(UnfitOrigin::NotAnOrigin),
    }
    let bare = url.origin().ascii_serialization();
    (bare != origin).then_some(UnfitOrigin::NotBare(bare))
}

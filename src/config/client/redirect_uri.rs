//! What may be registered as a redirect URI, for sign-in or after sign-out. Whether a request matches one is a rule's matter.

use url::Url;

use crate::config::loopback::{Loopback, loopback};

/// Whether a client can keep a secret (RFC 6749 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientType {
    /// It cannot.
    Public,
    /// It can.
    Confidential,
}

/// Whether `http://localhost` is good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum Localhost {
    /// While developing, it is.
    Taken,
    /// RFC 8252 §8.3: the name may resolve to another machine.
    Refused,
}

/// Why a redirect URI is not registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum UnfitRedirect {
    /// RFC 6749 §3.1.2: an absolute URI.
    #[error("not an absolute URI; write for example \"https://app.example.org/callback\"")]
    NotAbsolute,
    /// Characters that parsers drop or turn around, so that two of them see two addresses.
    #[error(
        "only printable ASCII without spaces, quotes, backslashes and angle brackets; write others percent-encoded"
    )]
    Characters,
    /// RFC 9700 §2.1: exact string matching.
    #[error("no wildcards: redirect URIs match character by character; register each one")]
    Wildcard,
    /// RFC 6749 §3.1.2.
    #[error("leave out the fragment, from # on")]
    Fragment,
    /// `https://app.example.org@evil.example/` looks like somewhere else.
    #[error("no user name or password before the host")]
    Credentials,
    /// The code would travel in the clear.
    #[error("http is for this machine alone (127.0.0.1, [::1]); write https://…")]
    Plain,
    /// RFC 8252 §8.3.
    #[error(
        "`localhost` may resolve to another machine; write 127.0.0.1 or [::1], or turn server.development on"
    )]
    LocalhostName,
    /// RFC 8252 §7.1: a reverse domain name, so that nobody else's app has it.
    #[error(
        "a private-use scheme is a domain name turned around, with a dot: \"org.example.app:/callback\" (RFC 8252 section 7.1)"
    )]
    SchemeWithoutDot,
    /// A web server has no use for one.
    #[error(
        "a private-use scheme is for native apps, which are public clients; a confidential client has https"
    )]
    SchemeOfConfidential,
}

/// What is wrong with `uri`, if anything.
pub(super) fn unfit(uri: &str, client: ClientType, localhost: Localhost) -> Option<UnfitRedirect> {
    if !uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'<>\\`{}|^".contains(&byte)) {
        return Some(UnfitRedirect::Characters);
    }
    let Ok(url) = Url::parse(uri) else { return Some(UnfitRedirect::NotAbsolute) };
    if uri.contains('#') {
        return Some(UnfitRedirect::Fragment);
    }
    if uri.contains('*') {
        return Some(UnfitRedirect::Wildcard);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some(UnfitRedirect::Credentials);
    }
    match url.scheme() {
        // `https:app.example.org` parses, and is not what it looks like.
        "http" | "https" if !uri.contains("://") => Some(UnfitRedirect::NotAbsolute),
        "https" => None,
        "http" => match (loopback(&url), localhost) {
            (Some(Loopback::Address), _) | (Some(Loopback::Name), Localhost::Taken) => None,
            (Some(Loopback::Name), Localhost::Refused) => Some(UnfitRedirect::LocalhostName),
            (None, _) => Some(UnfitRedirect::Plain),
        },
        // `javascript:` and `data:` have no dot either.
        scheme if !scheme.contains('.') => Some(UnfitRedirect::SchemeWithoutDot),
        _ => (client == ClientType::Confidential).then_some(UnfitRedirect::SchemeOfConfidential),
    }
}

/// Whether any program on the device could be the one that receives the code at `uri` (RFC 8252 §8.6).
pub(super) fn is_anybodys(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| match url.scheme() {
        "https" => false,
        "http" => loopback(&url) == Some(Loopback::Address),
        _ => true,
    })
}

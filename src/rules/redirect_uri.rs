//! Where an authorization response may go. A [`TrustedRedirect`] is made here only; before one exists, whatever is wrong is told on
//! a page and never by redirect (RFC 6749 §4.1.2.1).
//!
//! # Why loopback means 127.0.0.1 and [::1], not localhost
//!
//! A native app listens on whatever port it is given, so its loopback redirect matches with any port (RFC 8252 §7.3). The
//! name `localhost` may resolve to another machine or be answered by another interface (§8.3 advises against it); it is
//! matched like any other host, port included. A confidential client has a fixed address and gets no such freedom.

use crate::model::client::Client;
use crate::oauth::response::{AuthorizationResponse, Outcome};
use crate::oauth::response_mode::ResponseMode;
use crate::oauth::scope::{OPENID, Scope};

/// A redirect URI that this client registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedRedirect {
    uri: String,
    sent: Sent,
}

/// Whether the request named the URI itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    ByTheClient,
    LeftOut,
}

/// Why no redirect can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UntrustedRedirect {
    /// The client registered none.
    #[error("this client has no redirect URI registered")]
    NoneRegistered,
    /// OpenID Connect Core §3.1.2.1: REQUIRED.
    #[error("redirect_uri is missing; an OpenID Connect request must name it")]
    MissingForOpenId,
    /// RFC 6749 §3.1.2.3: with several registered, the request must say which.
    #[error("redirect_uri is missing, and this client has several registered")]
    MissingAmongSeveral,
    /// RFC 6749 §3.1.2: no fragment.
    #[error("redirect_uri has a fragment")]
    Fragment,
    /// RFC 9700 §2.1: exact string matching.
    #[error(
        "redirect_uri is none of those registered for this client; they must match character by character"
    )]
    NotRegistered,
}

/// Finds the redirect that `client` registered and the request means. `scope` is the request's, as sent: it tells whether this
/// is an OpenID Connect request.
///
/// # Errors
/// Tells which check failed, for the page and the log.
pub fn trust(
    client: &Client,
    asked: Option<&str>,
    scope: Option<&str>,
) -> Result<TrustedRedirect, UntrustedRedirect> {
    match (asked, client.redirect_uris.as_slice()) {
        (_, []) => Err(UntrustedRedirect::NoneRegistered),
        (Some(asked), _) if asked.contains('#') => Err(UntrustedRedirect::Fragment),
        (Some(asked), registered) if registered.iter().any(|known| matches(client, known, asked)) => {
            Ok(TrustedRedirect { uri: asked.to_owned(), sent: Sent::ByTheClient })
        }
        (Some(_), _) => Err(UntrustedRedirect::NotRegistered),
        (None, _) if is_openid(scope) => Err(UntrustedRedirect::MissingForOpenId),
        (None, [only]) => Ok(TrustedRedirect { uri: only.clone(), sent: Sent::LeftOut }),
        (None, _) => Err(UntrustedRedirect::MissingAmongSeveral),
    }
}

impl TrustedRedirect {
    /// The URI.
    pub fn as_str(&self) -> &str {
        &self.uri
    }

    /// What the token request must repeat (RFC 6749 §4.1.3); none when the URI was left out.
    pub fn to_repeat(&self) -> Option<&str> {
        (self.sent == Sent::ByTheClient).then_some(self.uri.as_str())
    }

    /// The answer that goes there.
    pub fn answer(
        &self,
        mode: ResponseMode,
        outcome: &Outcome<'_>,
        state: Option<&str>,
        issuer: &str,
    ) -> AuthorizationResponse {
        AuthorizationResponse::new(&self.uri, mode, outcome, state, issuer)
    }
}

fn is_openid(scope: Option<&str>) -> bool {
    scope.and_then(|text| Scope::parse(text).ok()).is_some_and(|scope| scope.contains(OPENID))
}

fn matches(client: &Client, registered: &str, asked: &str) -> bool {
    registered == asked || (client.is_public() && matches_with_any_port(registered, asked))
}

/// RFC 8252 §7.3: scheme, host, path and query as registered, the port whatever the operating system gave.
///
/// Only the port is taken out of `asked`, and the rest is compared as text: a URL parser that forgives is no judge of equality.
fn matches_with_any_port(registered: &str, asked: &str) -> bool {
    split_port(registered).is_some_and(|(head, _, tail)| {
        split_port(asked).is_some_and(|(asked_head, port, asked_tail)| {
            asked_head == head && asked_tail == tail && (port.is_empty() || is_port(port))
        })
    })
}

/// `http://127.0.0.1:80/x` as its head, its port and its tail; `None` when it does not begin with one of the two loopback addresses.
fn split_port(uri: &str) -> Option<(&str, &str, &str)> {
    let head = ["http://127.0.0.1", "http://[::1]"].into_iter().find(|head| uri.starts_with(head))?;
    let after = uri.get(head.len()..)?;
    let end = after.find(['/', '?']).unwrap_or(after.len());
    let (authority, tail) = after.split_at_checked(end)?;
    match authority.strip_prefix(':') {
        Some(port) => Some((head, port, tail)),
        None if authority.is_empty() => Some((head, "", tail)),
        // `http://127.0.0.1.attacker.example/` or `http://127.0.0.1:80@attacker.example/`.
        None => None,
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

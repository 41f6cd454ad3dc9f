//! `server.issuer`: the public URL of the bridge, which is its name in every token and the beginning of every endpoint.

use std::fmt;

use url::Url;

use super::loopback::loopback;

/// An issuer identifier (OpenID Connect Discovery §3, RFC 8414 §2), compared by clients character by character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(String);

/// Why a text cannot be the issuer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnIssuer {
    /// No URL of the web.
    #[error("not an absolute https URL; write for example \"https://login.example.org\"")]
    NotAWebUrl,
    /// Tokens and passwords would travel in the clear.
    #[error("http is for this machine alone (localhost, 127.0.0.1, [::1]); write https://…")]
    Plain,
    /// OpenID Connect Discovery §3: no query or fragment component.
    #[error("the issuer has no query and no fragment; leave out what begins with ? or #")]
    QueryOrFragment,
    /// A password in a public name.
    #[error("the issuer is public and holds no user name or password")]
    Credentials,
    /// Endpoints are made by writing behind it.
    #[error("leave out the slash at the end: clients compare the issuer character by character")]
    TrailingSlash,
    /// Paths that browsers, proxies and libraries read differently.
    #[error("its path may hold letters, digits, `-`, `.`, `_` and `~` between single slashes")]
    Path,
    /// Another spelling of the same URL; a library that tidies it up would not find it equal.
    #[error("write it the way URLs are normalised: \"{0}\"")]
    NotNormal(String),
}

impl Issuer {
    /// Reads an issuer.
    ///
    /// # Errors
    /// [`NotAnIssuer`], with what to write instead.
    pub fn parse(text: &str) -> Result<Self, NotAnIssuer> {
        let url = Url::parse(text).map_err(|_| NotAnIssuer::NotAWebUrl)?;
        match url.scheme() {
            "https" => {}
            "http" if loopback(&url).is_some() => {}
            "http" => return Err(NotAnIssuer::Plain),
            _ => return Err(NotAnIssuer::NotAWebUrl),
        }
        if text.contains(['?', '#']) {
            return Err(NotAnIssuer::QueryOrFragment);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NotAnIssuer::Credentials);
        }
        if text.ends_with('/') {
            return Err(NotAnIssuer::TrailingSlash);
        }
        let fits = |segment: &str| {
            !segment.is_empty()
                && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
        };
        if !url.path().trim_start_matches('/').is_empty() && !url.path().split('/').skip(1).all(fits) {
            return Err(NotAnIssuer::Path);
        }
        match url.as_str().trim_end_matches('/') {
            normal if normal == text => Ok(Self(text.to_owned())),
            normal => Err(NotAnIssuer::NotNormal(normal.to_owned())),
        }
    }

    /// `iss`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the host, without a slash at its end: empty for most.
    pub fn base_path(&self) -> &str {
        let after_scheme = self.0.split_once("://").map_or("", |(_, rest)| rest);
        after_scheme.find('/').and_then(|slash| after_scheme.get(slash..)).unwrap_or_default()
    }

    /// Whether browsers reach it by https, so that cookies can be `Secure`.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// Whether only this machine reaches it.
    pub fn is_loopback(&self) -> bool {
        Url::parse(&self.0).is_ok_and(|url| loopback(&url).is_some())
    }
}

impl Default for Issuer {
    /// What stands in for an issuer whose problem is told.
    fn default() -> Self {
        Self("https://issuer.invalid".to_owned())
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

//! Addresses that a page may carry. An app's own addresses come from its registration; a `javascript:` one in a link
//! would run in our origin, so a page takes only these types.

use std::fmt;

use url::{Host, Url};

/// An absolute `http` or `https` address: the only kind that becomes a link to somewhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebUri(Url);

impl WebUri {
    /// None for every other kind of address.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(Self(url))
    }

    /// Host and, where it is not the usual one, port: what a person recognises. Punycode stays punycode, so that no
    /// letter is taken for another.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.0.host().map(|host: Host<&str>| host.to_string()).unwrap_or_default();
        self.0.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
    }
}

impl fmt::Display for WebUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The address of a picture: a web address, a picture written out as `data:image/…`, or a path on this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageUri(String);

impl ImageUri {
    /// None for everything that is not one of the three.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let data = text.starts_with("data:image/") && Url::parse(text).is_ok();
        // `//host` and `/\host` leave this server, and so does a tab between the two, which a browser drops.
        let path = text.strip_prefix('/').is_some_and(|rest| {
            !rest.starts_with(['/', '\\']) && !rest.contains(|c: char| c.is_control() || c.is_whitespace())
        });
        if data || path {
            return Some(Self(text.to_owned()));
        }
        WebUri::parse(text).map(|uri| Self(uri.to_string()))
    }
}

impl fmt::Display for ImageUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_become_links() {
        assert!(WebUri::parse("https://app.example/privacy?x=1#y").is_some());
        for text in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "/local",
            "//app.example",
            "",
            "https://",
        ] {
            assert_eq!(WebUri::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_host_is_shown_as_it_is_on_the_wire() {
        let host = |text| WebUri::parse(text).map(|uri| uri.host());
        assert_eq!(host("https://App.Example/x").as_deref(), Some("app.example"));
        assert_eq!(host("http://localhost:3000").as_deref(), Some("localhost:3000"));
        assert_eq!(host("https://аррӏе.example").as_deref(), Some("xn--80ak6aa92e.example"));
        assert_eq!(host("https://bank.example@evil.example/").as_deref(), Some("evil.example"));
    }

    #[test]
    fn a_picture_may_also_be_ours_or_written_out() {
        for text in ["https://app.example/logo.png", "/logo.svg", "data:image/png;base64,AAAA"] {
            assert_eq!(ImageUri::parse(text).map(|uri| uri.to_string()).as_deref(), Some(text));
        }
        for text in [
            "//evil.example/x.png",
            "/\\evil.example",
            "/\t/evil.example",
            "data:text/html,x",
            "logo.png",
            "",
        ] {
            assert_eq!(ImageUri::parse(text), None, "{text:?}");
        }
    }
}

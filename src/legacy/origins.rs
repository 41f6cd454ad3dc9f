//! The hosts that requests may go to: that of `base_url`, those that a URL of the configuration names, and those of `origins`, where one
//! label may be left open (`https://*.my.salesforce.com`).

use std::sync::Arc;

use url::Url;

/// The hosts.
#[derive(Clone, Debug, Default)]
pub struct Origins(Arc<[Origin]>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    One(String),
    /// Any host of one label more, with the scheme.
    Below(String, String),
}

impl Origins {
    /// The origins of `urls`, and `patterns`.
    ///
    /// # Errors
    /// The patterns that are none.
    pub fn new<'u>(urls: impl IntoIterator<Item = &'u Url>, patterns: &[String]) -> Result<Self, Vec<usize>> {
        let named = urls.into_iter().map(|url| Origin::One(url.origin().ascii_serialization()));
        let mut origins: Vec<Origin> = named.collect();
        let mut wrong = Vec::new();
        for (index, pattern) in patterns.iter().enumerate() {
            match Origin::parse(pattern) {
                Some(origin) => origins.push(origin),
                None => wrong.push(index),
            }
        }
        if wrong.is_empty() { Ok(Self(origins.into())) } else { Err(wrong) }
    }

    /// Whether a request may go to `url`.
    pub fn has(&self, url: &Url) -> bool {
        let origin = url.origin().ascii_serialization();
        self.0.iter().any(|known| match known {
            Origin::One(known) => *known == origin,
            Origin::Below(scheme, suffix) => {
                let host =
                    origin.strip_prefix(scheme.as_str()).and_then(|host| host.strip_suffix(suffix.as_str()));
                host.is_some_and(|label| {
                    !label.is_empty()
                        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                })
            }
        })
    }
}

impl Origin {
    fn parse(text: &str) -> Option<Self> {
        let whole = |text: &str| {
            let url = Url::parse(text).ok()?;
            let origin = url.origin().ascii_serialization();
            (origin == text.trim_end_matches('/') && url.scheme() == "https").then_some(origin)
        };
        match text.split_once("://*.") {
            None => whole(text).map(Self::One),
            // At least two labels stay, so that nobody opens a whole top-level domain.
            Some(("https", host)) if host.contains('.') => {
                whole(&format!("https://{host}"))?;
                Some(Self::Below("https://".to_owned(), format!(".{}", host.trim_end_matches('/'))))
            }
            Some(_) => None,
        }
    }
}

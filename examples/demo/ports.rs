//! Which port each part of the demo listens on, and the configuration moved to those ports.

use regex::{Captures, Regex};

/// One port each; 0 takes a free one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// The bridge.
    pub bridge: u16,
    /// The old system.
    pub legacy: u16,
    /// The server-side web app.
    pub web_app: u16,
    /// The JavaScript app.
    pub spa: u16,
}

impl Ports {
    /// Those that `config.toml` names.
    pub const CONFIGURED: Self = Self { bridge: 8080, legacy: 9090, web_app: 3000, spa: 3001 };
    /// Whatever is free.
    pub const FREE: Self = Self { bridge: 0, legacy: 0, web_app: 0, spa: 0 };
    /// The highest base that leaves room for all four.
    pub const HIGHEST_BASE: u16 = u16::MAX - 3;

    /// The bridge at `base`, the others behind it; at the top of the range they stop counting.
    pub const fn from(base: u16) -> Self {
        Self {
            bridge: base,
            legacy: base.saturating_add(1),
            web_app: base.saturating_add(2),
            spa: base.saturating_add(3),
        }
    }

    /// `config` with every loopback URL of the demo moved here. All move at once: a port that one leaves may be another's new one.
    ///
    /// # Errors
    /// Never; the expression is a constant.
    pub fn moved(&self, config: &str) -> Result<String, regex::Error> {
        let loopback = Regex::new(r"\b(localhost|127\.0\.0\.1):(8080|9090|3000|3001)\b")?;
        let moved = loopback.replace_all(config, |found: &Captures<'_>| {
            let (_, [host, port]) = found.extract();
            let port = match port {
                "8080" => self.bridge,
                "9090" => self.legacy,
                "3000" => self.web_app,
                _ => self.spa,
            };
            format!("{host}:{port}")
        });
        Ok(moved.into_owned())
    }
}

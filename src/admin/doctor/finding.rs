//! One thing that was looked at, and what was found.

use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing; nothing has to be done.
    Note,
    /// It works, or seems to, and somebody should look at it.
    Warning,
    /// Somebody cannot sign in, or could not tomorrow.
    Problem,
}

impl Level {
    /// How it is printed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// What a finding belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// The configuration itself.
    Configuration,
    /// The bridge as the world sees it.
    Issuer,
    /// Certificates.
    Tls,
    /// Whether everybody means the same moment.
    Clock,
    /// Where records are kept.
    Database,
    /// The master key and the signing keys.
    Keys,
    /// The old system.
    Legacy,
    /// Letters to people.
    Mail,
    /// The applications.
    Clients,
}

impl Group {
    /// Every group, in the order in which they are told.
    pub const ALL: [Self; 9] = [
        Self::Configuration,
        Self::Issuer,
        Self::Tls,
        Self::Clock,
        Self::Database,
        Self::Keys,
        Self::Legacy,
        Self::Mail,
        Self::Clients,
    ];

    /// Its heading.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Configuration => "Configuration",
            Self::Issuer => "Issuer, as seen from outside",
            Self::Tls => "TLS",
            Self::Clock => "Clock",
            Self::Database => "Database",
            Self::Keys => "Keys",
            Self::Legacy => "Legacy system",
            Self::Mail => "Mail",
            Self::Clients => "Clients",
        }
    }
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it belongs to.
    pub group: Group,
    /// How bad it is.
    pub level: Level,
    /// What was looked at.
    pub looked_at: String,
    /// What was found.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Finding {
    /// A finding about which nothing has to be done.
    pub fn new(group: Group, level: Level, looked_at: impl Into<String>, found: impl Into<String>) -> Self {
        Self { group, level, looked_at: looked_at.into(), found: found.into(), advice: None }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn with_advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

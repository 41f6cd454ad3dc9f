//! `[session]`: how long a browser stays signed in at the bridge.

use serde::Deserialize;

use super::duration::Span;
use super::findings::Findings;

/// A working day: whoever signs in in the morning signs in once.
const IDLE: Span = Span::hours(8);
/// However busy the browser is, once a week the legacy system is asked again.
const ABSOLUTE: Span = Span::days(7);
/// Who is dismissed is out within minutes, and the legacy system hears of nobody more often.
const REVALIDATE: Span = Span::minutes(5);
/// A legacy system that is down over night throws nobody out.
const MAX_STALE: Span = Span::days(1);

/// The checked section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Ends a session that nobody uses.
    pub idle: Span,
    /// Ends every session.
    pub absolute: Span,
    /// How often the legacy system is asked at most whether a person is still good.
    pub revalidate: Span,
    /// How long a person counts as good of whom it says nothing.
    pub max_stale: Span,
    /// Whether it is asked about sessions too that nobody uses.
    pub revalidate_idle: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    idle: Option<Span>,
    absolute: Option<Span>,
    revalidate: Option<Span>,
    max_stale: Option<Span>,
    revalidate_idle: Option<bool>,
}

impl Raw {
    pub(super) fn check(self, findings: &mut Findings) -> Session {
        let absolute = findings.some_time(self.absolute, ABSOLUTE, "session.absolute");
        // A short absolute lifetime alone is no contradiction.
        let idle = self.idle.unwrap_or(IDLE.min(absolute));
        let idle = findings.some_time(Some(idle), IDLE, "session.idle");
        findings.in_order(("session.idle", idle), ("session.absolute", absolute));
        let revalidate = findings.some_time(self.revalidate, REVALIDATE, "session.revalidate");
        let max_stale = findings.some_time(self.max_stale, MAX_STALE.max(revalidate), "session.max_stale");
        findings.in_order(("session.revalidate", revalidate), ("session.max_stale", max_stale));
        Session {
            idle,
            absolute,
            revalidate,
            max_stale,
            revalidate_idle: self.revalidate_idle.unwrap_or(false),
        }
    }
}

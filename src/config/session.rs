//! `[session]`: how long a browser stays signed in at the bridge.

use serde::Deserialize;

use super::duration::Span;
use super::findings::Findings;

/// A working day: whoever signs in in the morning signs in once.
const IDLE: Span = Span::hours(8);
/// However busy the browser is, once a week the legacy system is asked again.
const ABSOLUTE: Span = Span::days(7);

/// The checked section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Ends a session that nobody uses.
    pub idle: Span,
    /// Ends every session.
    pub absolute: Span,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    idle: Option<Span>,
    absolute: Option<Span>,
}

impl Raw {
    pub(super) fn check(self, findings: &mut Findings) -> Session {
        let absolute = findings.some_time(self.absolute, ABSOLUTE, "session.absolute");
        // A short absolute lifetime alone is no contradiction.
        let idle = self.idle.unwrap_or(IDLE.min(absolute));
        let idle = findings.some_time(Some(idle), IDLE, "session.idle");
        findings.in_order(("session.idle", idle), ("session.absolute", absolute));
        Session { idle, absolute }
    }
}

//! `[logout]`: how apps are told that a session has ended.

use serde::Deserialize;

use super::duration::Span;
use super::findings::Findings;

/// An app that takes longer is told behind the person's back.
const TIMEOUT: Span = Span::seconds(5);
/// An app that was down over night hears of it in the morning.
const GIVE_UP_AFTER: Span = Span::hours(12);

/// The checked section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logout {
    /// One call to one app.
    pub timeout: Span,
    /// How long it is tried again.
    pub give_up_after: Span,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    timeout: Option<Span>,
    give_up_after: Option<Span>,
}

impl Raw {
    pub(super) fn check(self, findings: &mut Findings) -> Logout {
        Logout {
            timeout: findings.some_time(self.timeout, TIMEOUT, "logout.timeout"),
            give_up_after: findings.some_time(self.give_up_after, GIVE_UP_AFTER, "logout.give_up_after"),
        }
    }
}

//! How often a password may be tried. One counter per person and one per address; this file only counts.
//!
//! Not a lock-out of the account: that is the legacy system's. It keeps a guesser from reaching the legacy system, and the window
//! is short, so that a guesser cannot keep the person out for long either.

use std::time::Duration;

use crate::time::Timestamp;

/// How long who finds too many tries under way is asked to wait: they end soon, and may all succeed.
const A_MOMENT: Duration = Duration::from_secs(5);

/// How much is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Failures within `window` after which no further try is let through.
    pub failures: u32,
    /// The span that failures are counted in.
    pub window: Duration,
    /// How long further tries are held off.
    pub pause: Duration,
}

/// One counter, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// Failures since `window_start`.
    pub failures: u32,
    /// When the window began: at its first failure.
    pub window_start: Timestamp,
    /// Until when tries are held off.
    pub blocked_until: Option<Timestamp>,
}

/// Whether a password may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Allowed,
    /// Not before this moment.
    BlockedUntil(Timestamp),
}

/// Whether a try is let through at `now`, while `under_way` others have no answer yet: each may become a failure.
pub fn verdict(attempts: Option<&Attempts>, under_way: u32, limits: &Limits, now: Timestamp) -> Verdict {
    let counting = counting(attempts, limits, now);
    match attempts.and_then(|attempts| attempts.blocked_until) {
        Some(until) if now < until => Verdict::BlockedUntil(until),
        _ if counting >= limits.failures => Verdict::BlockedUntil(now + limits.pause),
        _ if counting.saturating_add(under_way) >= limits.failures => Verdict::BlockedUntil(now + A_MOMENT),
        _ => Verdict::Allowed,
    }
}

/// The failures that still count: those of a window that is open. Who has sat out a pause begins anew.
fn counting(attempts: Option<&Attempts>, limits: &Limits, now: Timestamp) -> u32 {
    let open = |attempts: &&Attempts| {
        now < attempts.window_start + limits.window && attempts.blocked_until.is_none_or(|until| now < until)
    };
    attempts.filter(open).map_or(0, |attempts| attempts.failures)
}

/// The name under which all spellings of a user name share one counter: without surrounding space and without case, as legacy
/// systems compare them. The domain stays: `ann@a.example` and `ann@b.example` are two people.
pub fn account_key(user_name: &str) -> String {
    // Upper case first: it also joins what lower case alone keeps apart, such as `ſ` and `s`, or the two small sigmas.
    user_name.trim().to_uppercase().to_lowercase()
}

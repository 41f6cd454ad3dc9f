//! How often a password may be tried.

use std::time::Duration;

use passerelle::rules::throttle::{Attempts, Limits, Verdict, account_key, verdict};
use passerelle::time::Timestamp;

use crate::support::parts::BEGINNING;

/// A pause shorter than the window, so that the two cannot be confused.
const LIMITS: Limits =
    Limits { failures: 4, window: Duration::from_secs(900), pause: Duration::from_secs(60) };

fn after(seconds: u64) -> Timestamp {
    BEGINNING + Duration::from_secs(seconds)
}

fn counted(failures: u32, blocked_until: Option<u64>) -> Option<Attempts> {
    Some(Attempts { failures, window_start: BEGINNING, blocked_until: blocked_until.map(after) })
}

#[test]
fn tries_are_held_off_after_too_many_failures_for_as_long_as_the_pause() {
    let blocked = |seconds| Verdict::BlockedUntil(after(seconds));
    // What is counted, how many others are under way, after how many seconds, the verdict.
    let rows = [
        (None, 0, 0, Verdict::Allowed),
        (counted(3, None), 0, 0, Verdict::Allowed),
        // A block stands until its moment, and no longer, though the window is open.
        (counted(4, Some(60)), 0, 0, blocked(60)),
        (counted(4, Some(60)), 0, 59, blocked(60)),
        (counted(4, Some(60)), 0, 60, Verdict::Allowed),
        (counted(9, Some(60)), 0, 60, Verdict::Allowed),
        // A block outlives its window.
        (counted(4, Some(2_000)), 0, 1_999, blocked(2_000)),
        (counted(4, Some(2_000)), 0, 2_000, Verdict::Allowed),
        // Failures that no block followed count while the window is open.
        (counted(4, None), 0, 899, blocked(959)),
        (counted(4, None), 0, 900, Verdict::Allowed),
        (counted(u32::MAX, None), u32::MAX, 899, blocked(959)),
        // Each try under way may become a failure; it soon will have, or not, so the wait is short.
        (None, 3, 0, Verdict::Allowed),
        (None, 4, 0, blocked(5)),
        (counted(3, None), 1, 0, blocked(5)),
        (counted(3, None), 3, 900, Verdict::Allowed),
        (counted(4, Some(60)), 3, 60, Verdict::Allowed),
        (counted(4, Some(60)), 4, 60, blocked(65)),
    ];
    for (attempts, under_way, seconds, expected) in rows {
        let found = verdict(attempts.as_ref(), under_way, &LIMITS, after(seconds));
        assert_eq!(found, expected, "{attempts:?}, {under_way} others, after {seconds}");
    }
}

#[test]
fn all_spellings_of_a_user_name_share_one_counter() {
    for spelling in ["ann@a.example", "ANN@a.example", " Ann@A.Example\t", "ann@a.example\u{a0}"] {
        assert_eq!(account_key(spelling), "ann@a.example", "{spelling:?}");
    }
    assert_eq!(account_key("ſmith"), account_key("Smith"));
    assert_eq!(account_key("STRASSE"), account_key("straße"));
    assert_eq!(account_key("ΟΔΥΣΣΕΥΣ"), account_key("οδυσσευς"));
    assert_eq!(account_key("ΟΔΥΣΣΕΥΣ"), account_key("οδυσσευσ"));
    assert_ne!(account_key("ann@a.example"), account_key("ann@b.example"));
    assert_ne!(account_key("ann"), account_key("a nn"));
}

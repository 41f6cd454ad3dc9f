//! Moments and the clock.

use std::time::Duration;

use passerelle::time::{Clock, Timestamp};

use crate::support::parts::BEGINNING;

#[test]
fn a_clock_in_hand_stands_still_until_it_is_moved() {
    let clock = Clock::set_to(BEGINNING);
    let other = clock.clone();
    assert_eq!((clock.now(), clock.now()), (BEGINNING, BEGINNING));
    other.forward(Duration::from_secs(5));
    assert_eq!(clock.now(), BEGINNING + Duration::from_secs(5), "clones show the same time");
}

#[test]
fn the_machines_clock_goes_on_and_is_not_moved() {
    let before = Clock::System.now();
    Clock::System.forward(Duration::from_hours(1));
    let after = Clock::System.now();
    assert!(before <= after && after.since(before) < Duration::from_mins(10));
    assert!(before > Timestamp::from_seconds(1_700_000_000));
}

#[test]
fn moments_are_counted_in_whole_seconds_and_never_wrap() {
    let at = Timestamp::from_seconds;
    assert_eq!(at(10) + Duration::from_millis(1999), at(11));
    assert_eq!(at(10) - Duration::from_secs(15), at(-5));
    assert_eq!(at(i64::MAX) + Duration::from_secs(1), at(i64::MAX));
    assert_eq!(at(i64::MIN) - Duration::from_secs(1), at(i64::MIN));
    assert_eq!(at(0) + Duration::MAX, at(i64::MAX));
    assert_eq!(at(7).since(at(3)), Duration::from_secs(4));
    assert_eq!(at(3).since(at(7)), Duration::ZERO, "what lies ahead is no time ago");
    assert_eq!(at(i64::MAX).since(at(i64::MIN)), Duration::from_secs(i64::MAX.unsigned_abs()));
    assert_eq!(serde_json::to_string(&at(-3)).unwrap(), "-3");
    assert_eq!(serde_json::from_str::<Timestamp>("1800000000").unwrap(), BEGINNING);
    assert!(serde_json::from_str::<Timestamp>("1.5").is_err());
}

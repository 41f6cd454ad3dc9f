//! Durations as people write them.

use std::time::Duration;

use passerelle::config::duration::{NotASpan, Span};

#[test]
fn a_duration_is_numbers_with_units_longest_first() {
    for (text, seconds) in [
        ("15s", 15),
        ("10min", 600),
        ("5h 30min", 19_800),
        ("5h30min", 19_800),
        (" 5 h  30 min ", 19_800),
        ("2m", 60 * 86_400),
        ("1m 1min", 30 * 86_400 + 60),
        ("1y 2m 3w 4d 5h 6min 7s", 31_536_000 + 5_184_000 + 1_814_400 + 345_600 + 18_000 + 360 + 7),
        ("0s", 0),
        ("007s", 7),
        ("90min", 5_400),
        ("1000y", 31_536_000_000),
    ] {
        assert_eq!(text.parse::<Span>(), Ok(Span::seconds(seconds)), "{text}");
    }
    assert_eq!(
        (Span::minutes(2), Span::hours(2), Span::days(2)),
        (Span::seconds(120), Span::seconds(7_200), Span::seconds(172_800))
    );
    assert_eq!(Duration::from(Span::seconds(3)), Duration::from_secs(3));
    assert_eq!(Span::days(u64::MAX).duration(), Duration::from_secs(u64::MAX));
}

#[test]
fn what_is_no_duration_is_told_with_what_to_write() {
    let no_unit = |text: &str| NotASpan::NoUnit(text.to_owned());
    let no_number = |text: &str| NotASpan::NoNumber(text.to_owned());
    let unknown = |text: &str| NotASpan::UnknownUnit(text.to_owned());
    for (text, expected) in [
        ("", NotASpan::Empty),
        ("  ", NotASpan::Empty),
        ("10", no_unit("10")),
        ("5h 30", no_unit("30")),
        ("h", no_number("h")),
        ("-5s", no_number("-")),
        ("1.5h", unknown(".")),
        ("5hours", unknown("hours")),
        ("5H", unknown("H")),
        ("5ms", unknown("ms")),
        ("5s\n", unknown("s\n")),
        ("5é", unknown("é")),
        ("1h 1h", NotASpan::OutOfOrder("h")),
        ("30min 5h", NotASpan::OutOfOrder("h")),
        ("1min 1m", NotASpan::OutOfOrder("m")),
        ("1001y", NotASpan::TooLong),
        ("1000y 1s", NotASpan::TooLong),
        ("99999999999999999999s", NotASpan::TooLong),
        ("18446744073709551615y", NotASpan::TooLong),
    ] {
        assert_eq!(text.parse::<Span>(), Err(expected), "{text:?}");
    }
}

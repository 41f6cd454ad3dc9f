//! Spans of time in words that are read, not written into a configuration: `1 day 2 hours`.

use std::time::Duration;

const UNITS: [(&str, u64); 4] = [("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)];

/// The span in words.
pub fn span(span: Duration) -> String {
    let mut rest = span.as_secs();
    let mut words = Vec::new();
    for (name, seconds) in UNITS {
        let count = rest.checked_div(seconds).unwrap_or_default();
        if count > 0 {
            words.push(count_of(count, name));
        }
        rest %= seconds;
    }
    if words.is_empty() { "no time".to_owned() } else { words.join(" ") }
}

/// A few of something.
pub fn count_of(count: u64, name: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {name}{ending}")
}

/// The span in its largest unit alone.
pub fn coarse(span: Duration) -> String {
    let seconds = span.as_secs();
    let largest = UNITS.iter().find(|(_, unit)| seconds >= *unit).copied().unwrap_or(("second", 1));
    count_of(seconds.checked_div(largest.1).unwrap_or_default(), largest.0)
}

/// The span in milliseconds.
pub fn millis(span: Duration) -> String {
    format!("{:.2} ms", span.as_secs_f64() * 1000.0)
}

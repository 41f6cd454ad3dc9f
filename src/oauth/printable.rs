//! Text from outside, made fit for an `error_description` (RFC 6749 §5.2: `%x20-21 / %x23-5B / %x5D-7E`) and for a log line.

/// The longest piece of a foreign text that is shown.
const LONGEST: usize = 80;

/// `text` with every character that an `error_description` may not hold replaced by `?`, cut at 80 characters.
pub fn printable(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST).map(in_description).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push_str("...");
    }
    shown
}

/// A whole `error_description`: our own sentence, with anything outside the grammar replaced.
pub fn description(sentence: &str) -> String {
    sentence.chars().map(in_description).collect()
}

fn in_description(character: char) -> char {
    match character {
        ' '..='!' | '#'..='[' | ']'..='~' => character,
        '"' => '\'',
        _ => '?',
    }
}

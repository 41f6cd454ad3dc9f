//! Presets: descriptions of known systems, each an ordinary table that can be read, printed and overridden key by key.

/// The names, as `preset = "…"` has them.
pub const NAMES: [&str; 1] = ["imis"];

/// The text of a preset.
pub fn text(name: &str) -> Option<&'static str> {
    match name {
        "imis" => Some(include_str!("presets/imis.toml")),
        _ => None,
    }
}

//! Presets: descriptions of known systems, each an ordinary table that can be read, printed and overridden key by key.

/// Every preset: its name as `preset = "…"` has it, and its text.
const PRESETS: &[(&str, &str)] = &[
    ("cognito", include_str!("presets/cognito.toml")),
    ("django-oauth-toolkit", include_str!("presets/django-oauth-toolkit.toml")),
    ("drf-simplejwt", include_str!("presets/drf-simplejwt.toml")),
    ("http-basic", include_str!("presets/http-basic.toml")),
    ("imis", include_str!("presets/imis.toml")),
];

/// The names.
pub fn names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|(name, _)| *name)
}

/// The text of a preset.
pub fn text(name: &str) -> Option<&'static str> {
    PRESETS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

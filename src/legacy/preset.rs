//! Presets: descriptions of known systems, each an ordinary table that can be read, printed and overridden key by key.

/// Every preset: its name as `preset = "…"` has it, and its text.
const PRESETS: &[(&str, &str)] = &[
    ("aspnet-owin", include_str!("presets/aspnet-owin.toml")),
    ("cognito", include_str!("presets/cognito.toml")),
    ("directus", include_str!("presets/directus.toml")),
    ("django-oauth-toolkit", include_str!("presets/django-oauth-toolkit.toml")),
    ("drf-simplejwt", include_str!("presets/drf-simplejwt.toml")),
    ("http-basic", include_str!("presets/http-basic.toml")),
    ("imis", include_str!("presets/imis.toml")),
    ("keycloak-password", include_str!("presets/keycloak-password.toml")),
    ("laravel-passport", include_str!("presets/laravel-passport.toml")),
    ("magento", include_str!("presets/magento.toml")),
    ("matrix", include_str!("presets/matrix.toml")),
    ("moodle", include_str!("presets/moodle.toml")),
    ("oauth2-password", include_str!("presets/oauth2-password.toml")),
    ("salesforce", include_str!("presets/salesforce.toml")),
    ("strapi", include_str!("presets/strapi.toml")),
    ("wordpress-jwt", include_str!("presets/wordpress-jwt.toml")),
];

/// What a preset that says nothing else leaves to the administrator.
const OWN: &str = "# CHANGE: the address of your system.\nbase_url = \"https://members.example.org\"";

/// The names.
pub fn names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|(name, _)| *name)
}

/// The text of a preset.
pub fn text(name: &str) -> Option<&'static str> {
    PRESETS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// What stands beside `preset = "…"` in a new configuration: the lines of the preset that begin with `#:`, without that sign.
pub fn own_lines(name: &str) -> Option<String> {
    let own: Vec<&str> = text(name)?.lines().filter_map(|line| line.strip_prefix("#: ")).collect();
    Some(if own.is_empty() { OWN.to_owned() } else { own.join("\n") })
}

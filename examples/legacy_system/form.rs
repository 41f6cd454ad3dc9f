//! Form bodies and query strings as ordered fields. Nothing is merged, trimmed or repaired.

/// The decoded fields in the order they came, duplicates kept.
pub(super) fn fields(encoded: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded).into_owned().collect()
}

/// The first field of that name. ASP.NET names ignore case, and so does this.
pub(super) fn value<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// The values of `names`, each given once and nothing beside them; otherwise nothing.
pub(super) fn exactly<'a, const N: usize>(
    fields: &'a [(String, String)],
    names: [&str; N],
) -> Option<[&'a str; N]> {
    let found = |name: &&str| fields.iter().find(|(key, _)| key == *name).map(|(_, value)| value.as_str());
    let values: Vec<&str> = names.iter().filter_map(found).collect();
    if fields.len() == N { values.try_into().ok() } else { None }
}

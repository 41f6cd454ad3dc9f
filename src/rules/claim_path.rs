//! Where something stands in a token's claims: a claim's name, or a JSON pointer (RFC 6901) into what is nested. Providers do not agree
//! on it.

use std::fmt;

use serde_json::Value;

/// A place in the claims.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClaimPath(String);

impl ClaimPath {
    /// What stands there. `claims` is an object.
    pub fn find<'c>(&self, claims: &'c Value) -> Option<&'c Value> {
        // A claim's name may be a URL, with slashes and dots in it, but it does not begin with a slash.
        let found = if self.0.starts_with('/') { claims.pointer(&self.0) } else { claims.get(&self.0) };
        found.filter(|value| !value.is_null())
    }
}

impl From<&str> for ClaimPath {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for ClaimPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The words at the first of `paths` where there are any: a list of texts, or one text.
pub fn words<'c>(paths: &[ClaimPath], claims: &'c Value) -> Vec<&'c str> {
    match paths.iter().find_map(|path| path.find(claims)) {
        Some(Value::String(word)) => vec![word],
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

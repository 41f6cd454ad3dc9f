//! `scope`: a set of case-sensitive words in the order they were asked for (RFC 6749 §3.3).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::printable::printable;

/// Ask for an ID token (OpenID Connect Core §3.1.2.1).
pub const OPENID: &str = "openid";
/// Ask for a refresh token that outlives the session (OpenID Connect Core §11).
pub const OFFLINE_ACCESS: &str = "offline_access";

/// Ask for names, birthday, picture and the like (OpenID Connect Core §5.4).
pub const PROFILE: &str = "profile";
/// Ask for `email` and `email_verified`.
pub const EMAIL: &str = "email";
/// Ask for `address`.
pub const ADDRESS: &str = "address";
/// Ask for `phone_number` and `phone_number_verified`.
pub const PHONE: &str = "phone";
/// The scopes that OpenID Connect itself defines: all of them speak of a person.
pub const STANDARD: [&str; 6] = [OPENID, PROFILE, EMAIL, ADDRESS, PHONE, OFFLINE_ACCESS];

/// A set of scope tokens without repetitions. URIs are scope tokens too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope(Vec<String>);

/// A scope that breaks the grammar of RFC 6749 §3.3; carries the offending token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a scope: printable ASCII without quotes and backslashes, one space between tokens", printable(.0))]
pub struct MalformedScope(pub String);

impl Scope {
    /// Reads a space-delimited list; an empty text is the empty set.
    ///
    /// # Errors
    /// When a token holds a character outside `%x21 / %x23-5B / %x5D-7E`.
    pub fn parse(text: &str) -> Result<Self, MalformedScope> {
        let mut tokens: Vec<String> = Vec::new();
        for token in text.split(' ').filter(|token| !token.is_empty()) {
            if !token.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E)) {
                return Err(MalformedScope(token.to_owned()));
            }
            if !tokens.iter().any(|known| known == token) {
                tokens.push(token.to_owned());
            }
        }
        Ok(Self(tokens))
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `token` is in it.
    pub fn contains(&self, token: &str) -> bool {
        self.0.iter().any(|known| known == token)
    }

    /// Whether every token of `other` is in it.
    pub fn covers(&self, other: &Self) -> bool {
        other.iter().all(|token| self.contains(token))
    }

    /// The tokens in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The first token that `wanted` holds to.
    pub fn first(&self, wanted: impl Fn(&str) -> bool) -> Option<String> {
        self.0.iter().find(|token| wanted(token)).cloned()
    }

    /// The tokens that `keep` holds to, in order.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|token| keep(token)).cloned().collect())
    }

    /// This set and then what `other` adds.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut tokens = self.0.clone();
        tokens.extend(other.0.iter().filter(|token| !self.contains(token)).cloned());
        Self(tokens)
    }
}

impl TryFrom<String> for Scope {
    type Error = MalformedScope;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.0.join(" ")
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

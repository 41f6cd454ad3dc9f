//! Which claims a scope stands for (OpenID Connect Core §5.4), and those that the configuration adds: `roles` and the like are in no
//! specification's scope.

use std::collections::{BTreeMap, BTreeSet};

use crate::i18n::Sentence;
use crate::oauth::scope::{ADDRESS, EMAIL, PHONE, PROFILE, Scope};

/// OpenID Connect Core §5.4.
const STANDARD: [(&str, &[&str]); 4] = [
    (
        PROFILE,
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    (EMAIL, &["email", "email_verified"]),
    (ADDRESS, &["address"]),
    (PHONE, &["phone_number", "phone_number_verified"]),
];

/// Scopes and their claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimScopes {
    claims: BTreeMap<String, BTreeSet<String>>,
    descriptions: BTreeMap<String, Sentence>,
}

impl Default for ClaimScopes {
    /// The standard scopes alone.
    fn default() -> Self {
        let owned = |claims: &[&str]| claims.iter().map(|claim| (*claim).to_owned()).collect();
        let claims = STANDARD.iter().map(|(scope, claims)| ((*scope).to_owned(), owned(claims))).collect();
        Self { claims, descriptions: BTreeMap::new() }
    }
}

impl ClaimScopes {
    /// Lets `scope` stand for `claims` too.
    #[must_use]
    pub fn with<'c>(mut self, scope: &str, claims: impl IntoIterator<Item = &'c str>) -> Self {
        self.claims.entry(scope.to_owned()).or_default().extend(claims.into_iter().map(str::to_owned));
        self
    }

    /// Says in a sentence what `scope` is, for the consent page.
    #[must_use]
    pub fn described(mut self, scope: &str, sentence: Sentence) -> Self {
        self.descriptions.insert(scope.to_owned(), sentence);
        self
    }

    /// The sentence of `scope`, where it has one.
    pub fn description(&self, scope: &str) -> Option<&Sentence> {
        self.descriptions.get(scope)
    }

    /// The scopes that stand for `claim`.
    pub fn standing_for<'s>(&'s self, claim: &str) -> impl Iterator<Item = &'s str> {
        let stand = move |(_, claims): &(&String, &BTreeSet<String>)| claims.contains(claim);
        self.claims.iter().filter(stand).map(|(scope, _)| scope.as_str())
    }

    /// The claims that `scope` stands for, each once.
    pub fn claims_of(&self, scope: &Scope) -> BTreeSet<&str> {
        scope.iter().filter_map(|token| self.claims.get(token)).flatten().map(String::as_str).collect()
    }

    /// Whether some scope stands for `claim`.
    pub fn knows(&self, claim: &str) -> bool {
        self.claims.values().any(|claims| claims.contains(claim))
    }

    /// The scopes, in alphabetical order: `scopes_supported` together with `openid`, `offline_access` and those of the APIs.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.claims.keys().map(String::as_str)
    }

    /// Every claim, in alphabetical order.
    pub fn claims(&self) -> BTreeSet<&str> {
        self.claims.values().flatten().map(String::as_str).collect()
    }
}

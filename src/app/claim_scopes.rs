//! Which claims each scope stands for: the standard's, those of `[scopes]`, and under `profile` whatever else the legacy mapping
//! yields, so that no claim is mapped in vain.

use std::collections::BTreeMap;

use crate::i18n::Sentence;
use crate::legacy::description::Description;
use crate::model::claim_scopes::ClaimScopes;
use crate::oauth::scope::PROFILE;

/// The scopes and their claims; `legacies` are the systems that yield them.
pub fn claim_scopes<'c>(
    written: &'c BTreeMap<String, Vec<String>>,
    descriptions: &BTreeMap<String, Sentence>,
    legacies: impl IntoIterator<Item = &'c Description>,
) -> ClaimScopes {
    let own = written.iter().fold(ClaimScopes::default(), |scopes, (scope, claims)| {
        scopes.with(scope, claims.iter().map(String::as_str))
    });
    let mapped: Vec<(&str, Option<&str>)> = legacies
        .into_iter()
        .flat_map(|legacy| &legacy.mapping.claims)
        .map(|(name, claim)| (name.as_str(), claim.scope.as_deref()))
        .collect();
    let scoped = mapped.iter().filter_map(|(name, scope)| Some((name, (*scope)?)));
    let own = scoped.fold(own, |scopes, (name, scope)| scopes.with(scope, [*name]));
    let left_over: Vec<&str> =
        mapped.into_iter().map(|(name, _)| name).filter(|claim| !own.knows(claim)).collect();
    let all = own.with(PROFILE, left_over);
    descriptions.iter().fold(all, |scopes, (scope, sentence)| scopes.described(scope, sentence.clone()))
}

//! Which claims each scope stands for: the standard's, those of `[scopes]`, and under `profile` whatever else the legacy mapping
//! yields, so that no claim is mapped in vain.

use std::collections::BTreeMap;

use crate::model::claim_scopes::ClaimScopes;
use crate::oauth::scope::PROFILE;

/// The scopes and their claims; `mapped` are the claims that the legacy system yields.
pub fn claim_scopes<'c>(
    written: &'c BTreeMap<String, Vec<String>>,
    descriptions: &BTreeMap<String, String>,
    mapped: impl IntoIterator<Item = &'c str>,
) -> ClaimScopes {
    let own = written.iter().fold(ClaimScopes::default(), |scopes, (scope, claims)| {
        scopes.with(scope, claims.iter().map(String::as_str))
    });
    let left_over: Vec<&str> = mapped.into_iter().filter(|claim| !own.knows(claim)).collect();
    let all = own.with(PROFILE, left_over);
    descriptions.iter().fold(all, |scopes, (scope, sentence)| scopes.described(scope, sentence))
}

//! Whether a person has already agreed to what a client asks for.

use crate::model::client::{Client, ConsentPolicy};
use crate::model::consent::Consent;
use crate::oauth::claims::ClaimsRequest;
use crate::oauth::scope::Scope;

/// Where a person's agreement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Signing in is agreeing: a first-party client.
    NotAsked,
    /// All of it was agreed to before.
    Given,
    /// Something is new.
    Missing,
}

/// Compares what is asked for with what is remembered.
///
/// `offline_access` is a scope like any other here: the page names it, and what was agreed to there may be remembered (OpenID
/// Connect Core §11 asks for consent to offline access, which a first-party client's setting gives).
pub fn standing(
    client: &Client,
    scope: &Scope,
    claims: &ClaimsRequest,
    remembered: Option<&Consent>,
) -> Standing {
    match (client.consent, remembered) {
        (ConsentPolicy::Skip, _) => Standing::NotAsked,
        (ConsentPolicy::Ask, Some(consent)) if covers(consent, scope, claims) => Standing::Given,
        (ConsentPolicy::Ask, _) => Standing::Missing,
    }
}

fn covers(consent: &Consent, scope: &Scope, claims: &ClaimsRequest) -> bool {
    consent.scope.covers(scope) && claims.names().iter().all(|name| consent.claims.contains(name))
}

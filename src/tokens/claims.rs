//! Which of a person's claims are released: those that the granted scope stands for, and those that were asked for by name and
//! agreed to (OpenID Connect Core §5.4, §5.5).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::model::account::Account;
use crate::model::claim_scopes::ClaimScopes;
use crate::model::client::Client;
use crate::oauth::claims::IndividualClaim;
use crate::oauth::scope::Scope;

/// The claims of `account` for `scope` and for the names in `asked`. What is not known of a person is left out
/// (OpenID Connect Core §5.3.2), and a value that was asked for is no condition (§5.5.1).
///
/// A name opens no more than a scope would: only claims that some scope registered for the client stands for. Otherwise a client that
/// may ask for nothing but `openid` could have everything by asking for it word by word.
pub fn released(
    client: &Client,
    account: &Account,
    scope: &Scope,
    asked: &BTreeMap<String, Option<IndividualClaim>>,
    scopes: &ClaimScopes,
) -> Map<String, Value> {
    let (by_scope, registered) = (scopes.claims_of(scope), scopes.claims_of(&client.scope));
    let wanted =
        |name: &str| by_scope.contains(name) || (asked.contains_key(name) && registered.contains(name));
    let known = account.claims.iter().filter(|(name, _)| wanted(name));
    let mut claims: Map<String, Value> = known.map(|(name, value)| (name.clone(), value.clone())).collect();
    // OpenID Connect Core §5.1: seconds since the epoch.
    if wanted("updated_at") {
        claims.insert("updated_at".to_owned(), account.updated_at.as_seconds().into());
    }
    claims
}

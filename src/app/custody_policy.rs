//! Which signing keys are kept, and how long: what `[keys]` says, and what the clients and APIs need.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::config::settings::Settings;
use crate::model::api::{AccessTokenFormat, TokenLifetime};
use crate::model::registry::Registry;
use crate::oauth::algorithm::SigningAlgorithm;
use crate::tokens::key_custody::CustodyPolicy;

/// RS256, because every OpenID Provider must have it (OpenID Connect Core §15.1), and ES256, with which access tokens for us are signed.
const ALWAYS: [SigningAlgorithm; 2] = [SigningAlgorithm::Rs256, SigningAlgorithm::Es256];

/// A node signs with a key for some seconds after another one retired it, and its clock may be behind.
const LATE: Duration = Duration::from_secs(60);

/// The policy of the key custody.
pub fn custody_policy(settings: &Settings, registry: &Registry) -> CustodyPolicy {
    CustodyPolicy {
        algorithms: algorithms(registry),
        rotate_every: settings.keys.rotate_every.into(),
        publish_before: settings.keys.publish_before.into(),
        longest_token: longest_token(registry).saturating_add(LATE),
        // As long as the session lives in which it was issued: an app ends that with it.
        longest_hint: settings.session.absolute.into(),
    }
}

fn algorithms(registry: &Registry) -> Vec<SigningAlgorithm> {
    let of_clients = registry
        .clients()
        .flat_map(|client| [Some(client.id_token.algorithm), client.userinfo_signed_response_alg])
        .flatten();
    let of_apis = registry.apis().iter().filter_map(|api| match api.format {
        AccessTokenFormat::Jwt { algorithm, .. } => Some(algorithm),
        AccessTokenFormat::Opaque => None,
    });
    let all: BTreeSet<_> = ALWAYS.into_iter().chain(of_clients).chain(of_apis).collect();
    all.into_iter().collect()
}

/// A retired key stays published until whatever it signed has expired: for ever, where that never does.
fn longest_token(registry: &Registry) -> Duration {
    let unlimited = registry
        .apis()
        .iter()
        .any(|api| api.lifetime == Some(TokenLifetime::Unlimited) && api.format != AccessTokenFormat::Opaque);
    let of_clients = registry.clients().map(|client| client.lifetimes.id_token).max().unwrap_or_default();
    if unlimited { Duration::MAX } else { of_clients.max(longest_token_of_a_person(registry)) }
}

/// The longest life of an access token that speaks for a person: so long its family has to be known.
pub fn longest_token_of_a_person(registry: &Registry) -> Duration {
    let of_clients = registry.clients().map(|client| client.lifetimes.access_token).max().unwrap_or_default();
    let of_apis = registry.apis().iter().filter_map(|api| match api.lifetime? {
        TokenLifetime::Limited(lifetime) => Some(lifetime),
        TokenLifetime::Unlimited => {
            registry.clients().map(|client| client.lifetimes.refresh_token_absolute).max()
        }
    });
    of_apis.max().unwrap_or_default().max(of_clients)
}

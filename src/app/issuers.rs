//! Trusted issuers as the configuration writes them become those of the gateway. Keys that stand in the configuration are read here, so
//! that `check` finds what `serve` would.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::app::outbound::issuer_client;
use crate::config::findings::Findings;
use crate::config::gateway::issuer::TrustedIssuer;
use crate::config::gateway::issuer::identity::{self, Rule};
use crate::config::gateway::issuer::vouching::{self, Keys, Vouching};
use crate::gateway::issuers::description::{
    Asked, Endpoint, IssuerDescription, KeysFrom, Places, Rhythm, Typ, Validation,
};
use crate::gateway::issuers::trusted::Issuers;
use crate::keys::issuer_keys::IssuerKeys;
use crate::rules::claim_path::ClaimPath;
use crate::rules::foreign_identity::{IdentityRule, Names, Who};
use crate::rules::foreign_token::{Expectations, Required, Told};
use crate::store::db::Db;

/// What the gateway trusts. An issuer whose keys cannot be read is left out: with its problem nothing starts.
pub fn described(written: &[TrustedIssuer], findings: &mut Findings) -> Vec<IssuerDescription> {
    written.iter().filter_map(|issuer| description(issuer, findings)).collect()
}

/// The same with an HTTP client for each.
///
/// # Errors
/// As [`issuer_client`].
pub fn issuers(described: &[IssuerDescription], db: &Db) -> Result<Issuers, reqwest::Error> {
    let with_client = |issuer: &IssuerDescription| Ok((issuer.clone(), issuer_client(issuer.timeout)?));
    let issuers: Vec<_> = described.iter().map(with_client).collect::<Result<_, reqwest::Error>>()?;
    Ok(Issuers::new(issuers, db.clone()))
}

fn description(written: &TrustedIssuer, findings: &mut Findings) -> Option<IssuerDescription> {
    let (validation, told) = match &written.vouching {
        Vouching::Local { algorithms, typ, keys } => (
            Validation::Local {
                algorithms: algorithms.clone(),
                typ: match typ {
                    vouching::Typ::AtJwt => Typ::AtJwt,
                    vouching::Typ::Jwt => Typ::Unmarked,
                },
                keys: keys_from(keys, findings)?,
            },
            Told::Rfc9068,
        ),
        Vouching::Asked { endpoint, interval, opaque_tokens } => (
            Validation::Asked(Asked {
                endpoint: asked_at(endpoint),
                interval: (*interval).into(),
                opaque_tokens: *opaque_tokens,
            }),
            Told::Perhaps,
        ),
    };
    Some(IssuerDescription {
        name: written.name.clone(),
        url: written.url.clone(),
        expectations: Expectations {
            issuer: written.issuer.clone(),
            audiences: written.audiences.clone(),
            required: required(&written.required_claims),
            leeway: written.leeway.into(),
            max_age: Some(written.max_age.into()),
            once: written.single_use,
            told,
        },
        apis: written.apis.clone(),
        validation,
        places: Places {
            client: paths(&written.client_claim),
            scope: paths(&written.scope_claim),
            roles: paths(&written.roles_claim),
        },
        identity: written.identity.iter().map(rule).collect(),
        timeout: written.timeout.into(),
    })
}

fn keys_from(written: &Keys, findings: &mut Findings) -> Option<KeysFrom> {
    let read = match written {
        Keys::Fetched { jwks_uri, pause, refresh, keep } => {
            let rhythm = Rhythm { pause: (*pause).into(), refresh: (*refresh).into(), keep: (*keep).into() };
            return Some(KeysFrom::Fetched { jwks_uri: jwks_uri.clone(), rhythm });
        }
        // Null, or empty: it could not be read, and that has been told.
        Keys::Jwks(_, Value::Null) => return None,
        Keys::Pem(at, pem) if pem.is_empty() && at.ends_with("file") => return None,
        Keys::Jwks(at, jwks) => IssuerKeys::written(jwks).map_err(|error| (at, error.to_string())),
        Keys::Pem(at, pem) => IssuerKeys::from_pem(pem).map_err(|error| (at, error.to_string())),
    };
    read.map_err(|(at, error)| findings.problem(at, error)).ok().map(|keys| KeysFrom::Fixed(Arc::new(keys)))
}

fn asked_at(written: &vouching::Endpoint) -> Endpoint {
    match written {
        vouching::Endpoint::UserInfo(url) => Endpoint::UserInfo { url: url.clone() },
        vouching::Endpoint::Introspection { url, client_id, client_secret } => Endpoint::Introspection {
            url: url.clone(),
            client_id: client_id.clone(),
            client_secret: client_secret.clone(),
        },
    }
}

fn required(written: &BTreeMap<String, Vec<Value>>) -> Vec<(ClaimPath, Required)> {
    let claim = |(name, values): (&String, &Vec<Value>)| {
        let required = if values.is_empty() { Required::Any } else { Required::OneOf(values.clone()) };
        (ClaimPath::from(name.as_str()), required)
    };
    written.iter().map(claim).collect()
}

fn paths(written: &[String]) -> Vec<ClaimPath> {
    written.iter().map(|path| ClaimPath::from(path.as_str())).collect()
}

fn rule(written: &Rule) -> IdentityRule {
    IdentityRule {
        client: written.client.clone(),
        role: written.role.clone(),
        who: match &written.who {
            identity::Who::Person { claim, names } => Who::Person {
                claim: ClaimPath::from(claim.as_str()),
                names: match names {
                    identity::Names::UserName => Names::UserName,
                    identity::Names::LegacyId => Names::LegacyId,
                },
            },
            identity::Who::ServiceAccount(name) => Who::ServiceAccount(name.to_string()),
        },
    }
}

//! The `claims` request parameter (OpenID Connect Core §5.5): single claims asked for by name, for userinfo or for the ID token.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest `claims` that is read, in bytes.
const LONGEST: usize = 8 * 1024;
/// The most claims that one request may name, both places together.
const MOST: usize = 100;
/// How deep a wanted value may be nested.
const DEEPEST: usize = 4;

/// A `claims` parameter that cannot be honoured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedClaims {
    /// Not JSON, or not the object of OpenID Connect Core §5.5.
    #[error("claims is not the JSON object of OpenID Connect Core section 5.5")]
    NotClaims,
    /// Longer, more or deeper than anybody needs.
    #[error(
        "claims asks for too much: at most {MOST} claims in {LONGEST} bytes, values nested at most {DEEPEST} deep"
    )]
    TooMuch,
}

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// Claims wanted at the userinfo endpoint.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub userinfo: BTreeMap<String, Option<IndividualClaim>>,
    /// Claims wanted in the ID token.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub id_token: BTreeMap<String, Option<IndividualClaim>>,
}

/// How a claim is wanted (OpenID Connect Core §5.5.1). Unknown members are ignored, as the specification asks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IndividualClaim {
    /// The application cannot do well without it; never a reason to refuse, except for `sub` and `acr` values.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub essential: bool,
    /// The one value wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The values wanted, in order of preference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<Value>>,
}

impl ClaimsRequest {
    /// Reads the parameter.
    ///
    /// # Errors
    /// When it is no such object, or too much of one.
    pub fn parse(json: &str) -> Result<Self, MalformedClaims> {
        if json.len() > LONGEST {
            return Err(MalformedClaims::TooMuch);
        }
        let request: Self = serde_json::from_str(json).map_err(|_| MalformedClaims::NotClaims)?;
        // serde reads a struct from an array as well; the specification knows objects only.
        if !serde_json::from_str(json).is_ok_and(|json| is_claims_object(&json)) {
            return Err(MalformedClaims::NotClaims);
        }
        let count = request.userinfo.len() + request.id_token.len();
        let shallow =
            request.individual().all(|claim| claim.wanted().all(|value| depth_within(value, DEEPEST)));
        if count > MOST || !shallow {
            return Err(MalformedClaims::TooMuch);
        }
        Ok(request)
    }

    /// Whether the client takes `subject`: everybody, unless it names the `sub` that it wants, or several of which one will do (OpenID
    /// Connect Core §3.1.2.2, §5.5.1). A name for userinfo counts too: both places tell of the same person.
    pub fn takes_subject(&self, subject: &str) -> bool {
        let named =
            [&self.id_token, &self.userinfo].into_iter().filter_map(|place| place.get("sub")?.as_ref());
        named.filter(|sub| sub.is_narrowed()).all(|sub| sub.wanted().any(|value| value == subject))
    }

    /// The `acr` values of which one must be met (OpenID Connect Core §5.5.1.1); none when `acr` is merely welcome.
    pub fn essential_acr(&self) -> Option<Vec<&str>> {
        let acr = self.id_token.get("acr")?.as_ref().filter(|acr| acr.essential)?;
        let wanted: Vec<&str> = acr.wanted().filter_map(Value::as_str).collect();
        acr.is_narrowed().then_some(wanted)
    }

    /// The names of all claims, sorted, each once.
    pub fn names(&self) -> Vec<String> {
        self.userinfo
            .keys()
            .chain(self.id_token.keys())
            .cloned()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    fn individual(&self) -> impl Iterator<Item = &IndividualClaim> {
        self.userinfo.values().chain(self.id_token.values()).flatten()
    }

    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }
}

impl IndividualClaim {
    /// Whether values are named at all; a list of none is met by nothing.
    const fn is_narrowed(&self) -> bool {
        self.value.is_some() || self.values.is_some()
    }

    /// The values wanted, whichever member names them.
    pub fn wanted(&self) -> impl Iterator<Item = &Value> {
        self.value.iter().chain(self.values.iter().flatten())
    }
}

fn is_claims_object(json: &Value) -> bool {
    let is_member = |claims: &Value| {
        claims.as_object().is_some_and(|claims| claims.values().all(|how| how.is_null() || how.is_object()))
    };
    json.as_object().is_some_and(|whole| {
        ["userinfo", "id_token"].into_iter().filter_map(|place| whole.get(place)).all(is_member)
    })
}

fn depth_within(value: &Value, allowed: usize) -> bool {
    match (value, allowed.checked_sub(1)) {
        (_, None) => false,
        (Value::Array(items), Some(left)) => items.iter().all(|item| depth_within(item, left)),
        (Value::Object(members), Some(left)) => members.values().all(|member| depth_within(member, left)),
        _ => true,
    }
}

//! The `claims` request parameter (OpenID Connect Core §5.5): single claims asked for by name, for userinfo or for the ID token.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }
}

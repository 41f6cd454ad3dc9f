//! Which APIs a token is wanted for: `resource` (RFC 8707 §2) and its older spelling `audience`.

use serde::{Deserialize, Serialize};
use url::Url;

use super::params::Params;

/// What was asked for, as sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Targets {
    /// `resource`: each should be an absolute URI without fragment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource: Vec<String>,
    /// `audience`: names, URIs or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audience: Vec<String>,
}

impl Targets {
    /// Takes both parameters out of a request.
    pub fn from_params(params: &Params) -> Self {
        Self {
            resource: params.all("resource").map(str::to_owned).collect(),
            audience: params.all("audience").map(str::to_owned).collect(),
        }
    }

    /// Whether none was named.
    pub fn is_empty(&self) -> bool {
        self.resource.is_empty() && self.audience.is_empty()
    }

    /// Every name, each once, in order.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.resource.iter().chain(&self.audience) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }
}

/// Whether `text` can be a `resource`: an absolute URI without a fragment (RFC 8707 §2).
pub fn is_resource(text: &str) -> bool {
    !text.contains('#') && Url::parse(text).is_ok()
}

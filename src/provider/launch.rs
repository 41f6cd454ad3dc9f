//! Targets that are started from the legacy site: the person is signed in first, then the app is told to begin a sign-in of its own
//! (OpenID Connect Core §4), which asks for nothing any more. Only configured targets; no address comes from the request.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::id::ClientId;
use crate::model::registry::Registry;
use crate::oauth::response::append_query;

/// The targets.
#[derive(Clone, Debug)]
pub struct Launches {
    /// By name.
    pub targets: Arc<BTreeMap<String, LaunchTarget>>,
    /// Where apps want their sign-ins to begin.
    pub registry: Registry,
    /// `iss`.
    pub issuer: Arc<str>,
}

/// Where a launch leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaunchTarget {
    /// To an app's `initiate_login_uri`.
    App {
        /// The app.
        client: ClientId,
        /// Where in the app the person wants to be.
        target_link_uri: Option<String>,
    },
    /// To an address.
    Url(String),
}

impl Launches {
    /// Where the target `name` is; `None` when it is not configured.
    pub fn location(&self, name: &str) -> Option<String> {
        match self.targets.get(name)? {
            LaunchTarget::Url(url) => Some(url.clone()),
            LaunchTarget::App { client, target_link_uri } => {
                let client = self.registry.client(client)?;
                let uri = client.initiate_login_uri.as_ref()?;
                let mut parameters = vec![("iss", self.issuer.to_string())];
                parameters.extend(target_link_uri.clone().map(|uri| ("target_link_uri", uri)));
                Some(append_query(uri, &parameters))
            }
        }
    }
}

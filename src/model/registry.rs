//! Who is registered here: the clients, and the APIs that accept our tokens. Looked up, never searched in; what a client may do
//! with it is decided by the rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::id::{Audience, ClientId};
use crate::model::api::Api;
use crate::model::client::Client;

/// The clients and APIs of this bridge. Clones share it.
#[derive(Clone, Debug)]
pub struct Registry(Arc<Entries>);

#[derive(Debug)]
struct Entries {
    clients: BTreeMap<ClientId, Arc<Client>>,
    apis: Vec<Api>,
}

impl Registry {
    /// A registry of these. Of two clients with one id the last stands; whoever reads the configuration has refused that before.
    pub fn new(clients: impl IntoIterator<Item = Client>, apis: Vec<Api>) -> Self {
        let clients = clients.into_iter().map(|client| (client.id.clone(), Arc::new(client))).collect();
        Self(Arc::new(Entries { clients, apis }))
    }

    /// The client with this id.
    pub fn client(&self, id: &ClientId) -> Option<Arc<Client>> {
        self.0.clients.get(id).cloned()
    }

    /// Every client, in the order of their ids.
    pub fn clients(&self) -> impl Iterator<Item = &Arc<Client>> {
        self.0.clients.values()
    }

    /// Every API, in the order of the configuration.
    pub fn apis(&self) -> &[Api] {
        &self.0.apis
    }

    /// Those of `audiences` that are APIs.
    pub fn apis_of<'a>(&'a self, audiences: &'a [Audience]) -> impl Iterator<Item = &'a Api> {
        audiences.iter().filter_map(|audience| self.api(audience))
    }

    /// The API of this name.
    pub fn api(&self, audience: &Audience) -> Option<&Api> {
        self.0.apis.iter().find(|api| api.audience == *audience)
    }
}

//! The old systems side by side, and which one somebody belongs to: by the ending of the user name, or as the person chose.

use std::sync::Arc;

use super::connector::Connector;
use crate::id::ConnectorId;

/// The old systems in the order of the configuration; there is at least one.
#[derive(Clone, Debug)]
pub struct Connectors {
    first: Connector,
    others: Arc<[Connector]>,
}

impl Connectors {
    /// These systems.
    pub fn new(first: Connector, others: Vec<Connector>) -> Self {
        Self { first, others: others.into() }
    }

    /// One alone.
    pub fn one(connector: Connector) -> Self {
        Self::new(connector, Vec::new())
    }

    /// The first one.
    pub fn first(&self) -> &Connector {
        &self.first
    }

    /// All.
    pub fn iter(&self) -> impl Iterator<Item = &Connector> {
        std::iter::once(&self.first).chain(self.others.iter())
    }

    /// The one of this name; none when the configuration has it no more.
    pub fn find(&self, id: &ConnectorId) -> Option<&Connector> {
        self.iter().find(|connector| connector.id() == id)
    }

    /// Those of these names, or all when none is named.
    pub fn among(&self, names: &[ConnectorId]) -> Vec<&Connector> {
        self.iter().filter(|connector| names.is_empty() || names.contains(connector.id())).collect()
    }

    /// The one that somebody signs in at, of those that are open to the app: whose ending the user name has, or which was chosen, or the first.
    pub fn meant<'c>(open: &[&'c Connector], user_name: &str, chosen: Option<&str>) -> Option<&'c Connector> {
        let by_suffix = open.iter().find(|connector| connector.claims_user_name(user_name));
        let by_choice = || open.iter().find(|connector| Some(connector.id().as_str()) == chosen);
        by_suffix.or_else(by_choice).or_else(|| open.first()).copied()
    }

    /// The site that hands people over; at most one of the systems has one.
    pub fn with_site(&self) -> &Connector {
        self.iter().find(|connector| connector.site().is_some()).unwrap_or(&self.first)
    }
}

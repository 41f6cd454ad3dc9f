//! What is known at one moment of a sign-in, for formulas and templates to look into: layers of named values, and perhaps one answer that
//! JSON Pointers begin in. Borrows everything.

use serde_json::Value;

use super::place::Place;

/// Named values. A name is looked for in one layer after another, and the first that has it counts.
#[derive(Clone, Debug, Default)]
pub struct Facts<'v> {
    /// Where pointers begin; without it they begin with a name.
    body: Option<&'v Value>,
    layers: Vec<&'v Value>,
}

impl<'v> Facts<'v> {
    /// The members of one document.
    pub fn of(document: &'v Value) -> Self {
        Self { body: None, layers: vec![document] }
    }

    /// The same with `layer` in front.
    pub fn over(layer: &'v Value, below: &Self) -> Self {
        let layers = std::iter::once(layer).chain(below.layers.iter().copied()).collect();
        Self { body: below.body, layers }
    }

    /// The same, where pointers begin in `body`.
    pub fn within(body: &'v Value, below: &Self) -> Self {
        Self { body: Some(body), layers: below.layers.clone() }
    }

    /// What stands at `place`; none when there is nothing, or `null`.
    pub fn find(&self, place: &Place) -> Option<&'v Value> {
        match self.body {
            Some(body) => place.find(body),
            None => self
                .layers
                .iter()
                .find(|layer| layer.get(place.root()).is_some())
                .and_then(|layer| place.find(layer)),
        }
    }

    /// The value of this name.
    pub fn named(&self, name: &str) -> Option<&'v Value> {
        self.layers.iter().find_map(|layer| layer.get(name))
    }
}

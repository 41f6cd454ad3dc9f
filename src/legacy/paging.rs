//! Lists that come in pages: by a link to the next one, by an offset or by a page number. Bounded, and a page that does not advance is the
//! last.

use std::collections::BTreeSet;

use serde_json::Value;
use url::Url;

use super::answer::Answer;
use super::facts::Facts;
use super::formula::Formula;
use super::place::Place;

/// How a list comes in pages.
#[derive(Clone, Debug)]
pub struct Paging {
    /// Where the elements of a page stand.
    pub items: Place,
    /// How the next page is found.
    pub way: Way,
    /// Whether there are more, where an answer says so; without it the first page without elements is the last.
    pub more: Option<Formula>,
    /// The most pages that are asked for.
    pub most_pages: usize,
    /// The most elements that are taken.
    pub most_items: usize,
}

/// How the next page is found.
#[derive(Clone, Debug)]
pub enum Way {
    /// Its URL stands in the answer.
    Link(Formula),
    /// By a parameter that counts the elements before it.
    Offset(String),
    /// By a parameter that counts pages.
    Page {
        /// Its name.
        parameter: String,
        /// What the first page is called.
        first: u64,
    },
}

/// How far it has gone.
#[derive(Debug, Default)]
pub(super) struct Turn {
    pub(super) pages: usize,
    elements: usize,
    seen: BTreeSet<String>,
}

/// Where the next page is.
pub(super) enum Next {
    Link(String),
    Parameter(String, String),
}

impl Paging {
    /// The elements of a page; none when there is no list.
    pub(super) fn elements(&self, answer: &Answer) -> Option<Vec<Value>> {
        let body = answer.body();
        let list = if self.items.as_str().is_empty() { Some(body) } else { self.items.find(body) };
        list?.as_array().cloned()
    }

    /// Where the page after this one is; none when this one is the last.
    pub(super) fn next(
        &self,
        turn: &mut Turn,
        answer: &Answer,
        count: usize,
        known: &Facts<'_>,
    ) -> Option<Next> {
        turn.pages += 1;
        turn.elements += count;
        let facts = answer.facts(known);
        let more = self.more.as_ref().map(|more| more.value(&facts).is_some_and(|value| is_true(&value)));
        if count == 0 || more == Some(false) {
            return None;
        }
        match &self.way {
            Way::Link(at) => {
                let link = at.text(&facts)?;
                turn.seen.insert(link.clone()).then_some(Next::Link(link))
            }
            Way::Offset(parameter) => Some(Next::Parameter(parameter.clone(), turn.elements.to_string())),
            Way::Page { parameter, first } => {
                let page = first + u64::try_from(turn.pages).unwrap_or(u64::MAX);
                Some(Next::Parameter(parameter.clone(), page.to_string()))
            }
        }
    }
}

impl Next {
    /// The URL of the next page, when `current` is that of the first. Whoever sends something there checks its host.
    pub(super) fn applied(&self, current: &Url) -> Option<Url> {
        match self {
            Self::Link(link) => current.join(link).ok(),
            Self::Parameter(name, value) => {
                let mut url = current.clone();
                let others: Vec<(String, String)> =
                    current.query_pairs().into_owned().filter(|(known, _)| known != name).collect();
                url.query_pairs_mut().clear().extend_pairs(others).append_pair(name, value);
                Some(url)
            }
        }
    }
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(truth) => *truth,
        Value::String(text) => !matches!(text.to_lowercase().as_str(), "" | "false" | "0" | "no"),
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Null => false,
        Value::Array(_) | Value::Object(_) => true,
    }
}

//! Where the value of a claim comes from: a place in what the old system answered, an expression, or one of a few selections that need no
//! expression.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::claim::{Claim, Kind};
use super::facts::Facts;
use super::formula::Formula;
use super::place::{Place, text_of};
use super::template::Template;
use super::written_words::Plain;

/// A source. In TOML a formula in quotes, or a table with exactly one of `from`, `first`, `each`, `join`, `template`, `constant`, `object`.
#[derive(Clone, Debug, PartialEq)]
pub enum ClaimSource {
    /// The value of a formula.
    From(Formula),
    /// The first element of a list for which `only` holds, or the part `take` of it.
    First(Selection),
    /// Each element of a list, as a list.
    Each(Selection),
    /// The texts of a list, joined.
    Join(Selection, String),
    /// A text made of several values; left out when one is missing.
    Template(Template),
    /// Always the same.
    Constant(Value),
    /// An object of other claims; what is missing in it is left out of it.
    Object(BTreeMap<String, Claim>),
}

/// Elements of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    list: Place,
    only: Option<Condition>,
    take: Place,
}

/// What an element must say of itself.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    at: Place,
    equals: Plain,
}

impl ClaimSource {
    /// Its value by what is known.
    pub(super) fn value(&self, facts: &Facts<'_>) -> Option<Value> {
        match self {
            Self::From(formula) => formula.value(facts).map(Cow::into_owned),
            Self::First(selection) => selection.elements(facts).next().cloned(),
            Self::Each(selection) => Some(Value::Array(selection.elements(facts).cloned().collect())),
            Self::Join(selection, with) => {
                let texts: Vec<String> = selection.elements(facts).filter_map(text_of).collect();
                Some(Value::String(texts.join(with)))
            }
            Self::Template(template) => template.fill_text("", facts).ok().map(Value::String),
            Self::Constant(value) => Some(value.clone()),
            Self::Object(members) => {
                let members: Map<String, Value> = members
                    .iter()
                    .filter_map(|(name, member)| Some((name.clone(), member.value_in(facts)?)))
                    .collect();
                Some(Value::Object(members))
            }
        }
        .filter(says_something)
    }

    /// The formulas in it, with where each stands below the claim's own key.
    pub(super) fn formulas(&self, at: &str) -> Vec<(String, Formula)> {
        let below = |key: &str| format!("{at}{}{key}", if at.is_empty() { "" } else { "." });
        let list = |key: &str, selection: &Selection| vec![(below(key), Formula::At(selection.list.clone()))];
        match self {
            Self::From(formula) => vec![(at.to_owned(), formula.clone())],
            Self::First(selection) => list("first", selection),
            Self::Each(selection) => list("each", selection),
            Self::Join(selection, _) => list("join", selection),
            Self::Template(template) => {
                template.formulas().map(|formula| (below("template"), formula.clone())).collect()
            }
            Self::Constant(_) => Vec::new(),
            Self::Object(members) => {
                let member = |(name, claim): (&String, &Claim)| {
                    claim.source.formulas(&format!("{}.{name}", below("object")))
                };
                members.iter().flat_map(member).collect()
            }
        }
    }
}

/// An empty text, list or object says nothing, and a claim that says nothing is left out (OpenID Connect Core §5.3.2).
pub(super) fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

impl Selection {
    fn elements<'v>(&self, facts: &Facts<'v>) -> impl Iterator<Item = &'v Value> {
        let list = facts.find(&self.list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter()
            .filter(|element| {
                self.only.as_ref().is_none_or(|only| only.at.find(element) == Some(&only.equals.0))
            })
            .filter_map(|element| self.take.find(element))
    }
}

/// A claim's table as it is written.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    from: Option<Formula>,
    first: Option<Place>,
    each: Option<Place>,
    join: Option<Place>,
    only: Option<Condition>,
    take: Option<Place>,
    with: Option<String>,
    template: Option<Template>,
    constant: Option<Plain>,
    object: Option<BTreeMap<String, Claim>>,
    table: Option<String>,
    r#type: Option<Kind>,
    scope: Option<String>,
}

/// What is said of a table that names no source, or two.
const ONE_SOURCE: &str = "expected exactly one of `from`, `first`, `each`, `join`, `template`, `constant` and `object`; `only` and `take` \
                          go with `first`, `each` and `join`, `with` goes with `join`";

impl Written {
    /// The claim.
    pub(super) fn claim(self) -> Result<Claim, &'static str> {
        let (selects, joins) = (self.only.is_some() || self.take.is_some(), self.with.is_some());
        let (only, take, with) = (self.only, self.take, self.with);
        let select = |list| Selection { list, only, take: take.unwrap_or_default() };
        let mut sources = Vec::new();
        let mut needs_list = false;
        sources.extend(self.from.map(ClaimSource::From));
        sources.extend(self.template.map(ClaimSource::Template));
        sources.extend(self.constant.map(|Plain(value)| ClaimSource::Constant(value)));
        sources.extend(self.object.map(ClaimSource::Object));
        match (self.first, self.each, self.join) {
            (None, None, None) => needs_list = selects || joins,
            (Some(list), None, None) if !joins => sources.push(ClaimSource::First(select(list))),
            (None, Some(list), None) if !joins => sources.push(ClaimSource::Each(select(list))),
            (None, None, Some(list)) => {
                sources.push(ClaimSource::Join(select(list), with.unwrap_or_else(|| " ".to_owned())));
            }
            _ => return Err(ONE_SOURCE),
        }
        let (Some(source), true) = (sources.pop(), sources.is_empty() && !needs_list) else {
            return Err(ONE_SOURCE);
        };
        if matches!(&source, ClaimSource::Object(members) if members.values().any(|member| member.scope.is_some()))
        {
            return Err("`scope` goes with the whole claim, not with a member of it");
        }
        Ok(Claim { source, table: self.table, kind: self.r#type, scope: self.scope })
    }
}

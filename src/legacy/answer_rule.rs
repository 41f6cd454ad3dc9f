//! Rules of the configuration about answers: conditions on the status and on a value, and what it means when all of them hold. They are
//! tried in their order, and the first that fits decides.

use regex::Regex;

use super::answer::Answer;
use super::facts::Facts;
use super::formula::Formula;

/// Conditions; every one that is named must hold.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// The HTTP status is one of these; any when there is none.
    pub status: Vec<u16>,
    /// Where the value stands that is looked at.
    pub at: Option<Formula>,
    /// The text that it must be; numbers and truth values count as their words.
    pub equals: Option<String>,
    /// What it must match, anywhere and in any case.
    pub matches: Option<Regex>,
    /// There must be nothing there.
    pub absent: bool,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct AnswerRule<T> {
    /// When it fits.
    pub when: Conditions,
    /// What that means.
    pub means: T,
}

/// The first rule that fits, and which it is.
pub(super) fn first_that_fits<'r, T>(
    rules: &'r [AnswerRule<T>],
    answer: &Answer,
    known: &Facts<'_>,
) -> Option<(usize, &'r T)> {
    let facts = answer.facts(known);
    let fitting = rules.iter().enumerate().find(|(_, rule)| rule.when.hold(answer.status, &facts));
    fitting.map(|(index, rule)| (index, &rule.means))
}

impl Conditions {
    /// Whether all of them hold.
    pub(super) fn hold(&self, status: u16, facts: &Facts<'_>) -> bool {
        let found = self.at.as_ref().and_then(|at| word(at, facts));
        let fits = |wanted: &Regex| found.as_ref().is_some_and(|found| wanted.is_match(found));
        (self.status.is_empty() || self.status.contains(&status))
            && (self.at.is_none() || found.is_none() == self.absent)
            && self.equals.as_ref().is_none_or(|wanted| found.as_ref() == Some(wanted))
            && self.matches.as_ref().is_none_or(fits)
    }
}

/// The value as a word to compare. A list or an object is there, but is no word.
fn word(at: &Formula, facts: &Facts<'_>) -> Option<String> {
    match &*at.value(facts)? {
        serde_json::Value::String(text) if text.is_empty() => None,
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Array(_) | serde_json::Value::Object(_) => Some(String::new()),
        other => Some(other.to_string()),
    }
}

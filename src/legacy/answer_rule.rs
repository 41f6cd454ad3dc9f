//! Rules of the configuration about answers: conditions on the status and on a value in the body, and what it means when all of them hold.
//! They are tried in their order, and the first that fits decides.

use regex::Regex;
use serde_json::Value;

use super::place::Place;

/// One rule; every condition that it names must hold.
#[derive(Clone, Debug)]
pub struct AnswerRule<T> {
    /// The HTTP status.
    pub status: Option<u16>,
    /// Where the value stands that is looked at.
    pub at: Option<Place>,
    /// What it must be.
    pub equals: Option<String>,
    /// What it must match, anywhere and in any case.
    pub matches: Option<Regex>,
    /// What that means.
    pub means: T,
}

/// What the first rule that fits says.
pub fn first_that_fits<T: Copy>(rules: &[AnswerRule<T>], status: u16, body: &Value) -> Option<T> {
    rules.iter().find(|rule| rule.fits(status, body)).map(|rule| rule.means)
}

impl<T> AnswerRule<T> {
    fn fits(&self, status: u16, body: &Value) -> bool {
        let found = self.at.as_ref().and_then(|at| at.text(body));
        let matches = |wanted: &Regex| found.as_ref().is_some_and(|found| wanted.is_match(found));
        self.status.is_none_or(|wanted| wanted == status)
            && (self.at.is_none() || found.is_some())
            && self.equals.as_ref().is_none_or(|wanted| found.as_ref() == Some(wanted))
            && self.matches.as_ref().is_none_or(matches)
    }
}

//! What an answer of the old system that is no success means: ordered rules of the configuration, the first that fits decides.

use std::time::Duration;

use regex::Regex;
use serde_json::Value;

use super::place::Place;
use super::refusal::{Outcome, Refusal};

/// One rule; every condition that it names must hold.
#[derive(Clone, Debug)]
pub struct ErrorRule {
    /// The HTTP status.
    pub status: Option<u16>,
    /// Where the value stands that is looked at.
    pub at: Option<Place>,
    /// What it must be.
    pub equals: Option<String>,
    /// What it must match, anywhere and in any case.
    pub matches: Option<Regex>,
    /// What that means.
    pub outcome: Outcome,
}

impl ErrorRule {
    fn fits(&self, status: u16, body: &Value) -> bool {
        let found = self.at.as_ref().map(|at| at.text(body));
        self.status.is_none_or(|wanted| wanted == status)
            && found.as_ref().is_none_or(Option::is_some)
            && self
                .equals
                .as_ref()
                .is_none_or(|wanted| found.as_ref().and_then(Option::as_ref) == Some(wanted))
            && self.matches.as_ref().is_none_or(|wanted| {
                found.as_ref().and_then(Option::as_deref).is_some_and(|found| wanted.is_match(found))
            })
    }
}

/// What `body`, answered with `status`, means. Without a rule that fits, a status tells what it can: a server that fails or
/// answers something that is no JSON is unavailable, and nothing is claimed about the rest.
pub fn classify(rules: &[ErrorRule], status: u16, body: &Value, retry_after: Option<Duration>) -> Refusal {
    if let Some(rule) = rules.iter().find(|rule| rule.fits(status, body)) {
        return rule.outcome.refusal(status, retry_after);
    }
    match status {
        429 => Refusal::RateLimited { after: retry_after },
        500.. => Refusal::Unavailable { why: format!("status {status}") },
        300..400 => Refusal::Misconfigured {
            why: format!("status {status}: a redirect is not followed with a password"),
        },
        404 | 405 | 415 => Refusal::Misconfigured { why: format!("status {status} from the token endpoint") },
        _ if body.is_null() => Refusal::Unavailable { why: format!("status {status} and no JSON") },
        _ => Refusal::Unknown { why: format!("status {status}") },
    }
}

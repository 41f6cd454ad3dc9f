//! What an answer of the old system that is no success means: ordered rules of the configuration, the first that fits decides.

use std::time::Duration;

use serde_json::Value;

use super::answer_rule::{AnswerRule, first_that_fits};
use super::refusal::{Outcome, Refusal};

/// What a refusal of the token endpoint means.
pub type ErrorRule = AnswerRule<Outcome>;

/// What `body`, answered with `status`, means. Without a rule that fits, a status tells what it can: a server that fails or
/// answers something that is no JSON is unavailable, and nothing is claimed about the rest.
pub fn classify(rules: &[ErrorRule], status: u16, body: &Value, retry_after: Option<Duration>) -> Refusal {
    if let Some(outcome) = first_that_fits(rules, status, body) {
        return outcome.refusal(status, retry_after);
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

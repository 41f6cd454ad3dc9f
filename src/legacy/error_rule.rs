//! What an answer of the old system that is no success means: ordered rules of the configuration, the first that fits decides.

use std::time::Duration;

use super::answer::Answer;
use super::answer_rule::{AnswerRule, first_that_fits};
use super::expiry::{ExpiresAs, lifetime};
use super::facts::Facts;
use super::formula::Formula;
use super::refusal::{Challenge, Outcome, Particulars, Refusal};
use super::template::Template;
use crate::time::Timestamp;

/// What a refusal means.
pub type ErrorRule = AnswerRule<Meaning>;

/// What a rule says.
#[derive(Clone, Debug)]
pub struct Meaning {
    /// Under which key the rule stands, such as `legacy.error[2]`.
    pub key: String,
    /// The profile step whose answers it is about; those of the login without one.
    pub step: Option<String>,
    /// The word.
    pub outcome: Outcome,
    /// Where it stands how long that lasts.
    pub after: Option<(Formula, ExpiresAs)>,
    /// Where the person can do something about it.
    pub link: Option<Template>,
}

/// What is at hand when an answer is judged.
pub(super) struct Judging<'j> {
    pub(super) base_url: &'j str,
    pub(super) known: &'j Facts<'j>,
    pub(super) now: Timestamp,
    /// What is kept for a second factor, were it asked for.
    pub(super) kept: Option<Challenge>,
    pub(super) code_was_sent: bool,
    /// What kept the answer from being a success, where its status is that of one.
    pub(super) unread: Option<String>,
}

/// What an answer was taken for.
pub(super) struct Verdict {
    pub(super) refusal: Refusal,
    /// The key of the rule that decided.
    rule: Option<String>,
}

impl Verdict {
    /// In words that hold no secret.
    pub(super) fn told(&self) -> String {
        match &self.rule {
            Some(rule) => format!("{rule} fits: {}", self.refusal),
            None => format!("no rule of legacy.error fits: {}", self.refusal),
        }
    }
}

/// What `answer` means by the rules; none when no rule fits.
pub(super) fn by_rule(rules: &[ErrorRule], answer: &Answer, judging: &Judging<'_>) -> Option<Verdict> {
    let (_, meaning) = first_that_fits(rules, answer, judging.known)?;
    let facts = answer.facts(judging.known);
    let told = meaning.after.as_ref().and_then(|(at, told_as)| {
        lifetime(&*at.value(&facts)?, *told_as, answer.date.unwrap_or(judging.now))
    });
    let link = meaning.link.as_ref().and_then(|link| link.fill_url(judging.base_url, &facts).ok());
    let refusal = meaning.outcome.refusal(Particulars {
        rule: meaning.key.clone(),
        status: answer.status,
        after: told.or(answer.retry_after),
        link: link.filter(|link| link.starts_with("https://") || link.starts_with("http://")),
        kept: judging.kept.clone(),
        code_was_sent: judging.code_was_sent,
    });
    Some(Verdict { refusal, rule: Some(meaning.key.clone()) })
}

/// What `answer` means. Without a rule that fits, a status tells what it can: a server that fails or answers something that cannot be
/// read is unavailable, and nothing is claimed about the rest.
pub(super) fn classify(rules: &[ErrorRule], answer: &Answer, judging: &Judging<'_>) -> Verdict {
    by_rule(rules, answer, judging).unwrap_or_else(|| Verdict {
        refusal: match &judging.unread {
            // It says of itself that it is a success, and can be read: then it is the description that does not fit.
            Some(why) if !answer.body().is_null() => {
                Refusal::Unknown { why: format!("status {}, but {why}", answer.status) }
            }
            _ => by_status(answer.status, answer.body().is_null(), answer.retry_after),
        },
        rule: None,
    })
}

fn by_status(status: u16, unreadable: bool, after: Option<Duration>) -> Refusal {
    match status {
        429 => Refusal::RateLimited { after },
        500.. => Refusal::Unavailable { why: format!("status {status}") },
        300..400 => Refusal::Misconfigured {
            why: format!("status {status}: a redirect is not followed with a password"),
        },
        404 | 405 | 415 => Refusal::Misconfigured { why: format!("status {status} from the token endpoint") },
        _ if unreadable => Refusal::Unavailable { why: format!("status {status} and no JSON") },
        _ => Refusal::Unknown { why: format!("status {status}") },
    }
}

//! How the legacy system treats refresh tokens, and what an answer to a refresh means: the person is out, the system does not work, or
//! nobody knows what happened.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::answer::{Answer, NoAnswer};
use super::answer_rule::{AnswerRule, first_that_fits};
use super::description::TokenEndpoint;
use super::facts::Facts;
use super::request::RequestDescription;
use super::token_answer::TokenAnswer;

/// The refresh grant.
#[derive(Clone, Debug)]
pub struct RefreshDescription {
    /// How it is asked for.
    pub call: RefreshRequest,
    /// What becomes of a token that is used.
    pub rotation: Rotation,
    /// How long a refresh token lasts, as far as its administrator knows: for explanations, nothing is decided by it.
    pub lifetime: Option<Duration>,
    /// What its refusals mean, before what [`class_of`] takes them for.
    pub classes: Vec<ClassRule>,
}

/// How a refresh is asked for.
#[derive(Clone, Debug)]
pub enum RefreshRequest {
    /// At a token endpoint, by the grant of RFC 6749 §6.
    Grant(Box<TokenEndpoint>),
    /// By any request.
    Request(Box<RequestDescription>, Box<TokenAnswer>),
}

/// What becomes of a refresh token that is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// It stays.
    None,
    /// It is replaced, and the old one may be used once more when the answer was lost.
    Rotate,
    /// It is replaced, and the old one is dead.
    SingleUse,
    /// The same, and a new sign-in of the user through the same client ends it too.
    OnePerUserClient,
}

impl Rotation {
    /// Whether a token may be shown again when nobody knows whether it was spent.
    pub const fn forgives_a_second_try(self) -> bool {
        matches!(self, Self::None | Self::Rotate)
    }
}

/// How an answer is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The person is out: their sessions end.
    Fatal,
    /// The system does not work now: everything stays, and is tried again later.
    Transient,
    /// Nobody knows whether the token was spent.
    Unknown,
}

/// Why a refresh gave nothing. `why` names places and states, never what was sent or received.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{class:?}: {why}")]
pub struct RefreshTrouble {
    /// What it means.
    pub class: Class,
    /// What happened.
    pub why: String,
    /// How long the system says to wait.
    pub after: Option<Duration>,
    /// Whether it was said by a system that works, so that nobody has to leave it alone.
    pub works: bool,
}

impl RefreshTrouble {
    pub(super) fn transient(why: impl Into<String>) -> Self {
        Self { class: Class::Transient, why: why.into(), after: None, works: false }
    }

    pub(super) fn unknown(why: impl Into<String>) -> Self {
        Self { class: Class::Unknown, ..Self::transient(why) }
    }
}

/// What a refusal of a refresh means.
pub type ClassRule = AnswerRule<Class>;

/// What a refusal means. The first rule that fits decides; without one only `invalid_grant` (RFC 6749 §5.2) says that the person is out,
/// and whatever else went wrong is ours or the system's, not theirs.
pub(super) fn class_of(rules: &[ClassRule], answer: &Answer, known: &Facts<'_>) -> Class {
    if let Some((_, class)) = first_that_fits(rules, answer, known) {
        return *class;
    }
    let error = answer.body().get("error").and_then(Value::as_str);
    match (answer.status, error) {
        (400 | 401, Some("invalid_grant")) => Class::Fatal,
        // A success that cannot be read: the token is spent, and its successor is not in our hands.
        (200..300, _) => Class::Unknown,
        _ => Class::Transient,
    }
}

impl From<NoAnswer> for RefreshTrouble {
    fn from(none: NoAnswer) -> Self {
        let (class, why) = match none {
            NoAnswer::NotSent(why)
            | NoAnswer::Unfit(why)
            | NoAnswer::Missing(why)
            | NoAnswer::NoRequest(why) => (Class::Transient, why),
            NoAnswer::Lost(why) => (Class::Unknown, why),
        };
        Self { class, why, after: None, works: false }
    }
}

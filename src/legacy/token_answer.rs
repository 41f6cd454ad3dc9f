//! Where the tokens stand in an answer, and whether it is a success at all.

use serde_json::Value;

use super::answer::{Answer, Format};
use super::answer_rule::Conditions;
use super::expiry::{ExpiresAs, lifetime};
use super::facts::Facts;
use super::formula::Formula;
use super::jwt;
use super::tokens::LegacyTokens;
use crate::secret::Secret;
use crate::time::Timestamp;

/// Where the tokens stand.
#[derive(Clone, Debug)]
pub struct TokenAnswer {
    /// Under which key this stands, such as `legacy.login`.
    pub key: String,
    /// What the body is written in.
    pub format: Format,
    /// The statuses of a success.
    pub status: Vec<u16>,
    /// What must be true of a success besides.
    pub success: Vec<Conditions>,
    /// The access token; none for a system that gives no tokens.
    pub access_token: Option<Formula>,
    /// The refresh token.
    pub refresh_token: Formula,
    /// How long the access token can be used,
    pub expires: Formula,
    /// and how that is told.
    pub expires_as: ExpiresAs,
}

/// What is no success.
pub(super) struct Unread {
    /// The answer as it is.
    pub(super) answer: Answer,
    /// What is missing in it, where its status is that of a success.
    pub(super) why: Option<String>,
}

/// A success.
pub(super) struct Granted {
    /// The tokens, where the system gives any.
    pub(super) tokens: Option<LegacyTokens>,
    /// The answer, with the tokens in it.
    pub(super) answer: Answer,
}

impl TokenAnswer {
    /// The tokens of `answer` when it is a success; the answer as it is when it is none.
    pub(super) fn read(
        &self,
        answer: Answer,
        known: &Facts<'_>,
        legacy_client: &str,
        now: Timestamp,
    ) -> Result<Granted, Box<Unread>> {
        let facts = answer.facts(known);
        let holds = |conditions: &Conditions| conditions.hold(answer.status, &facts);
        if !self.status.contains(&answer.status) {
            return Err(Box::new(Unread { answer, why: None }));
        }
        if let Some(index) = self.success.iter().position(|conditions| !holds(conditions)) {
            let why = Some(format!("{}.success[{index}] does not hold", self.key));
            return Err(Box::new(Unread { answer, why }));
        }
        let Some(place) = &self.access_token else { return Ok(Granted { tokens: None, answer }) };
        let Some(access_token) = place.text(&facts) else {
            let place = match place {
                Formula::At(whole) if whole.as_str().is_empty() => "no text is the body".to_owned(),
                place => format!("no text stands at {place}"),
            };
            let why = Some(format!("{place} ({}.access_token)", self.key));
            return Err(Box::new(Unread { answer, why }));
        };
        let over_there = answer.date.unwrap_or(now);
        let left = match self.expires_as {
            // A token may tell of itself.
            ExpiresAs::Jwt if self.expires == Formula::pointer("/expires_in") => {
                lifetime(&Value::from(access_token.as_str()), ExpiresAs::Jwt, over_there)
            }
            told_as => self.expires.value(&facts).and_then(|value| lifetime(&value, told_as, over_there)),
        };
        let tokens = LegacyTokens {
            legacy_client: legacy_client.to_owned(),
            refresh_token: self.refresh_token.text(&facts).map(Secret::from),
            access_token: Secret::from(access_token),
            lifetime: left,
        };
        Ok(Granted { tokens: Some(tokens), answer })
    }
}

impl Granted {
    /// The tokens, for whoever must never show them.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.tokens.iter().flat_map(tokens_of)
    }

    /// What may be remembered of the answer: claims are made from it, so it holds no token. The body, and `status`, `header` and
    /// `cookie`.
    pub(super) fn into_remembered(self) -> (Value, Value) {
        let Self { tokens, answer } = self;
        let secrets: Vec<&str> = tokens.iter().flat_map(tokens_of).map(Secret::expose).collect();
        remembered(answer, &secrets)
    }
}

fn tokens_of(tokens: &LegacyTokens) -> impl Iterator<Item = &Secret> {
    std::iter::once(&tokens.access_token).chain(&tokens.refresh_token)
}

/// The body of an answer, and the rest of it, without `secrets` and without any JWT.
pub(super) fn remembered(answer: Answer, secrets: &[&str]) -> (Value, Value) {
    let mut document = answer.document;
    forget(&mut document, secrets);
    let body = document.get_mut("body").map(Value::take).unwrap_or_default();
    if let Some(rest) = document.as_object_mut() {
        rest.remove("body");
        rest.remove("text");
    }
    (body, document)
}

fn forget(value: &mut Value, secrets: &[&str]) {
    match value {
        Value::String(text) if secrets.contains(&text.as_str()) || jwt::looks_like_one(text) => {
            *value = Value::Null
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| forget(element, secrets)),
        Value::Object(members) => members.values_mut().for_each(|member| forget(member, secrets)),
        _ => {}
    }
}

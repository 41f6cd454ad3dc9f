//! The calls beside the login: those before it, whose answers it uses, and those after it, which tell who the person is. Each can use what came
//! before.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use super::answer::{Answer, NoAnswer, unavailable};
use super::description::{BeforeStep, Expected, ProfileStep, With};
use super::error_rule::{ErrorRule, Judging, by_rule};
use super::exchange::{Exchange, unmade};
use super::facts::Facts;
use super::paging::{Paging, Turn};
use super::refusal::Refusal;
use super::token_answer::remembered;
use crate::secret::Secret;
use crate::time::{Clock, Timestamp};

/// What is known of a sign-in so far: answers by the names of their steps. It holds no secret, since claims are made of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Known(pub(super) Value);

impl Known {
    pub(super) fn new(first: Value) -> Self {
        Self(first)
    }

    /// Keeps the body of an answer under its step's name, and the rest of it under `from`.
    pub(super) fn remember(&mut self, step: &str, body: Value, rest: Value) {
        let Some(document) = self.0.as_object_mut() else { return };
        document.insert(step.to_owned(), body);
        let from = document.entry("from").or_insert_with(|| Value::Object(Map::new()));
        if let Some(from) = from.as_object_mut() {
            from.insert(step.to_owned(), rest);
        }
    }

    /// Forgets all that a step gave.
    fn forget(&mut self, step: &str) {
        let Some(document) = self.0.as_object_mut() else { return };
        document.remove(step);
        if let Some(from) = document.get_mut("from").and_then(Value::as_object_mut) {
            from.remove(step);
        }
    }

    pub(super) fn put(&mut self, name: &str, value: Value) {
        if let Some(document) = self.0.as_object_mut() {
            document.insert(name.to_owned(), value);
        }
    }
}

/// The calls.
pub(super) struct Steps {
    pub(super) exchange: Exchange,
    pub(super) before: Vec<BeforeStep>,
    pub(super) profile: Vec<ProfileStep>,
    pub(super) errors: BTreeMap<String, Vec<ErrorRule>>,
    pub(super) clock: Clock,
    /// What steps gave whose answers are good for a while, and until when.
    pub(super) kept: Mutex<BTreeMap<String, (Value, Value, Timestamp)>>,
}

impl Steps {
    /// The calls before the login. `layer` holds what was typed but the password.
    pub(super) async fn go_before(&self, layer: &Value, known: &mut Known) -> Result<(), Refusal> {
        for step in &self.before {
            let name = &step.name;
            if let Some((body, rest)) = self.kept(name) {
                known.remember(name, body, rest);
                continue;
            }
            let below = Facts::of(&known.0);
            let facts = Facts::over(layer, &below);
            let answer = self.exchange.ask(name, &step.request, &facts, step.format).await?;
            if !step.status.contains(&answer.status) {
                return Err(unavailable(format!("step {name}: status {}", answer.status)));
            }
            // These answers feed requests, tokens of a service among them; the caller forgets them before claims are made.
            let Answer { mut document, .. } = answer;
            let body = document.get_mut("body").map(Value::take).unwrap_or_default();
            self.keep(step, &body, &document);
            known.remember(name, body, document);
        }
        Ok(())
    }

    /// Forgets what stands in the answers of the calls before the login that claims must not show.
    pub(super) fn forget_before(&self, known: &mut Known) {
        for step in &self.before {
            known.forget(&step.name);
        }
    }

    fn kept(&self, name: &str) -> Option<(Value, Value)> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(name)
            .filter(|(_, _, until)| *until > self.clock.now())
            .map(|(body, rest, _)| (body.clone(), rest.clone()))
    }

    fn keep(&self, step: &BeforeStep, body: &Value, rest: &Value) {
        if let Some(cache) = step.cache {
            let until = self.clock.now() + cache;
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.insert(step.name.clone(), (body.clone(), rest.clone(), until));
        }
    }

    /// The calls after the login. `token` is the person's; `service` that of the service account.
    pub(super) async fn go_after(
        &self,
        layer: impl Fn(Option<&Secret>) -> Value,
        tokens: (Option<&Secret>, Option<&Secret>),
        known: &mut Known,
    ) -> Result<(), Refusal> {
        for step in &self.profile {
            let token = match step.with {
                With::Person => tokens.0,
                With::ServiceAccount => tokens.1,
            };
            let layer = layer(token);
            match self.profile_step(step, &layer, known).await {
                Ok((body, rest)) => {
                    let secrets: Vec<&str> = token.into_iter().map(Secret::expose).collect();
                    let (body, rest) = remembered(Answer::of_parts(body, rest), &secrets);
                    known.remember(&step.name, body, rest);
                }
                Err(refusal) if step.optional && !decides(&refusal) => {
                    self.exchange.note(&step.name, || format!("left out: {refusal}"));
                    known.remember(&step.name, Value::Null, Value::Null);
                }
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(())
    }

    async fn profile_step(
        &self,
        step: &ProfileStep,
        layer: &Value,
        known: &Known,
    ) -> Result<(Value, Value), Refusal> {
        let below = Facts::of(&known.0);
        let facts = Facts::over(layer, &below);
        let asked = self.exchange.ask(&step.name, &step.request, &facts, step.format).await;
        let answer = asked.map_err(|none| match none {
            // What should say who it is was not said.
            NoAnswer::Missing(why) => Refusal::NoImmutableId { why },
            none => none.into(),
        })?;
        let answer = self.judged(step, answer, &facts)?;
        let (body, rest) = match &step.paging {
            None => split(answer),
            Some(paging) => self.all_pages(step, paging, answer, &facts).await?,
        };
        let name = &step.name;
        match &step.expect {
            None => Ok((body, rest)),
            Some(expected) => one_row(expected, body, &facts)
                .map(|row| (row, rest))
                .map_err(|why| Refusal::NoImmutableId { why: format!("profile step {name}: {why}") }),
        }
    }

    /// The answer, unless it or a rule of its step lets nobody in.
    fn judged(&self, step: &ProfileStep, answer: Answer, facts: &Facts<'_>) -> Result<Answer, Refusal> {
        let name = &step.name;
        let judging = Judging {
            base_url: &self.exchange.base_url,
            known: facts,
            now: self.clock.now(),
            kept: None,
            code_was_sent: false,
            unread: None,
        };
        let rules = self.errors.get(name).map(Vec::as_slice).unwrap_or_default();
        if let Some(verdict) = by_rule(rules, &answer, &judging) {
            self.exchange.note(name, || verdict.told());
            return Err(verdict.refusal);
        }
        match answer.status {
            200 if answer.body().is_null() => Err(unavailable(format!("profile step {name}: no JSON"))),
            200 => Ok(answer),
            401 => Err(Refusal::TokenRefused {
                why: format!("profile step {name}: status 401 with the token that was just given"),
            }),
            403 => Err(Refusal::Misconfigured {
                why: format!("profile step {name}: status 403 with the token that was just given"),
            }),
            status => Err(unavailable(format!("profile step {name}: status {status}"))),
        }
    }

    /// The elements of all pages as one list. A page that brings nothing new ends it.
    async fn all_pages(
        &self,
        step: &ProfileStep,
        paging: &Paging,
        first: Answer,
        facts: &Facts<'_>,
    ) -> Result<(Value, Value), Refusal> {
        let name = &step.name;
        let mut elements: Vec<Value> = Vec::new();
        let mut turn = Turn::default();
        let mut answer = first;
        loop {
            let fresh = paging.elements(&answer);
            let fresh = fresh.ok_or_else(|| {
                unavailable(format!("profile step {name}: there is no list at {}", paging.items))
            })?;
            if !fresh.is_empty() && elements.ends_with(&fresh) {
                break;
            }
            let next = paging.next(&mut turn, &answer, fresh.len(), facts);
            elements.extend(fresh);
            let Some(next) = next else { break };
            if elements.len() > paging.most_items || turn.pages > paging.most_pages {
                return Err(unavailable(format!(
                    "profile step {name}: more than {} pages or {} elements",
                    paging.most_pages, paging.most_items
                )));
            }
            let filled = step.request.fill(&self.exchange.base_url, facts);
            let mut filled = filled.map_err(|unfilled| unmade(name, &unfilled))?;
            filled.url = next
                .applied(&filled.url)
                .ok_or_else(|| unavailable(format!("profile step {name}: its next page is no URL")))?;
            filled.headers.extend(self.exchange.about_the_visitor(facts));
            answer = self.judged(step, self.exchange.send(name, filled, step.format).await?, facts)?;
        }
        let (_, rest) = split(answer);
        Ok((Value::Array(elements), rest))
    }
}

/// Whether a refusal says something about the person, which an optional step may not hide.
fn decides(refusal: &Refusal) -> bool {
    !matches!(
        refusal,
        Refusal::Unavailable { .. }
            | Refusal::Misconfigured { .. }
            | Refusal::TokenRefused { .. }
            | Refusal::NoImmutableId { .. }
    )
}

fn split(answer: Answer) -> (Value, Value) {
    let mut document = answer.document;
    let body = document.get_mut("body").map(Value::take).unwrap_or_default();
    (body, document)
}

/// The one row that is the person. A search by prefix finds others too, and whoever takes the first row lets one person in as
/// another: so exactly one must carry the very name.
pub(super) fn one_row(expected: &Expected, mut answer: Value, known: &Facts<'_>) -> Result<Value, String> {
    let wanted =
        expected.same_as.text(known).ok_or_else(|| format!("there is nothing at {}", expected.same_as))?;
    let rows = answer.pointer_mut(expected.rows.as_str()).and_then(Value::as_array_mut);
    let rows = rows.ok_or_else(|| format!("there is no list at {}", expected.rows))?;
    let is_meant = |row: &Value| {
        // Old systems compare user names without case.
        expected.at.text(row).is_some_and(|found| found.to_lowercase() == wanted.to_lowercase())
    };
    let mut meant = rows.extract_if(.., |row| is_meant(row));
    match (meant.next(), meant.next()) {
        (Some(row), None) => Ok(row),
        (None, _) => Err("no row is the person's".to_owned()),
        (Some(_), Some(_)) => Err("more than one row is the person's".to_owned()),
    }
}

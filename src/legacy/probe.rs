//! The question whether a person is still good. A refresh that works does not answer it, since locked people can refresh at several
//! systems, and neither does a profile that comes with 200: so the configuration names what has to be true in it.

use serde_json::{Value, json};

use super::answer::{Answer, Format, NoAnswer};
use super::answer_rule::Conditions;
use super::description::Expected;
use super::exchange::Exchange;
use super::facts::Facts;
use super::formula::Formula;
use super::request::RequestDescription;
use super::steps::one_row;

/// The probe of the configuration.
#[derive(Clone, Debug)]
pub struct ProbeDescription {
    /// What is asked, with `/account/legacy_id` and `/account/user_name` to fill in.
    pub request: RequestDescription,
    /// What the body is written in.
    pub format: Format,
    /// Which row of the answer is the person.
    pub expect: Option<Expected>,
    /// Where the value stands that tells.
    pub at: Formula,
    /// What it is for a person who is still good; without it, it is enough that something stands there.
    pub equals: Option<Value>,
    /// What says besides that a person is out: one of these is enough.
    pub over: Vec<Conditions>,
}

/// What the legacy system says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Life {
    /// The person is still good.
    Alive,
    /// The person is out.
    Over,
    /// The access token is not taken (any more).
    TokenRefused,
    /// It says nothing that can be used; why, for the log.
    Unknown(String),
    /// It does not work.
    NoAnswer(String),
}

impl ProbeDescription {
    /// Asks, with a `layer` that holds the token.
    pub(super) async fn ask(
        &self,
        exchange: &Exchange,
        layer: &Value,
        legacy_id: &str,
        user_name: &str,
    ) -> Life {
        let known = json!({ "account": { "legacy_id": legacy_id, "user_name": user_name } });
        let below = Facts::of(&known);
        let facts = Facts::over(layer, &below);
        match exchange.ask("alive", &self.request, &facts, self.format).await {
            Err(NoAnswer::NotSent(why) | NoAnswer::Lost(why)) => Life::NoAnswer(why),
            Err(NoAnswer::Unfit(why) | NoAnswer::Missing(why) | NoAnswer::NoRequest(why)) => {
                Life::Unknown(why)
            }
            Ok(answer) => self.read(answer, &facts),
        }
    }

    fn read(&self, answer: Answer, known: &Facts<'_>) -> Life {
        let facts = answer.facts(known);
        if self.over.iter().any(|conditions| conditions.hold(answer.status, &facts)) {
            return Life::Over;
        }
        match answer.status {
            200..300 => {}
            401 => return Life::TokenRefused,
            status @ (429 | 500..) => return Life::NoAnswer(format!("status {status}")),
            status => return Life::Unknown(format!("status {status}")),
        }
        let Answer { mut document, .. } = answer;
        if let Some(expected) = &self.expect {
            let body = document.get_mut("body").map(Value::take).unwrap_or_default();
            match one_row(expected, body, known) {
                // A row that is not found was renamed or merged more often than it was removed.
                Err(why) => return Life::Unknown(why),
                Ok(row) => {
                    if let Some(document) = document.as_object_mut() {
                        document.insert("body".to_owned(), row);
                    }
                }
            }
        }
        let facts =
            Facts::within(document.get("body").unwrap_or(&Value::Null), &Facts::over(&document, known));
        match self.at.value(&facts) {
            Some(found) if self.equals.as_ref().is_none_or(|good| *found == *good) => Life::Alive,
            Some(_) => Life::Over,
            None => Life::Unknown(format!("there is nothing at {}", self.at)),
        }
    }
}

//! Fetches what the old system knows of a person: a chain of GETs with the person's own token, each able to use what came before.

use serde_json::{Map, Value};
use url::Url;

use super::answer::{Answer, unavailable};
use super::description::{Expected, ProfileStep};
use super::refusal::Refusal;
use crate::secret::Secret;

/// The chain.
pub(super) struct ProfileCalls {
    pub(super) steps: Vec<ProfileStep>,
    pub(super) base_url: String,
    pub(super) largest_answer: usize,
    pub(super) http: reqwest::Client,
}

impl ProfileCalls {
    /// Adds what each step answers to `document`, under the step's name.
    pub(super) async fn fetch(
        &self,
        token: &Secret,
        document: &mut Map<String, Value>,
    ) -> Result<(), Refusal> {
        for step in &self.steps {
            let known = Value::Object(std::mem::take(document));
            let found = self.step(step, token, &known).await;
            if let Value::Object(known) = known {
                *document = known;
            }
            document.insert(step.name.clone(), found?);
        }
        Ok(())
    }

    async fn step(&self, step: &ProfileStep, token: &Secret, known: &Value) -> Result<Value, Refusal> {
        let name = &step.name;
        let url = step
            .url
            .fill_url(&self.base_url, known)
            .map_err(|missing| Refusal::NoImmutableId { why: format!("profile step {name}: {missing}") })?;
        let url = Url::parse(&url)
            .map_err(|_| Refusal::Misconfigured { why: format!("profile step {name}: its URL is none") })?;
        let request = self.http.get(url).header("accept", "application/json").bearer_auth(token.expose());
        let answer = Answer::to(request, self.largest_answer).await?;
        match answer.status {
            200 if answer.json.is_null() => Err(unavailable(format!("profile step {name}: no JSON"))),
            200 => match &step.expect {
                None => Ok(answer.json),
                Some(expected) => one_row(expected, answer.json, known)
                    .map_err(|why| Refusal::NoImmutableId { why: format!("profile step {name}: {why}") }),
            },
            status @ (401 | 403) => Err(Refusal::Misconfigured {
                why: format!("profile step {name}: status {status} with the token that was just given"),
            }),
            status => Err(unavailable(format!("profile step {name}: status {status}"))),
        }
    }
}

/// The one row that is the person. A search by prefix finds others too, and whoever takes the first row lets one person in as
/// another: so exactly one must carry the very name.
pub(super) fn one_row(expected: &Expected, mut answer: Value, known: &Value) -> Result<Value, String> {
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

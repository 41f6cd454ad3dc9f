//! The question whether a person is still good. A refresh that works does not answer it, since locked people can refresh at several
//! systems, and neither does a profile that comes with 200: so the configuration names what has to be true in it.

use serde_json::{Value, json};
use url::Url;

use super::answer::{Answer, NoAnswer};
use super::description::Expected;
use super::place::Place;
use super::profile::one_row;
use super::template::Template;
use crate::secret::Secret;

/// The probe of the configuration.
#[derive(Clone, Debug)]
pub struct ProbeDescription {
    /// Where it is asked, with `/account/legacy_id` and `/account/user_name` to fill in.
    pub url: Template,
    /// Which row of the answer is the person.
    pub expect: Option<Expected>,
    /// Where the value stands that tells.
    pub at: Place,
    /// What it is for a person who is still good.
    pub equals: Value,
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

pub(super) struct Probe {
    pub(super) description: ProbeDescription,
    pub(super) base_url: String,
    pub(super) largest_answer: usize,
    pub(super) http: reqwest::Client,
}

impl Probe {
    pub(super) async fn ask(&self, token: &Secret, legacy_id: &str, user_name: &str) -> Life {
        let known = json!({ "account": { "legacy_id": legacy_id, "user_name": user_name } });
        let url = self.description.url.fill_url(&self.base_url, &known).ok();
        let Some(url) = url.and_then(|url| Url::parse(&url).ok()) else {
            return Life::Unknown("its URL is none".to_owned());
        };
        let request = self.http.get(url).header("accept", "application/json").bearer_auth(token.expose());
        match Answer::to(request, self.largest_answer).await {
            Err(NoAnswer::NotSent(why) | NoAnswer::Lost(why)) => Life::NoAnswer(why),
            Ok(answer) => self.read(answer, &known),
        }
    }

    fn read(&self, answer: Answer, known: &Value) -> Life {
        match answer.status {
            200 => {}
            401 => return Life::TokenRefused,
            status @ (429 | 500..) => return Life::NoAnswer(format!("status {status}")),
            status => return Life::Unknown(format!("status {status}")),
        }
        let document = match &self.description.expect {
            None => Ok(answer.json),
            Some(expected) => one_row(expected, answer.json, known),
        };
        match document {
            // A row that is not found was renamed or merged more often than it was removed.
            Err(why) => Life::Unknown(why),
            Ok(document) => match self.description.at.find(&document) {
                Some(found) if *found == self.description.equals => Life::Alive,
                Some(_) => Life::Over,
                None => Life::Unknown(format!("there is nothing at {}", self.description.at)),
            },
        }
    }
}

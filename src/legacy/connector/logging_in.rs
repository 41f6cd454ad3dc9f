//! The login and what it needs before: from what was typed to tokens, or to a refusal in our words.

use serde_json::{Map, Value, json};

use super::layer::Carried;
use super::{Connector, Parts, Second, Typed};
use crate::legacy::answer::{Answer, NoAnswer, unavailable};
use crate::legacy::description::Login;
use crate::legacy::error_rule::{Judging, classify};
use crate::legacy::facts::Facts;
use crate::legacy::refusal::{Challenge, Refusal};
use crate::legacy::steps::Known;
use crate::legacy::token_answer::{Granted, TokenAnswer, Unread};
use crate::secret::Secret;

impl Connector {
    /// The login and what it needs before: the tokens, and what is known from then on.
    pub(super) async fn log_in(&self, typed: Typed<'_>) -> Result<(Granted, Known), Refusal> {
        let sent = self.user_name(typed.user_name).ok_or(Refusal::WrongCredentials)?;
        let typed = Typed { user_name: &sent, ..typed };
        let mut known = Known::new(json!({ "typed": { "user_name": sent } }));
        let Parts { description, steps, exchange, clock, .. } = &*self.0;
        let nothing_secret = self.layer(Carried {
            typed: Some(Typed { password: None, second: None, ..typed }),
            ..Carried::default()
        });
        steps.go_before(&nothing_secret, &mut known).await?;
        let layer = self.layer(Carried { typed: Some(typed), ..Carried::default() });
        let (step, answered, reading) = {
            let below = Facts::of(&known.0);
            let facts = Facts::over(&layer, &below);
            match (typed.second, &description.challenge) {
                (Some(_), None) => {
                    return Err(Refusal::Misconfigured { why: "there is no [legacy.challenge]".to_owned() });
                }
                (Some(_), Some(challenge)) => {
                    let answer = exchange
                        .ask("challenge", &challenge.request, &facts, challenge.answer.format)
                        .await
                        .map_err(unsent)?;
                    ("challenge", answer, &challenge.answer)
                }
                (None, _) => ("login", self.ask_login(typed, &facts).await?, description.login.answer()),
            }
        };
        let below = Facts::of(&known.0);
        let facts = Facts::over(&layer, &below);
        match reading.read(answered, &facts, self.legacy_client(), clock.now()) {
            Ok(granted) => {
                exchange.warn_of(granted.secrets());
                exchange.note(step, || found(&granted, reading));
                let granted = self.learnt(granted, &mut known)?;
                Ok((granted, known))
            }
            Err(unread) => {
                let Unread { answer, why } = *unread;
                let judging = Judging {
                    base_url: &exchange.base_url,
                    known: &facts,
                    now: clock.now(),
                    kept: self.kept(&answer, &facts, typed.second),
                    code_was_sent: typed.second.is_some(),
                    unread: why,
                };
                let verdict = classify(&description.errors, &answer, &judging);
                exchange.warn_of(judging.kept.iter().map(|challenge| &challenge.kept));
                exchange.note(step, || verdict.told());
                Err(verdict.refusal)
            }
        }
    }

    pub(super) async fn ask_login(&self, typed: Typed<'_>, facts: &Facts<'_>) -> Result<Answer, Refusal> {
        let nothing = Secret::from("");
        let asked = match (&self.0.login, &self.0.description.login) {
            (Some(call), _) => {
                call.password(typed.user_name, typed.password.unwrap_or(&nothing), facts).await
            }
            (None, Login::Request(request, answer)) => {
                self.0.exchange.ask("login", request, facts, answer.format).await
            }
            (None, Login::Grant(_)) => {
                return Err(unavailable("the token endpoint cannot be called".to_owned()));
            }
        };
        asked.map_err(unsent)
    }

    /// What has to be kept of an answer that asks for a second factor.
    pub(super) fn kept(
        &self,
        answer: &Answer,
        known: &Facts<'_>,
        before: Option<Second<'_>>,
    ) -> Option<Challenge> {
        let challenge = self.0.description.challenge.as_ref()?;
        let facts = answer.facts(known);
        let mut kept: Map<String, Value> =
            before.and_then(|before| serde_json::from_str(before.kept.expose()).ok()).unwrap_or_default();
        for (name, formula) in &challenge.keep {
            if let Some(value) = formula.value(&facts) {
                kept.insert(name.clone(), value.into_owned());
            }
        }
        let kept = Secret::from(Value::Object(kept).to_string());
        Some(Challenge { kept, wants_password: challenge.wants_password })
    }

    /// Puts what was granted among what is known: the answer and the claims of its JWT, but no token.
    pub(super) fn learnt(&self, granted: Granted, known: &mut Known) -> Result<Granted, Refusal> {
        if let Some(jwt) = &self.0.description.jwt {
            let below = Facts::of(&known.0);
            let token = jwt.from.text(&granted.answer.facts(&below));
            let why = |why: String| Refusal::NoImmutableId { why: format!("legacy.jwt: {why}") };
            let token = token.ok_or_else(|| why(format!("there is nothing at {}", jwt.from)))?;
            let claims = jwt.claims(&token).map_err(why)?;
            known.put("jwt", claims);
        }
        let tokens = granted.tokens.clone();
        let status = granted.answer.status;
        let (body, rest) = granted.into_remembered();
        known.remember("answer", body.clone(), rest.clone());
        Ok(Granted { tokens, answer: Answer { status, ..Answer::of_parts(body, rest) } })
    }

    /// Changes a password, once.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn change_password(&self, typed: Typed<'_>, new_password: &Secret) -> Result<(), Refusal> {
        let Parts { description, exchange, clock, steps, .. } = &*self.0;
        let Some(change) = &description.change_password else {
            return Err(Refusal::Misconfigured { why: "there is no [legacy.change_password]".to_owned() });
        };
        let sent = self.user_name(typed.user_name).ok_or(Refusal::WrongCredentials)?;
        let typed = Typed { user_name: &sent, ..typed };
        let call = async {
            let mut known = Known::new(json!({ "typed": { "user_name": sent } }));
            let nothing_secret =
                self.layer(Carried { typed: Some(Typed { password: None, ..typed }), ..Carried::default() });
            steps.go_before(&nothing_secret, &mut known).await?;
            let layer = self.layer(Carried {
                typed: Some(typed),
                new_password: Some(new_password),
                ..Carried::default()
            });
            let below = Facts::of(&known.0);
            let facts = Facts::over(&layer, &below);
            let answer = exchange.ask("change_password", &change.request, &facts, change.format).await?;
            let judging = Judging {
                base_url: &exchange.base_url,
                known: &facts,
                now: clock.now(),
                kept: None,
                code_was_sent: false,
                unread: None,
            };
            if change.status.contains(&answer.status) {
                return Ok(());
            }
            Err(classify(&description.errors, &answer, &judging).refusal)
        };
        self.guarded(call).await
    }
}

/// Why nothing came of sending what was typed. What cannot even be sent is nobody's password, and says nothing about the system.
fn unsent(none: NoAnswer) -> Refusal {
    match none {
        NoAnswer::Unfit(_) => Refusal::WrongCredentials,
        none => none.into(),
    }
}

/// What was found in an answer, for whoever watches.
pub(super) fn found(granted: &Granted, reading: &TokenAnswer) -> String {
    let place = reading.access_token.as_ref().map_or_else(|| "nowhere".to_owned(), ToString::to_string);
    match &granted.tokens {
        None => "success; this system gives no token".to_owned(),
        Some(tokens) => format!(
            "success; access token at {place}, {}, {}",
            match tokens.refresh_token {
                Some(_) => format!("refresh token at {}", reading.refresh_token),
                None => "no refresh token".to_owned(),
            },
            tokens.lifetime.map_or_else(
                || "lifetime not told".to_owned(),
                |left| format!("good for {} s", left.as_secs())
            ),
        ),
    }
}

//! `[legacy.token]` or `[legacy.login]`, and what goes with the login: `[[legacy.before]]`, `[legacy.challenge]`, `[legacy.jwt]`,
//! `[legacy.service_account]`.

use std::sync::Arc;

use serde_json::Value;

use super::Reader;
use super::names::{Names, Whence};
use super::requests::{Purpose, usual_answer, without_token};
use crate::config::reading::{element, key};
use crate::keys::client_keys::ClientKeys;
use crate::legacy::description::{
    BeforeStep, ChallengeDescription, ClientPlace, LegacyClient, Login, ServiceAccount, TokenEndpoint,
};
use crate::legacy::formula::Formula;
use crate::legacy::jwt::{JwtDescription, JwtTrust};
use crate::legacy::request::RequestDescription;
use crate::legacy::token_answer::TokenAnswer;
use crate::legacy::written::{
    RawBefore, RawChallenge, RawClientPlace, RawJwt, RawLogin, RawServiceAccount, RawToken, TrustWord,
};

/// Form fields that the bridge fills in itself.
const FILLED_IN: [&str; 5] = ["grant_type", "username", "password", "client_id", "client_secret"];
/// The most calls before the login.
const MOST_BEFORE: usize = 3;

impl Reader<'_> {
    pub(super) fn login(
        &mut self,
        token: RawToken,
        login: Option<RawLogin>,
        base_url: Option<&str>,
        client: Option<&LegacyClient>,
    ) -> Option<Login> {
        match login {
            None => self.token(token, base_url, client).map(Box::new).map(Login::Grant),
            Some(_) if token.url.is_some() => {
                self.problem(
                    "login",
                    "either [legacy.token], a token endpoint, or [legacy.login], any other request",
                );
                None
            }
            Some(mut login) => {
                let answer = self.login_answer(login.take_answer(), "login");
                let request = self.request(login.take_request(), base_url, "login", Purpose::Does);
                let request = without_token(request?);
                Some(Login::Request(Box::new(request), Box::new(answer?)))
            }
        }
    }

    fn token(
        &mut self,
        mut raw: RawToken,
        base_url: Option<&str>,
        client: Option<&LegacyClient>,
    ) -> Option<TokenEndpoint> {
        let template = self.needed(
            raw.url.take(),
            "token.url",
            "such as \"{base_url}/token\"; or set preset = \"imis\", or write [legacy.login]",
        );
        let url = template
            .zip(base_url)
            .and_then(|(template, base_url)| self.fixed_url(&template, base_url, "token.url"));
        for (name, value) in &raw.fields {
            if FILLED_IN.contains(&name.as_str()) {
                self.problem(
                    &key("token.fields", name),
                    "the bridge fills this field in; a client stands as client_id and client_secret under [legacy], with token.client",
                );
            }
            self.template(value, &key("token.fields", name), Whence::Request);
        }
        let client = match (raw.client.unwrap_or(RawClientPlace::None), client) {
            (RawClientPlace::None, _) => ClientPlace::None,
            (RawClientPlace::Body, Some(client)) => ClientPlace::Body(client.clone()),
            (RawClientPlace::Basic, Some(client)) if client.secret.is_some() => {
                ClientPlace::Basic(client.clone())
            }
            (RawClientPlace::Body, None) => {
                self.problem(
                    "token.client",
                    "needs client_id under [legacy], and client_secret if there is one",
                );
                ClientPlace::None
            }
            (RawClientPlace::Basic, _) => {
                self.problem("token.client", "needs client_id and client_secret under [legacy]");
                ClientPlace::None
            }
        };
        let answer = self.login_answer(raw.take_answer(), "token");
        Some(TokenEndpoint {
            url: url?,
            username_field: raw.username_field.unwrap_or_else(|| "username".to_owned()),
            password_field: raw.password_field.unwrap_or_else(|| "password".to_owned()),
            fields: raw.fields,
            client,
            refresh_field: "refresh_token".to_owned(),
            answer: answer?,
        })
    }

    /// Where the login's answer has the tokens: that must be said.
    fn login_answer(&mut self, raw: crate::legacy::written::RawAnswer, at: &str) -> Option<TokenAnswer> {
        let tokens = raw.gives_tokens != Some(false);
        let unsaid = raw.access_token.is_none();
        let status = raw.success_status.is_some() || !raw.success.is_empty();
        let answer = self.token_answer(raw, &usual_answer(), at);
        if tokens && unsaid {
            let missing =
                "where the token stands in the answer, such as \"/access_token\"; or gives_tokens = false";
            self.needed(None::<Formula>, &key(at, "access_token"), missing)?;
        }
        if !tokens && !status {
            self.problem(
                &key(at, "success"),
                "without a token something else must tell a success: success_status or success",
            );
        }
        Some(answer)
    }

    pub(super) fn before(&mut self, raw: Vec<RawBefore>, base_url: Option<&str>) -> Vec<BeforeStep> {
        if raw.len() > MOST_BEFORE {
            self.problem("before", format!("at most {MOST_BEFORE} calls before the login"));
        }
        let mut steps: Vec<BeforeStep> = Vec::new();
        for (index, mut step) in raw.into_iter().enumerate() {
            let at = element("before", index, step.name.as_deref());
            let name =
                self.step_name(step.name.take(), &at, |name| steps.iter().any(|known| known.name == name));
            let (format, status) = (step.format.take().unwrap_or_default(), step.success_status.take());
            let cache = step.cache.map(|span| span.duration());
            let Some(request) = self.request(step.take_request(), base_url, &at, Purpose::Reads) else {
                continue;
            };
            if cache.is_some() && of_a_person(&request) {
                self.problem(
                    &key(&at, "cache"),
                    "what is asked with somebody's user name or address is good for nobody else",
                );
            }
            steps.push(BeforeStep {
                name,
                request: without_token(request),
                format,
                status: status.map_or_else(|| vec![200], |statuses| statuses.0),
                cache,
            });
        }
        steps
    }

    /// The name of a step, which no other has.
    pub(super) fn step_name(
        &mut self,
        written: Option<String>,
        at: &str,
        exists: impl Fn(&str) -> bool,
    ) -> String {
        let name = self
            .needed(written, &key(at, "name"), "under which later keys find the answer")
            .unwrap_or_default();
        if name.contains(['/', '~']) || Names::is_taken(&name) || exists(&name) {
            self.problem(
                &key(at, "name"),
                "taken, or not plain: `answer` and `typed` exist already, and each step has its own name",
            );
        }
        name
    }

    pub(super) fn challenge(
        &mut self,
        mut raw: RawChallenge,
        base_url: Option<&str>,
        login: Option<&Login>,
    ) -> Option<ChallengeDescription> {
        for (name, formula) in &raw.keep {
            self.formula(formula, &key("challenge.keep", name), Whence::Answer);
        }
        let usual = login.map_or_else(usual_answer, |login| login.answer().clone());
        let answer = self.token_answer(raw.take_answer(), &usual, "challenge");
        let request = self.request(raw.take_request(), base_url, "challenge", Purpose::Does)?;
        let sends = |name: &str| {
            request
                .templates()
                .iter()
                .any(|(_, template)| template.formulas().any(|formula| names(formula, name)))
        };
        if !sends("code") {
            self.problem(
                "challenge",
                "the request sends no second factor: {/typed/code} stands nowhere in it",
            );
        }
        let wants_password = sends("password");
        Some(ChallengeDescription { request: without_token(request), keep: raw.keep, answer, wants_password })
    }

    pub(super) fn jwt(&mut self, raw: RawJwt) -> Option<JwtDescription> {
        let from = self.needed(
            raw.from,
            "jwt.from",
            "where the JWT stands in the login's answer, such as \"/access_token\"",
        );
        if let Some(from) = &from {
            self.formula(from, "jwt.from", Whence::Answer);
        }
        let what = "\"transport\": its claims are believed because they came over TLS from the system itself; or \"signature\", with jwks_file";
        let trust = match (self.needed(raw.trust, "jwt.trust", what)?, raw.jwks_file) {
            (TrustWord::Transport, None) => JwtTrust::Transport,
            (TrustWord::Transport, Some(_)) => {
                self.problem("jwt.jwks_file", "goes with trust = \"signature\"");
                return None;
            }
            (TrustWord::Signature, file) => {
                let file =
                    self.needed(file, "jwt.jwks_file", "the system's public keys as a JWK Set (RFC 7517)")?;
                let text = self.file(&file, "jwt.jwks_file")?;
                let keys = serde_json::from_slice::<Value>(&text).map_err(|_| "no JSON".to_owned());
                match keys.and_then(|keys| ClientKeys::from_jwks(&keys).map_err(|error| error.to_string())) {
                    Ok(keys) => JwtTrust::Keys(Arc::new(keys)),
                    Err(why) => {
                        self.problem("jwt.jwks_file", why);
                        return None;
                    }
                }
            }
        };
        Some(JwtDescription { from: from?, trust })
    }

    pub(super) fn service_account(&mut self, raw: RawServiceAccount) -> Option<ServiceAccount> {
        let user_name = self.needed(raw.user_name, "service_account.user_name", "the account's user name");
        let password = self.needed(raw.password, "service_account.password", "the account's password");
        let password = password.and_then(|source| self.secret(&source, "service_account.password"));
        Some(ServiceAccount { user_name: user_name?, password: password? })
    }
}

/// Whether a formula is, or begins from, what was typed under this name.
fn names(formula: &Formula, name: &str) -> bool {
    match formula {
        Formula::At(place) => place.as_str() == format!("/typed/{name}"),
        Formula::Made(expression) => expression.to_string().contains(&format!("typed.{name}")),
    }
}

fn of_a_person(request: &RequestDescription) -> bool {
    let mut roots = request
        .templates()
        .into_iter()
        .flat_map(|(_, template)| template.formulas().flat_map(Formula::roots).collect::<Vec<_>>());
    roots.any(|root| matches!(root.as_str(), "typed" | "visitor"))
}

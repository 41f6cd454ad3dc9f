//! `POST /token`: the password grant without a client, the refresh grant with the client's credentials in the body.
//! It is strict where the real one is merely silent: a field too many is refused, so that a bridge that sends one is seen.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde::Serialize;
use serde_json::json;

use super::people::{People, SignInRefusal};
use super::person::Person;
use super::settings::{Console, Settings};
use super::tokens::TokenBook;
use super::{chance, form};

#[derive(Clone)]
pub(super) struct TokenEndpoint {
    pub console: Console,
    pub people: People,
    pub tokens: TokenBook,
}

type Fields = [(String, String)];

/// Both spellings of the path are in use out there.
pub(super) fn router(endpoint: TokenEndpoint) -> Router {
    Router::new().route("/token", post(token)).route("/Token", post(token)).with_state(endpoint)
}

async fn token(State(endpoint): State<TokenEndpoint>, body: Bytes) -> Response {
    let answer = endpoint.answer(&form::fields(&body), chance::now());
    let response = match answer {
        Ok(granted) => Json(granted).into_response(),
        Err(refusal) => refusal.into_response(),
    };
    ([(header::CACHE_CONTROL, "no-cache"), (header::PRAGMA, "no-cache")], response).into_response()
}

/// The answer, with the keys of the real one in the order of the real one.
#[derive(Serialize)]
struct Granted {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(rename = "userName")]
    user_name: String,
    /// Empty when no client took part.
    #[serde(rename = "as:client_id")]
    client_id: String,
    #[serde(rename = ".issued")]
    issued: String,
    #[serde(rename = ".expires")]
    expires: String,
}

enum Refusal {
    UnknownGrant,
    Malformed,
    BadClient,
    SignIn(SignInRefusal),
    RefreshTokenIsDead,
}

impl TokenEndpoint {
    fn answer(&self, fields: &Fields, now: Timestamp) -> Result<Granted, Refusal> {
        let settings = self.console.read();
        match form::value(fields, "grant_type") {
            Some("password") if settings.refresh_on_password => {
                self.password_with_client(fields, &settings, now)
            }
            Some("password") => self.password(fields, &settings, now),
            Some("refresh_token") => self.refresh(fields, &settings, now),
            _ => Err(Refusal::UnknownGrant),
        }
    }

    fn password(&self, fields: &Fields, settings: &Settings, now: Timestamp) -> Result<Granted, Refusal> {
        let exact = form::exactly(fields, ["grant_type", "username", "password"]);
        let [_, username, password] = exact.ok_or(Refusal::Malformed)?;
        let person = self.people.sign_in(username, password).map_err(Refusal::SignIn)?;
        Ok(self.grant(&person, None, settings, now))
    }

    fn password_with_client(
        &self,
        fields: &Fields,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Granted, Refusal> {
        let exact =
            form::exactly(fields, ["grant_type", "username", "password", "client_id", "client_secret"]);
        let [_, username, password, client_id, secret] = exact.ok_or(Refusal::BadClient)?;
        known_client(settings, client_id, secret)?;
        let person = self.people.sign_in(username, password).map_err(Refusal::SignIn)?;
        Ok(self.grant(&person, Some(client_id), settings, now))
    }

    /// The standing of the person is not looked at: at several systems a locked user can still refresh, so a bridge must not take
    /// a successful refresh for proof of life.
    fn refresh(&self, fields: &Fields, settings: &Settings, now: Timestamp) -> Result<Granted, Refusal> {
        let exact = form::exactly(fields, ["grant_type", "client_id", "client_secret", "refresh_token"]);
        let [_, client_id, secret, token] = exact.ok_or(Refusal::BadClient)?;
        known_client(settings, client_id, secret)?;
        let party_id = self.tokens.redeem(token, client_id, now).ok_or(Refusal::RefreshTokenIsDead)?;
        let person = self.people.by_party(&party_id).ok_or(Refusal::RefreshTokenIsDead)?;
        let granted = self.grant(&person, Some(client_id), settings, now);
        let other = self.tokens.mix_up().and_then(|party_id| self.people.by_party(&party_id));
        Ok(other.map_or(granted, |other| self.somebody_elses(&other, client_id, settings, now)))
    }

    /// What a broken cache in front of the system hands out: the answer that somebody else was given. The refresh token in it is the one
    /// that they hold, so that the mistake alone takes nothing away from them.
    fn somebody_elses(
        &self,
        other: &Person,
        client_id: &str,
        settings: &Settings,
        now: Timestamp,
    ) -> Granted {
        let theirs = self.tokens.living_refresh(&other.party_id, client_id, now);
        let client_of_a_new_one = if theirs.is_none() { Some(client_id) } else { None };
        let answer = self.grant(other, client_of_a_new_one, settings, now);
        Granted { refresh_token: theirs.or(answer.refresh_token), client_id: client_id.into(), ..answer }
    }

    fn grant(
        &self,
        person: &Person,
        client_id: Option<&str>,
        settings: &Settings,
        now: Timestamp,
    ) -> Granted {
        let refresh =
            |client| self.tokens.issue_refresh(&person.party_id, client, now + settings.refresh_lifetime);
        Granted {
            access_token: self.tokens.issue_access(&person.party_id, now, settings.access_lifetime),
            token_type: "bearer",
            expires_in: settings.access_lifetime.as_secs(),
            refresh_token: client_id.map(refresh),
            user_name: person.login.clone(),
            client_id: client_id.unwrap_or_default().into(),
            issued: rfc1123(now),
            expires: rfc1123(now + settings.access_lifetime),
        }
    }
}

fn known_client(settings: &Settings, client_id: &str, secret: &str) -> Result<(), Refusal> {
    let known = settings.client_id == client_id && settings.client_secret == secret;
    if known { Ok(()) } else { Err(Refusal::BadClient) }
}

/// `Thu, 14 Dec 2017 03:21:29 GMT`. Years that this form cannot tell do not occur.
fn rfc1123(time: Timestamp) -> String {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap_or_default()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (error, sentence) = match self {
            Self::UnknownGrant => ("unsupported_grant_type", "The grant type is not supported."),
            Self::Malformed => {
                ("invalid_request", "The request must have a user name and a password, and nothing else.")
            }
            Self::BadClient => {
                ("invalid_client", "The client application is not registered or its secret is wrong.")
            }
            Self::SignIn(refusal) => ("invalid_grant", refusal.sentence()),
            Self::RefreshTokenIsDead => ("invalid_grant", "The refresh token is no longer valid."),
        };
        (StatusCode::BAD_REQUEST, Json(json!({"error": error, "error_description": sentence})))
            .into_response()
    }
}

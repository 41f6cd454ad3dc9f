//! The promises of the stand-in for the old system, kept over HTTP: what the bridge's own tests rely on must itself be true.

#[path = "legacy_system/api.rs"]
mod api;
#[path = "legacy_system/faults.rs"]
mod faults;
#[path = "legacy_system/journal.rs"]
mod journal;
#[path = "legacy_system/people.rs"]
mod people;
#[path = "legacy_system/site.rs"]
mod site;
#[path = "legacy_system/token_endpoint.rs"]
mod token_endpoint;

use reqwest::{Method, RequestBuilder, Response, redirect};
use serde_json::Value;

use crate::legacy_system::{LegacySystem, Running, Settings, start};

const CLIENT: [(&str, &str); 2] = [("client_id", "passerelle"), ("client_secret", "legacy-client-secret")];

/// A system on a free port, and somebody who calls it.
struct Town {
    running: Running,
    http: reqwest::Client,
}

/// The status and the JSON of an answer.
struct Answer {
    status: u16,
    json: Value,
}

impl Town {
    async fn open() -> Self {
        Self::open_with(Settings::default()).await
    }

    /// Where the password grant wants the client and returns a refresh token.
    async fn open_with_refresh() -> Self {
        Self::open_with(Settings { refresh_on_password: true, ..Settings::default() }).await
    }

    async fn open_with(settings: Settings) -> Self {
        Self { running: start(settings, 0).await.unwrap(), http: client() }
    }

    fn system(&self) -> &LegacySystem {
        &self.running.system
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.base_url)
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(self.url(path))
    }

    async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        Answer::of(self.http.post(self.url("/token")).form(fields).send().await.unwrap()).await
    }

    async fn password(&self, login: &str, password: &str) -> Answer {
        self.token(&[("grant_type", "password"), ("username", login), ("password", password)]).await
    }

    async fn password_with_client(&self, login: &str, password: &str) -> Answer {
        let fields = [("grant_type", "password"), ("username", login), ("password", password)];
        self.token(&[&fields[..], &CLIENT].concat()).await
    }

    async fn refresh(&self, token: &str) -> Answer {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.token(&[&fields[..], &CLIENT].concat()).await
    }

    /// The access token of somebody with a seeded password.
    async fn access_token_of(&self, login: &str) -> String {
        let person = self.system().people.by_login(login).unwrap();
        self.password(login, &person.password).await.text("access_token")
    }

    async fn call(&self, method: Method, path: &str, token: &str, body: &Value) -> Answer {
        let request = self.http.request(method, self.url(path)).bearer_auth(token).json(body);
        Answer::of(request.send().await.unwrap()).await
    }

    async fn read(&self, path: &str, token: &str) -> Answer {
        Answer::of(self.get(path).bearer_auth(token).send().await.unwrap()).await
    }
}

impl Answer {
    async fn of(response: Response) -> Self {
        Self { status: response.status().as_u16(), json: response.json().await.unwrap_or_default() }
    }

    fn text(&self, key: &str) -> String {
        self.json[key].as_str().unwrap_or_else(|| panic!("no text {key} in {}", self.json)).to_owned()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this caller stands outside of the bridge, and no app hands it a client"
)]
fn client() -> reqwest::Client {
    // Already installed by another test is as good.
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    reqwest::Client::builder().redirect(redirect::Policy::none()).no_proxy().build().unwrap()
}

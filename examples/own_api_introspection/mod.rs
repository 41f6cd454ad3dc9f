//! The API: it takes access tokens of whatever form and asks the provider what each means (RFC 7662), as a client of its own that its
//! [[api]] names in `introspected_by`. It opens no token itself.

use std::error::Error;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::loopback::http::Http;
use crate::loopback::serving::{Port, Running};

/// The command line of the API.
#[derive(clap::Parser)]
#[command(about = "An API that asks the provider what an access token means")]
pub struct Settings {
    /// The provider.
    #[arg(long, default_value = "http://localhost:8080")]
    pub issuer: String,
    /// What the provider calls this API: the audience of an [[api]] there.
    #[arg(long, default_value = "https://api.example.org")]
    pub audience: String,
    /// As which client it asks.
    #[arg(long)]
    pub client_id: String,
    /// How it proves that.
    #[arg(long, env = "CLIENT_SECRET", hide_env_values = true)]
    pub client_secret: String,
    /// The loopback port to listen on.
    #[arg(long, default_value_t = 3002)]
    pub port: u16,
}

#[derive(Clone)]
struct Api(Arc<Asking>);

struct Asking {
    http: reqwest::Client,
    endpoint: String,
    client_id: String,
    client_secret: String,
    issuer: String,
    audience: String,
}

/// What the provider says of a token (RFC 7662 §2.2); of a bad one only that it is not active.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    active: bool,
    iss: String,
    aud: Audiences,
    sub: String,
    client_id: String,
    scope: String,
}

/// One text or several (RFC 7519 §4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
enum Audiences {
    One(String),
    Many(Vec<String>),
}

/// Why a request is not answered (RFC 6750 §3).
enum Refusal {
    NoToken,
    InvalidToken,
    InsufficientScope(&'static str),
    /// The provider does not answer, or refuses this API itself.
    NoAnswer,
}

/// Starts the API.
pub async fn start(settings: &Settings) -> Result<Running, Box<dyn Error>> {
    #[derive(Deserialize)]
    struct Metadata {
        issuer: String,
        introspection_endpoint: String,
    }
    let http = Http::new()?.0;
    // RFC 8414 §3.
    let description = format!("{}/.well-known/oauth-authorization-server", settings.issuer);
    let metadata: Metadata = http.get(description).send().await?.error_for_status()?.json().await?;
    if metadata.issuer != settings.issuer {
        return Err(format!("the provider calls itself {}", metadata.issuer).into());
    }
    let api = Api(Arc::new(Asking {
        http,
        endpoint: metadata.introspection_endpoint,
        client_id: settings.client_id.clone(),
        client_secret: settings.client_secret.clone(),
        issuer: metadata.issuer,
        audience: settings.audience.clone(),
    }));
    let routes = Router::new().route("/events", get(read).post(write)).with_state(api);
    Ok(Port::take(settings.port).await?.serve(routes))
}

async fn read(State(api): State<Api>, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    let caller = api.0.caller(&headers, "events.read").await?;
    Ok(Json(json!({ "for": caller.sub, "through": caller.client_id, "events": ["Annual meeting"] })))
}

async fn write(State(api): State<Api>, headers: HeaderMap) -> Result<StatusCode, Refusal> {
    api.0.caller(&headers, "events.write").await?;
    Ok(StatusCode::CREATED)
}

impl Asking {
    /// Who calls, when their token allows `scope`.
    async fn caller(&self, headers: &HeaderMap, scope: &'static str) -> Result<Told, Refusal> {
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, token) = value.and_then(|value| value.split_once(' ')).ok_or(Refusal::NoToken)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Refusal::NoToken);
        }
        let told = self.ask(token.trim()).await.map_err(|_| Refusal::NoAnswer)?;
        // RFC 7662 §4: a token that is good may still be good for somebody else.
        if !told.active || told.iss != self.issuer || !told.aud.name(&self.audience) {
            return Err(Refusal::InvalidToken);
        }
        if told.scope.split(' ').any(|granted| granted == scope) {
            Ok(told)
        } else {
            Err(Refusal::InsufficientScope(scope))
        }
    }

    /// Where each request costs too much, an answer may be kept for as long as a revocation may go unheard, and never beyond `exp`.
    async fn ask(&self, token: &str) -> Result<Told, reqwest::Error> {
        let request = self.http.post(&self.endpoint).basic_auth(&self.client_id, Some(&self.client_secret));
        request.form(&[("token", token)]).send().await?.error_for_status()?.json().await
    }
}

impl Audiences {
    fn name(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => many.iter().any(|one| one == audience),
        }
    }
}

impl Default for Audiences {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, challenge) = match self {
            // RFC 6750 §3.1: who showed nothing is told nothing.
            Self::NoToken => (StatusCode::UNAUTHORIZED, "Bearer".to_owned()),
            Self::InvalidToken => (StatusCode::UNAUTHORIZED, "Bearer error=\"invalid_token\"".to_owned()),
            Self::InsufficientScope(scope) => {
                (StatusCode::FORBIDDEN, format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\""))
            }
            Self::NoAnswer => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        };
        (status, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
    }
}

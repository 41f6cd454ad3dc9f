//! The API: it takes access tokens (RFC 9068) and verifies each with the keys that the provider publishes, by an ordinary library. The
//! provider is asked for its keys, never about a token.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::loopback::http::Http;
use crate::loopback::serving::{Port, Running};

/// How many seconds the provider's clock may be ahead of ours, or behind.
const LEEWAY: u64 = 5;
/// Between two looks at the published keys: whoever sends unknown key ids does not make us ask each time.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// The command line of the API.
#[derive(clap::Parser)]
#[command(about = "An API that checks access tokens with the provider's published keys")]
pub struct Settings {
    /// The provider.
    #[arg(long, default_value = "http://localhost:8080")]
    pub issuer: String,
    /// What the provider calls this API: the audience of an [[api]] there.
    #[arg(long, default_value = "https://api.example.org")]
    pub audience: String,
    /// The loopback port to listen on.
    #[arg(long, default_value_t = 3002)]
    pub port: u16,
}

#[derive(Clone)]
struct Api {
    issuer: Arc<str>,
    audience: Arc<str>,
    keys: Arc<Keys>,
}

/// What this API reads of a token; there is more in it.
#[derive(Deserialize)]
struct Caller {
    sub: String,
    client_id: String,
    #[serde(default)]
    scope: String,
}

/// Why a request is not answered (RFC 6750 §3).
enum Refusal {
    NoToken,
    InvalidToken(&'static str),
    InsufficientScope(&'static str),
    NoKeys,
}

/// Starts the API.
pub async fn start(settings: &Settings) -> Result<Running, Box<dyn Error>> {
    #[derive(Deserialize)]
    struct Metadata {
        issuer: String,
        jwks_uri: String,
    }
    let http = Http::new()?.0;
    // RFC 8414 §3.
    let description = format!("{}/.well-known/oauth-authorization-server", settings.issuer);
    let metadata: Metadata = http.get(description).send().await?.error_for_status()?.json().await?;
    if metadata.issuer != settings.issuer {
        return Err(format!("the provider calls itself {}", metadata.issuer).into());
    }
    let api = Api {
        issuer: metadata.issuer.into(),
        audience: settings.audience.as_str().into(),
        keys: Arc::new(Keys { http, url: metadata.jwks_uri, known: Mutex::default() }),
    };
    let routes = Router::new().route("/events", get(read).post(write)).with_state(api);
    Ok(Port::take(settings.port).await?.serve(routes))
}

async fn read(State(api): State<Api>, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    let caller = api.caller(&headers, "events.read").await?;
    Ok(Json(json!({ "for": caller.sub, "through": caller.client_id, "events": ["Annual meeting"] })))
}

async fn write(State(api): State<Api>, headers: HeaderMap) -> Result<StatusCode, Refusal> {
    api.caller(&headers, "events.write").await?;
    Ok(StatusCode::CREATED)
}

impl Api {
    /// Who calls, when their token allows `scope`.
    async fn caller(&self, headers: &HeaderMap, scope: &'static str) -> Result<Caller, Refusal> {
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, token) = value.and_then(|value| value.split_once(' ')).ok_or(Refusal::NoToken)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Refusal::NoToken);
        }
        let caller = self.verified(token.trim()).await?;
        if caller.scope.split(' ').any(|granted| granted == scope) {
            Ok(caller)
        } else {
            Err(Refusal::InsufficientScope(scope))
        }
    }

    /// RFC 9068 §4, in its order.
    async fn verified(&self, token: &str) -> Result<Caller, Refusal> {
        let header = decode_header(token).map_err(|_| Refusal::InvalidToken("not a signed JWT"))?;
        // An ID token is signed by the same provider, and is no access token: only its type tells.
        let typ = header.typ.unwrap_or_default().to_ascii_lowercase();
        if typ != "at+jwt" && typ != "application/at+jwt" {
            return Err(Refusal::InvalidToken("not an access token"));
        }
        let kid = header.kid.ok_or(Refusal::InvalidToken("it names no key"))?;
        let jwk = self.keys.find(&kid).await?.ok_or(Refusal::InvalidToken("its key is unknown"))?;
        // RFC 8725 §3.1: the key says which algorithm, not the token.
        let algorithm = jwk.common.key_algorithm.and_then(|algorithm| Algorithm::try_from(algorithm).ok());
        let mut validation =
            Validation::new(algorithm.ok_or(Refusal::InvalidToken("its key is for another use"))?);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
        validation.leeway = LEEWAY;
        let key = DecodingKey::from_jwk(&jwk).map_err(|_| Refusal::InvalidToken("its key cannot be used"))?;
        let verified = decode::<Caller>(token, &key, &validation);
        verified.map(|verified| verified.claims).map_err(|_| {
            // Which of them it was, a stranger need not learn.
            Refusal::InvalidToken("its signature, issuer, audience or expiry is wrong")
        })
    }
}

/// The provider's keys, kept: they change a few times a year, and new ones are published before they sign.
struct Keys {
    http: reqwest::Client,
    url: String,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    keys: Option<JwkSet>,
    looked_at: Option<Instant>,
}

impl Keys {
    /// The key of this name. An unknown name is a reason to look again, not too often, and one looks for all.
    async fn find(&self, kid: &str) -> Result<Option<Jwk>, Refusal> {
        let mut known = self.known.lock().await;
        let find = |known: &Known| known.keys.as_ref().and_then(|keys| keys.find(kid)).cloned();
        let looked_just_now = known.looked_at.is_some_and(|at| at.elapsed() < LOOK_AGAIN);
        if find(&known).is_none() && !looked_just_now {
            known.looked_at = Some(Instant::now());
            // Keys that were known stay known when the provider is down.
            if let Ok(keys) = self.fetch().await {
                known.keys = Some(keys);
            }
        }
        if known.keys.is_none() { Err(Refusal::NoKeys) } else { Ok(find(&known)) }
    }

    async fn fetch(&self) -> Result<JwkSet, reqwest::Error> {
        self.http.get(&self.url).send().await?.error_for_status()?.json().await
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, challenge) = match self {
            // RFC 6750 §3.1: who showed nothing is told nothing.
            Self::NoToken => (StatusCode::UNAUTHORIZED, "Bearer".to_owned()),
            Self::InvalidToken(why) => (
                StatusCode::UNAUTHORIZED,
                format!("Bearer error=\"invalid_token\", error_description=\"{why}\""),
            ),
            Self::InsufficientScope(scope) => {
                (StatusCode::FORBIDDEN, format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\""))
            }
            Self::NoKeys => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        };
        (status, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
    }
}

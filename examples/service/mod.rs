//! The service: discovery, then the client-credentials grant of the `oauth2` crate.

use std::error::Error;
use std::time::Duration;

use oauth2::basic::BasicClient;
use oauth2::{ClientId, ClientSecret, Scope, TokenResponse, TokenUrl};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::loopback::claims;
use crate::loopback::http::Http;

/// The command line of the service.
#[derive(clap::Parser)]
#[command(about = "A service that gets an access token with its own credentials")]
pub struct Settings {
    /// The authorization server.
    #[arg(long, default_value = "http://localhost:8080")]
    pub issuer: String,
    /// What the server calls this service.
    #[arg(long, default_value = "demo-service")]
    pub client_id: String,
    /// How the service proves that to the server.
    #[arg(long, default_value = "demo-service-secret-for-loopback-only")]
    pub client_secret: String,
    /// The API that the token is for; without it the old system's own, which stands behind the gateway.
    #[arg(long)]
    pub audience: Option<String>,
    /// What the service wants to do there; may be given several times. Without it the server decides.
    #[arg(long)]
    pub scope: Vec<String>,
    /// Print the token alone, for `curl -H "Authorization: Bearer $(…)"`.
    #[arg(long)]
    pub token_only: bool,
}

impl Settings {
    /// The old system's API as the gateway calls it: its address, and the audience of its tokens.
    pub fn gateway(&self) -> String {
        format!("{}/gateway/legacy", self.issuer)
    }

    /// The API that the token is for.
    pub fn audience(&self) -> String {
        self.audience.clone().unwrap_or_else(|| self.gateway())
    }
}

/// An access token, opened. A service sends it on and does not look into it; this one shows it to you.
pub struct AccessToken {
    /// What stands in it; `None` when it is opaque.
    pub claims: Option<Map<String, Value>>,
    /// What is sent to the API.
    pub secret: oauth2::AccessToken,
    /// How long it is good for.
    pub expires_in: Option<Duration>,
}

/// The part of the server's description that a service needs (RFC 8414 §2).
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    token_endpoint: TokenUrl,
}

/// Asks the server for an access token.
pub async fn access_token(settings: &Settings) -> Result<AccessToken, Box<dyn Error>> {
    let http = Http::new()?;
    let description = format!("{}/.well-known/oauth-authorization-server", settings.issuer);
    let metadata: Metadata = http.0.get(description).send().await?.error_for_status()?.json().await?;
    if metadata.issuer != settings.issuer {
        return Err(format!("the server calls itself {}", metadata.issuer).into());
    }
    // The crate's default is HTTP Basic (RFC 6749 §2.3.1).
    let client = BasicClient::new(ClientId::new(settings.client_id.clone()))
        .set_client_secret(ClientSecret::new(settings.client_secret.clone()))
        .set_token_uri(metadata.token_endpoint);
    let request = client.exchange_client_credentials().add_extra_param("audience", settings.audience());
    let request = request.add_scopes(settings.scope.iter().cloned().map(Scope::new));
    let token = request.request_async(&http).await?;
    Ok(AccessToken {
        claims: claims::of_jwt(token.access_token().secret()),
        secret: token.access_token().clone(),
        expires_in: token.expires_in(),
    })
}

/// Reads the old system's members through the gateway: the names of those on the first page. The gateway calls as the service account that
/// this client is bound to; the service has no token of the old system.
pub async fn members(settings: &Settings, token: &AccessToken) -> Result<Vec<String>, Box<dyn Error>> {
    let request =
        Http::new()?.0.get(format!("{}/api/members", settings.gateway())).bearer_auth(token.secret.secret());
    let page: Value = request.send().await?.error_for_status()?.json().await?;
    let rows =
        page.pointer("/Items/$values").and_then(Value::as_array).ok_or("this is no page of members")?;
    let name = |row: &Value| row.get("Name").and_then(Value::as_str).map(str::to_owned);
    Ok(rows.iter().filter_map(name).collect())
}

//! The native app: asks, waits on a loopback port for the browser to come back, exchanges the code, verifies the ID token.

use std::error::Error;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Html;
use axum::routing::get;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AuthorizationCode, ClientId, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use url::Url;

use crate::loopback::claims;
use crate::loopback::http::Http;
use crate::loopback::serving::{Port, Running};

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The program is listening, and the user has not been there yet.
pub struct Waiting {
    /// The URL for the browser.
    pub url: Url,
    client: Client,
    http: Http,
    state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
    issuer: String,
    listener: Running,
    arrivals: mpsc::Receiver<Arrival>,
}

/// The user is signed in.
pub struct SignedIn {
    /// What the verified ID token says.
    pub claims: Map<String, Value>,
    /// Whether the program may stay signed in.
    pub has_refresh_token: bool,
}

/// What the provider sends the browser back with.
#[derive(Deserialize)]
struct Arrival {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// Opens a port and prepares the question to the provider.
pub async fn start(issuer: &str, client_id: &str) -> Result<Waiting, Box<dyn Error>> {
    let http = Http::new()?;
    let metadata = CoreProviderMetadata::discover_async(IssuerUrl::new(issuer.to_owned())?, &http).await?;
    // RFC 8252 §8.3: the address, not the name `localhost`, which may lead elsewhere.
    let port = Port::take(0).await?;
    let redirect_uri = port.base_url.replace("localhost", "127.0.0.1") + "/callback";
    // RFC 8252 §8.5: what is shipped to everybody is no secret, so there is none.
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(client_id.to_owned()), None)
        .set_redirect_uri(RedirectUrl::new(redirect_uri)?);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let request = client.authorize_url(
        CoreAuthenticationFlow::AuthorizationCode,
        CsrfToken::new_random,
        Nonce::new_random,
    );
    let scopes = ["profile", "email", "offline_access"].map(|scope| Scope::new(scope.to_owned()));
    let (url, state, nonce) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
    let (announce, arrivals) = mpsc::channel(8);
    let listener = port.serve(Router::new().route("/callback", get(callback)).with_state(announce));
    let issuer = issuer.to_owned();
    Ok(Waiting { url, client, http, state, nonce, verifier, issuer, listener, arrivals })
}

async fn callback(
    State(announce): State<mpsc::Sender<Arrival>>,
    Query(arrival): Query<Arrival>,
) -> Html<&'static str> {
    // Nobody listens any more once the program has what it waited for.
    announce.send(arrival).await.ok();
    Html(
        "<!DOCTYPE html><html lang=\"en\"><title>Back to the program</title><p>You may close this window and go back to the program.",
    )
}

impl Waiting {
    /// Waits for the browser and redeems what it brings.
    pub async fn finish(mut self) -> Result<SignedIn, Box<dyn Error>> {
        // Any program on this machine can knock at the port: only an answer with our state counts (RFC 6749 §10.12).
        let arrival = loop {
            let arrival = self.arrivals.recv().await.ok_or("the listener has ended")?;
            if arrival.state.as_deref() == Some(self.state.secret()) {
                break arrival;
            }
        };
        self.listener.stop().await;
        if arrival.iss.is_some_and(|iss| iss != self.issuer) {
            return Err("the answer comes from another provider".into());
        }
        if let Some(error) = arrival.error {
            return Err(format!("the provider refused: {error}").into());
        }
        let code = AuthorizationCode::new(arrival.code.ok_or("the answer carries no code")?);
        let exchange = self.client.exchange_code(code)?.set_pkce_verifier(self.verifier);
        let tokens = exchange.request_async(&self.http).await?;
        let id_token = tokens.id_token().ok_or("the provider gave no ID token")?;
        id_token.claims(&self.client.id_token_verifier(), &self.nonce)?;
        Ok(SignedIn {
            claims: claims::of_jwt(&id_token.to_string()).ok_or("the ID token has no claims")?,
            has_refresh_token: tokens.refresh_token().is_some(),
        })
    }
}

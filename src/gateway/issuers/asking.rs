//! Tokens that only their issuer understands: it is asked about each, by its userinfo endpoint (OpenID Connect Core §5.3) or by
//! introspection (RFC 7662), once in an interval. What is remembered is the token's digest and what was said.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::sync::{OnceCell, Semaphore};
use tracing::warn;
use url::Url;

use super::description::{Asked, Endpoint};
use super::error::IssuerError;
use super::metadata::{Metadata, discover};
use super::outbound::{json, unavailable};
use crate::secret::{Digest, Secret};
use crate::time::Timestamp;

/// How long a refusal is remembered, and an issuer that did not answer: short, since both may be other in a moment.
const NO_LASTS: Duration = Duration::from_secs(10);
/// How many tokens are remembered for each issuer.
const REMEMBERED: u64 = 10_000;
/// How many questions are under way at a time.
const AT_ONCE: usize = 32;

/// Asks one issuer. Clones share what is remembered.
#[derive(Clone)]
pub(super) struct Asking(Arc<Shared>);

struct Shared {
    name: String,
    issuer: Url,
    iss: String,
    asked: Asked,
    http: reqwest::Client,
    metadata: OnceCell<Metadata>,
    answers: Cache<[u8; 32], Answer>,
    turns: Semaphore,
}

#[derive(Clone)]
struct Answer {
    said: Result<Arc<Value>, IssuerError>,
    until: Timestamp,
}

/// What the issuer said, and until when it counts.
pub(super) struct Vouched {
    /// An object.
    pub(super) claims: Arc<Value>,
    pub(super) until: Timestamp,
}

impl Asking {
    /// Nothing is asked yet. `iss` is the issuer as its discovery document spells it.
    pub(super) fn new(
        name: String,
        (issuer, iss): (Url, String),
        asked: Asked,
        http: reqwest::Client,
    ) -> Self {
        let answers = Cache::builder().max_capacity(REMEMBERED).time_to_live(asked.interval.max(NO_LASTS));
        Self(Arc::new(Shared {
            name,
            issuer,
            iss,
            asked,
            http,
            metadata: OnceCell::new(),
            answers: answers.build(),
            turns: Semaphore::new(AT_ONCE),
        }))
    }

    /// Whether tokens that name no issuer are sent to this one.
    pub(super) fn takes_opaque_tokens(&self) -> bool {
        self.0.asked.opaque_tokens
    }

    /// What the issuer says of `token`, now or within the interval before. `read` is what can be read of the token itself.
    ///
    /// # Errors
    /// When it does not vouch for it, or cannot be asked.
    pub(super) async fn vouches_for(
        &self,
        token: &Secret,
        read: Option<&Value>,
        now: Timestamp,
    ) -> Result<Vouched, IssuerError> {
        let shared = &self.0;
        let entry = shared.answers.entry(*Digest::of(token.expose()).as_bytes());
        let asking = async {
            let said = shared.ask(token, read).await;
            let until = now + if said.is_ok() { shared.asked.interval } else { NO_LASTS };
            Answer { said: said.map(Arc::new), until }
        };
        // Of many requests with one token one asks, and the others wait for what it hears.
        let answer = entry.or_insert_with_if(asking, |answer| answer.until <= now).await.into_value();
        Ok(Vouched { claims: answer.said?, until: answer.until })
    }
}

impl Shared {
    async fn ask(&self, token: &Secret, read: Option<&Value>) -> Result<Value, IssuerError> {
        let _turn = self.turns.acquire().await.map_err(|_| unavailable("the bridge stops"))?;
        let asked = match &self.asked.endpoint {
            Endpoint::UserInfo { url } => self.user_info(url.as_ref(), token, read).await,
            Endpoint::Introspection { url, client_id, client_secret } => {
                let url = self.endpoint(url.as_ref(), |told| told.introspection_endpoint.clone()).await;
                self.introspect(url?, (client_id, client_secret), token).await
            }
        };
        if let Err(error @ IssuerError::Unavailable { .. }) = &asked {
            warn!(issuer = self.name, "cannot ask {} about a token: {error}", self.name);
        }
        asked
    }

    /// OpenID Connect Core §5.3. The answer says who the person is; whom the token is for, and who its client is, stands in the token
    /// itself, where that can be read: the issuer has vouched for the whole of it.
    async fn user_info(
        &self,
        url: Option<&Url>,
        token: &Secret,
        read: Option<&Value>,
    ) -> Result<Value, IssuerError> {
        let url = self.endpoint(url, |told| told.userinfo_endpoint.clone()).await?;
        let request = self.http.get(url).header("accept", "application/json").bearer_auth(token.expose());
        let told = self.answer(request, "the userinfo endpoint").await?;
        // §5.3.2: `sub` is always there.
        if !told.get("sub").is_some_and(Value::is_string) {
            return Err(unavailable("the userinfo endpoint answers without `sub`, or not in plain JSON"));
        }
        let mut claims = read.cloned().unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        if let (Some(claims), Value::Object(told)) = (claims.as_object_mut(), told) {
            claims.extend(told);
        }
        Ok(claims)
    }

    /// RFC 7662 §2.
    async fn introspect(
        &self,
        url: Url,
        (client_id, client_secret): (&str, &Secret),
        token: &Secret,
    ) -> Result<Value, IssuerError> {
        let form = [("token", token.expose()), ("token_type_hint", "access_token")];
        // RFC 6749 §2.3.1: both are form-encoded before they become HTTP Basic.
        let [id, secret] = [client_id, client_secret.expose()].map(form_encoded);
        let request = self.http.post(url).header("accept", "application/json").form(&form);
        let request = request.basic_auth(id, Some(secret));
        let told = match json(request).await? {
            (StatusCode::OK, told) if told.is_object() => told,
            // §2.3: it is we who did not prove ourselves; the token may well be good.
            (status, _) => {
                return Err(unavailable(format!("introspection answers with status {}", status.as_u16())));
            }
        };
        if told.get("active") == Some(&Value::Bool(true)) { Ok(told) } else { Err(IssuerError::Inactive) }
    }

    async fn answer(&self, request: RequestBuilder, what: &str) -> Result<Value, IssuerError> {
        match json(request).await? {
            (StatusCode::OK, told) => Ok(told),
            // RFC 6750 §3.1: of a token that is no good, or not good enough.
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST, _) => {
                Err(IssuerError::Inactive)
            }
            (status, _) => Err(unavailable(format!("{what} answers with status {}", status.as_u16()))),
        }
    }

    /// What is written, or else what the discovery document told once.
    async fn endpoint(
        &self,
        written: Option<&Url>,
        told: impl Fn(&Metadata) -> Option<Url>,
    ) -> Result<Url, IssuerError> {
        if let Some(url) = written {
            return Ok(url.clone());
        }
        let discovering = || discover(&self.http, &self.issuer, &self.iss);
        let metadata = self.metadata.get_or_try_init(discovering).await?;
        told(metadata).ok_or_else(|| unavailable("the discovery document names no such endpoint"))
    }
}

fn form_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

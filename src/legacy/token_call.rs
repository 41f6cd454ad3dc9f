//! The password grant at the old system's token endpoint. The client side is the oauth2 crate; what it cannot say or read is put
//! right between it and the wire: an answer with `expires_in` as a text, a 201, no `token_type`, an error inside a 200, fields of
//! other names, and a request without any client.

use std::error::Error;
use std::fmt;
use std::pin::Pin;

use oauth2::basic::{BasicErrorResponse, BasicTokenType};
use oauth2::{
    AsyncHttpClient, AuthType, ClientId, ClientSecret, EndpointSet, ExtraTokenFields, HttpRequest,
    HttpResponse, RequestTokenError, ResourceOwnerPassword, ResourceOwnerUsername, StandardRevocableToken,
    StandardTokenResponse, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::answer::Answer;
use super::description::{ClientPlace, TokenEndpoint};
use super::error_rule::classify;
use super::refusal::Refusal;
use crate::secret::Secret;

/// What a sign-in at the token endpoint gave.
pub(super) struct Granted {
    /// The access token that the profile is fetched with.
    pub(super) access_token: Secret,
    /// The answer without its tokens, for places to point into.
    pub(super) answer: Value,
}

/// What stands in the answer beside the fields of RFC 6749 §5.1.
#[derive(Debug, Deserialize, Serialize)]
struct LegacyFields {
    answer: Value,
}

impl ExtraTokenFields for LegacyFields {}

/// The oauth2 crate's client with the legacy endpoint's own answer. Its type parameters stay behind this alias.
type PasswordClient = oauth2::Client<
    BasicErrorResponse,
    StandardTokenResponse<LegacyFields, BasicTokenType>,
    oauth2::basic::BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    oauth2::basic::BasicRevocationErrorResponse,
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    EndpointSet,
>;

/// A token endpoint that can be called.
pub(super) struct TokenCall {
    endpoint: TokenEndpoint,
    client: PasswordClient,
    http: reqwest::Client,
}

impl TokenCall {
    pub(super) fn new(endpoint: TokenEndpoint, http: reqwest::Client) -> Self {
        let (id, secret) = match &endpoint.client {
            ClientPlace::None => (String::new(), None),
            ClientPlace::Body(client) | ClientPlace::Basic(client) => {
                let secret = client.secret.as_ref();
                (client.id.clone(), secret.map(|secret| ClientSecret::new(secret.expose().to_owned())))
            }
        };
        let auth_type = match endpoint.client {
            ClientPlace::Basic(_) => AuthType::BasicAuth,
            ClientPlace::None | ClientPlace::Body(_) => AuthType::RequestBody,
        };
        let mut client: PasswordClient = oauth2::Client::new(ClientId::new(id))
            .set_auth_type(auth_type)
            .set_token_uri(TokenUrl::from_url(endpoint.url.clone()));
        if let Some(secret) = secret {
            client = client.set_client_secret(secret);
        }
        Self { endpoint, client, http }
    }

    /// Tries a password, once: a second try could lock the account.
    pub(super) async fn password(&self, user_name: &str, password: &Secret) -> Result<Granted, Refusal> {
        let user_name = ResourceOwnerUsername::new(user_name.to_owned());
        let password = ResourceOwnerPassword::new(password.expose().to_owned());
        let mut request = self.client.exchange_password(&user_name, &password);
        for (name, value) in &self.endpoint.fields {
            request = request.add_extra_param(name.clone(), value.clone());
        }
        match request.request_async(&Wire(self)).await {
            Ok(token) => Ok(Granted {
                access_token: Secret::from(token.access_token().secret().clone()),
                answer: token.extra_fields().answer.clone(),
            }),
            Err(RequestTokenError::Request(Refused(refusal))) => Err(refusal),
            // The others hold what was received, tokens included: nothing of it is kept.
            Err(_) => {
                Err(Refusal::Unavailable { why: "the token endpoint's answer cannot be read".to_owned() })
            }
        }
    }

    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, Refusal> {
        let (parts, body) = request.into_parts();
        let form = self.fields_on_the_wire(&body);
        let request = self.http.post(self.endpoint.url.clone()).headers(parts.headers).body(form);
        let answer = Answer::to(request, self.endpoint.largest_answer).await?;
        let granted = matches!(answer.status, 200 | 201)
            .then(|| self.endpoint.access_token.text(&answer.json))
            .flatten();
        let Some(access_token) = granted else {
            let Answer { status, json, retry_after } = &answer;
            return Err(classify(&self.endpoint.errors, *status, json, *retry_after));
        };
        let normal = json!({
            "access_token": access_token,
            "token_type": "bearer",
            "answer": self.without_tokens(answer.json),
        });
        Ok(HttpResponse::new(normal.to_string().into_bytes()))
    }

    /// The form with the field names of this endpoint. oauth2 always names a client, and an endpoint without clients refuses the
    /// field, so an empty one is taken out again.
    fn fields_on_the_wire(&self, body: &[u8]) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(body) {
            let name = match &*name {
                "client_id" if matches!(self.endpoint.client, ClientPlace::None) => continue,
                "username" => self.endpoint.username_field.as_str(),
                "password" => self.endpoint.password_field.as_str(),
                other => other,
            };
            form.append_pair(name, &value);
        }
        form.finish()
    }

    /// What is remembered of an answer holds no token: claims are made from it.
    fn without_tokens(&self, mut answer: Value) -> Value {
        for place in [&self.endpoint.access_token, &self.endpoint.refresh_token] {
            if let Some(token) = answer.pointer_mut(place.as_str()) {
                *token = Value::Null;
            }
        }
        answer
    }
}

/// The way from the oauth2 crate to the wire.
struct Wire<'c>(&'c TokenCall);

/// A refusal on its way through the oauth2 crate.
#[derive(Debug)]
struct Refused(Refusal);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Refused {}

impl<'c> AsyncHttpClient<'c> for Wire<'_> {
    type Error = Refused;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Refused>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move { self.0.call(request).await.map_err(Refused) })
    }
}

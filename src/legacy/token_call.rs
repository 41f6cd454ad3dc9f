//! The grants at the old system's token endpoint: a password, and a refresh token. The client side is the oauth2 crate; what it cannot
//! say or read is put right between it and the wire: an answer with `expires_in` as a text, a 201, no `token_type`, an error inside a
//! 200, fields of other names, and a request without any client.

use std::error::Error;
use std::fmt;
use std::pin::Pin;

use oauth2::basic::{BasicErrorResponse, BasicTokenType};
use oauth2::{
    AsyncHttpClient, AuthType, ClientId, ClientSecret, EndpointSet, ExtraTokenFields, HttpRequest,
    HttpResponse, RefreshToken, RequestTokenError, ResourceOwnerPassword, ResourceOwnerUsername,
    StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::answer::{Answer, NoAnswer};
use super::description::{ClientPlace, TokenEndpoint};
use super::error_rule::classify;
use super::refresh::{Class, ClassRule, RefreshTrouble, class_of};
use super::refusal::Refusal;
use super::tokens::LegacyTokens;
use crate::secret::Secret;

/// What the token endpoint gave.
pub(super) struct Granted {
    /// The tokens.
    pub(super) tokens: LegacyTokens,
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
            Ok(token) => Ok(self.granted(&token)),
            Err(RequestTokenError::Request(Failure::NoAnswer(none))) => Err(none.into()),
            Err(RequestTokenError::Request(Failure::Refused(answer))) => {
                let Answer { status, json, retry_after } = &*answer;
                Err(classify(&self.endpoint.errors, *status, json, *retry_after))
            }
            // The others hold what was received, tokens included: nothing of it is kept.
            Err(_) => {
                Err(Refusal::Unavailable { why: "the token endpoint's answer cannot be read".to_owned() })
            }
        }
    }

    /// Spends a refresh token, once: a second try with a token that is single use says nothing.
    pub(super) async fn refresh(
        &self,
        token: &Secret,
        classes: &[ClassRule],
    ) -> Result<Granted, RefreshTrouble> {
        let token = RefreshToken::new(token.expose().to_owned());
        let mut request = self.client.exchange_refresh_token(&token);
        for (name, value) in &self.endpoint.fields {
            request = request.add_extra_param(name.clone(), value.clone());
        }
        match request.request_async(&Wire(self)).await {
            Ok(token) => Ok(self.granted(&token)),
            Err(RequestTokenError::Request(Failure::NoAnswer(none))) => Err(none.into()),
            Err(RequestTokenError::Request(Failure::Refused(answer))) => Err(RefreshTrouble {
                class: class_of(classes, answer.status, &answer.json),
                why: format!("status {}", answer.status),
                after: answer.retry_after,
            }),
            Err(_) => Err(RefreshTrouble {
                class: Class::Unknown,
                why: "the token endpoint's answer cannot be read".to_owned(),
                after: None,
            }),
        }
    }

    fn granted(&self, token: &StandardTokenResponse<LegacyFields, BasicTokenType>) -> Granted {
        let refresh_token = token.refresh_token().map(|token| Secret::from(token.secret().clone()));
        Granted {
            tokens: LegacyTokens {
                legacy_client: self.endpoint.client.client_id().to_owned(),
                access_token: Secret::from(token.access_token().secret().clone()),
                refresh_token,
                lifetime: token.expires_in(),
            },
            answer: token.extra_fields().answer.clone(),
        }
    }

    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, Failure> {
        let (parts, body) = request.into_parts();
        let form = self.fields_on_the_wire(&body);
        let request = self.http.post(self.endpoint.url.clone()).headers(parts.headers).body(form);
        let answer = Answer::to(request, self.endpoint.largest_answer).await.map_err(Failure::NoAnswer)?;
        let granted = matches!(answer.status, 200 | 201)
            .then(|| self.endpoint.access_token.text(&answer.json))
            .flatten();
        let Some(access_token) = granted else { return Err(Failure::Refused(Box::new(answer))) };
        let normal = json!({
            "access_token": access_token,
            "token_type": "bearer",
            "refresh_token": self.endpoint.refresh_token.text(&answer.json),
            "expires_in": self.endpoint.expires_in.text(&answer.json).and_then(|text| text.parse::<u64>().ok()),
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
                "refresh_token" => self.endpoint.refresh_field.as_str(),
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

/// What went wrong, on its way through the oauth2 crate.
#[derive(Debug)]
enum Failure {
    /// Nothing whole came back.
    NoAnswer(NoAnswer),
    /// An answer without a token.
    Refused(Box<Answer>),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAnswer(_) => "no answer",
            Self::Refused(_) => "an answer without a token",
        })
    }
}

impl Error for Failure {}

impl<'c> AsyncHttpClient<'c> for Wire<'_> {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Failure>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.0.call(request))
    }
}

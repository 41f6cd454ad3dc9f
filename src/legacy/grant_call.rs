//! The grants of RFC 6749 at the old system's token endpoint: a password (§4.3), and a refresh token (§6). The client side is the oauth2
//! crate; what it cannot say is put right between it and the wire: fields of other names, and a request without any client. What came
//! back is read by whoever asked, since answers are odd in more ways than the crate forgives.

use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, Method};
use oauth2::basic::{BasicErrorResponse, BasicTokenType};
use oauth2::{
    AsyncHttpClient, AuthType, ClientId, ClientSecret, EmptyExtraTokenFields, EndpointSet, HttpRequest,
    HttpResponse, RefreshToken, ResourceOwnerPassword, ResourceOwnerUsername, StandardRevocableToken,
    StandardTokenResponse, TokenUrl,
};
use serde_json::json;
use url::form_urlencoded;

use super::answer::{Answer, NoAnswer};
use super::description::{ClientPlace, TokenEndpoint};
use super::exchange::Exchange;
use super::facts::Facts;
use super::request::Filled;
use crate::secret::Secret;

/// The oauth2 crate's client. Its type parameters stay behind this alias.
type GrantClient = oauth2::Client<
    BasicErrorResponse,
    StandardTokenResponse<EmptyExtraTokenFields, BasicTokenType>,
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
pub(super) struct GrantCall {
    endpoint: TokenEndpoint,
    client: GrantClient,
    exchange: Exchange,
}

impl GrantCall {
    pub(super) fn new(endpoint: TokenEndpoint, exchange: Exchange) -> Self {
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
        let mut client: GrantClient = oauth2::Client::new(ClientId::new(id))
            .set_auth_type(auth_type)
            .set_token_uri(TokenUrl::from_url(endpoint.url.clone()));
        if let Some(secret) = secret {
            client = client.set_client_secret(secret);
        }
        Self { endpoint, client, exchange }
    }

    /// Tries a password, once: a second try could lock the account.
    pub(super) async fn password(
        &self,
        user_name: &str,
        password: &Secret,
        facts: &Facts<'_>,
    ) -> Result<Answer, NoAnswer> {
        let user_name = ResourceOwnerUsername::new(user_name.to_owned());
        let password = ResourceOwnerPassword::new(password.expose().to_owned());
        let mut request = self.client.exchange_password(&user_name, &password);
        for (name, value) in self.fields(facts)? {
            request = request.add_extra_param(name, value);
        }
        let wire = Wire::new(self, "login", facts);
        request.request_async(&wire).await.ok();
        wire.heard()
    }

    /// Spends a refresh token, once: a second try with a token that is single use says nothing.
    pub(super) async fn refresh(&self, token: &Secret, facts: &Facts<'_>) -> Result<Answer, NoAnswer> {
        let token = RefreshToken::new(token.expose().to_owned());
        let mut request = self.client.exchange_refresh_token(&token);
        for (name, value) in self.fields(facts)? {
            request = request.add_extra_param(name, value);
        }
        let wire = Wire::new(self, "refresh", facts);
        request.request_async(&wire).await.ok();
        wire.heard()
    }

    fn fields(&self, facts: &Facts<'_>) -> Result<Vec<(String, String)>, NoAnswer> {
        let fields = self.endpoint.fields.iter().map(|(name, value)| {
            let value = value.fill_text(&self.exchange.base_url, facts);
            Ok((name.clone(), value.map_err(|missing| NoAnswer::Missing(missing.to_string()))?))
        });
        fields.collect()
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
}

/// The way from the oauth2 crate to the wire. What comes back is laid aside.
struct Wire<'c> {
    call: &'c GrantCall,
    step: &'static str,
    headers: HeaderMap,
    heard: Mutex<Option<Result<Answer, NoAnswer>>>,
}

impl<'c> Wire<'c> {
    fn new(call: &'c GrantCall, step: &'static str, facts: &Facts<'_>) -> Self {
        Self { call, step, headers: call.exchange.about_the_visitor(facts), heard: Mutex::default() }
    }

    fn heard(self) -> Result<Answer, NoAnswer> {
        let heard = self.heard.into_inner().unwrap_or_else(PoisonError::into_inner);
        heard.unwrap_or_else(|| Err(NoAnswer::NotSent("the request could not be made".to_owned())))
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Gone> {
        let (parts, body) = request.into_parts();
        let mut headers = self.headers.clone();
        headers.extend(parts.headers);
        let filled = Filled {
            method: Method::POST,
            url: self.call.endpoint.url.clone(),
            headers,
            body: self.call.fields_on_the_wire(&body).into_bytes(),
            timeout: None,
        };
        let heard = self.call.exchange.send(self.step, filled, self.call.endpoint.answer.format).await;
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(heard);
        // Whatever it was, the crate has done its part.
        Ok(HttpResponse::new(json!({ "access_token": "-", "token_type": "bearer" }).to_string().into_bytes()))
    }
}

/// Nothing goes wrong on the way: what came back is told beside it.
#[derive(Debug)]
struct Gone;

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no answer")
    }
}

impl std::error::Error for Gone {}

impl<'c> AsyncHttpClient<'c> for Wire<'_> {
    type Error = Gone;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Gone>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

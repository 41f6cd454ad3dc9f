//! How a client proves itself in an HTTP request, and what else its body says.

use std::convert::Infallible;

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};

use crate::oauth::params::Params;
use crate::oauth::token_request::ClientParameters;
use crate::provider::client_auth::credentials::Credentials;
use crate::secret::Secret;
use crate::web::extract::params::{Form, FormOrJson, MalformedForm};

/// A request of a client to a machine endpoint: a form.
#[derive(Clone, Debug)]
pub struct ClientRequest {
    /// Its proof.
    pub credentials: Credentials,
    /// Its parameters.
    pub params: Result<Params, MalformedForm>,
}

impl<S: Send + Sync> FromRequest<S> for ClientRequest {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Infallible> {
        let authorization = authorization(request.headers());
        let Ok(Form(params)) = Form::from_request(request, state).await;
        let body = params.as_ref().map(ClientParameters::from_params).unwrap_or_default();
        let credentials = Credentials { authorization, body, ..Credentials::default() };
        Ok(Self { credentials, params })
    }
}

/// A request of a client to the token endpoint, where the body of some is JSON.
#[derive(Clone, Debug)]
pub struct TokenCall(pub ClientRequest);

impl<S: Send + Sync> FromRequest<S> for TokenCall {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Infallible> {
        let authorization = authorization(request.headers());
        let Ok(FormOrJson { params, encoding }) = FormOrJson::from_request(request, state).await;
        let body = params.as_ref().map(ClientParameters::from_params).unwrap_or_default();
        Ok(Self(ClientRequest { credentials: Credentials { authorization, body, encoding }, params }))
    }
}

/// The value of the `Authorization` header. Two of them are no proof of anything, and become one that cannot be read.
pub fn authorization(headers: &HeaderMap) -> Option<Secret> {
    let mut values = headers.get_all(header::AUTHORIZATION).into_iter();
    let first = values.next()?;
    match values.next() {
        None => Some(Secret::from(String::from_utf8_lossy(first.as_bytes()).into_owned())),
        Some(_) => Some(Secret::from("several")),
    }
}

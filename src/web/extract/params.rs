//! The parameters of a request: of its query, or of its form and then never of its query (RFC 6749 §3.2).

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::oauth::body_encoding::BodyEncoding;
use crate::oauth::params::{LONGEST, MalformedParams, Params};

/// The parameters in the query of a GET.
#[derive(Clone, Debug)]
pub struct Query(pub Result<Params, MalformedParams>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Params::from_query(parts.uri.query().unwrap_or_default())))
    }
}

/// The parameters in the form of a POST.
#[derive(Clone, Debug)]
pub struct Form(pub Result<Params, MalformedForm>);

/// A body that is no form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedForm {
    /// RFC 6749 §3.2.
    #[error("the request is not application/x-www-form-urlencoded")]
    ContentType,
    /// It broke off on the way.
    #[error("the request could not be read to its end")]
    BrokenOff,
    /// The parameters in it.
    #[error(transparent)]
    Params(#[from] MalformedParams),
}

/// A form's bytes, not taken apart.
#[derive(Clone, Debug)]
pub struct RawForm(pub Result<Bytes, MalformedForm>);

impl<S: Send + Sync> FromRequest<S> for RawForm {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Infallible> {
        match encoding(request.headers()) {
            Some(BodyEncoding::Form) => Ok(Self(bytes(request, state).await)),
            Some(BodyEncoding::Json) | None => Ok(Self(Err(MalformedForm::ContentType))),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Infallible> {
        let Ok(RawForm(body)) = RawForm::from_request(request, state).await;
        Ok(Self(body.and_then(|body| Ok(Params::from_form(&body)?))))
    }
}

/// The parameters of a POST that is a form or JSON, and which of the two. Whether JSON is welcome, its client's registration says.
#[derive(Clone, Debug)]
pub struct FormOrJson {
    /// The parameters.
    pub params: Result<Params, MalformedForm>,
    /// How they were written.
    pub encoding: BodyEncoding,
}

impl<S: Send + Sync> FromRequest<S> for FormOrJson {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Infallible> {
        if encoding(request.headers()) == Some(BodyEncoding::Json) {
            let body = bytes(request, state).await;
            let params = body.and_then(|body| Ok(Params::from_json(&body)?));
            return Ok(Self { params, encoding: BodyEncoding::Json });
        }
        let Ok(Form(params)) = Form::from_request(request, state).await;
        Ok(Self { params, encoding: BodyEncoding::Form })
    }
}

/// What `Content-Type` says.
fn encoding(headers: &HeaderMap) -> Option<BodyEncoding> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    let is = |word: &str| media_type.eq_ignore_ascii_case(word);
    match () {
        () if is("application/x-www-form-urlencoded") => Some(BodyEncoding::Form),
        () if is("application/json") => Some(BodyEncoding::Json),
        () => None,
    }
}

async fn bytes<S: Send + Sync>(mut request: Request, state: &S) -> Result<Bytes, MalformedForm> {
    DefaultBodyLimit::max(LONGEST).apply(&mut request);
    let body = Bytes::from_request(request, state).await;
    body.map_err(|rejection| match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            MalformedParams::TooLong.into()
        }
        _ => MalformedForm::BrokenOff,
    })
}

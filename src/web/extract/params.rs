//! The parameters of a request: of its query, or of its form and then never of its query (RFC 6749 §3.2).

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;

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

    async fn from_request(mut request: Request, state: &S) -> Result<Self, Infallible> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Ok(Self(Err(MalformedForm::ContentType)));
        }
        DefaultBodyLimit::max(LONGEST).apply(&mut request);
        let body = Bytes::from_request(request, state).await;
        Ok(Self(body.map_err(|rejection| match rejection {
            BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
                MalformedParams::TooLong.into()
            }
            _ => MalformedForm::BrokenOff,
        })))
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Infallible> {
        let Ok(RawForm(body)) = RawForm::from_request(request, state).await;
        Ok(Self(body.and_then(|body| Ok(Params::from_form(&body)?))))
    }
}

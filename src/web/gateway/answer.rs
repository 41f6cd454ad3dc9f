//! The gateway's door out: a refusal as status, challenge and a small JSON body.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::gateway::refusal::Refusal;
use crate::oauth::error::ErrorCode;
use crate::oauth::printable::description;
use crate::rules::access::Denial;
use crate::web::error::json::no_store;

/// The status of a refusal.
pub const fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Path(_) | Refusal::AbsoluteForm | Refusal::Unspeakable | Refusal::MalformedAuthorization => {
            StatusCode::BAD_REQUEST
        }
        Refusal::Method => StatusCode::METHOD_NOT_ALLOWED,
        // RFC 9470 §3 answers with 401 where a new token may help.
        Refusal::NoToken
        | Refusal::InvalidToken
        | Refusal::Audience
        | Refusal::LegacyRefuses
        | Refusal::SignInAgain
        | Refusal::Denied(Denial::StepUp { .. }) => StatusCode::UNAUTHORIZED,
        Refusal::Denied(Denial::Scope { .. } | Denial::NoRule | Denial::Role { .. }) | Refusal::Nobody => {
            StatusCode::FORBIDDEN
        }
        Refusal::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
        Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::LegacyUnavailable | Refusal::SendAgain | Refusal::Store(_) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Refusal::Foreign(error) => match error.code() {
            ErrorCode::InvalidToken => StatusCode::UNAUTHORIZED,
            ErrorCode::AccessDenied => StatusCode::FORBIDDEN,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        },
        Refusal::Unreachable => StatusCode::BAD_GATEWAY,
        Refusal::Silent => StatusCode::GATEWAY_TIMEOUT,
    }
}

/// The answer to a refused request; `metadata` is the address of the route's metadata (RFC 9728 §5.1).
pub fn refuse(refusal: &Refusal, metadata: Option<&str>) -> Response {
    let status = status(refusal);
    let told = refusal.to_string();
    let body = serde_json::json!({ "error": refusal.code(), "error_description": told });
    let mut response = no_store((status, Json(body)).into_response());
    let headers = response.headers_mut();
    if let Some(challenge) = challenge(refusal, status, &told, metadata) {
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    if let Some(wait) = refusal.retry_after() {
        // Whole seconds, and never too early.
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
    response
}

/// RFC 6750 §3, with RFC 9470 §3 and RFC 9728 §5.1.
fn challenge(
    refusal: &Refusal,
    status: StatusCode,
    told: &str,
    metadata: Option<&str>,
) -> Option<HeaderValue> {
    let scopes = refusal.scopes();
    if status != StatusCode::UNAUTHORIZED && scopes.is_none() {
        return None;
    }
    let mut text = "Bearer realm=\"passerelle\"".to_owned();
    // RFC 6750 §3.1: a request without authentication information is told no error code.
    if !matches!(refusal, Refusal::NoToken) {
        text += &format!(", error=\"{}\", error_description=\"{}\"", refusal.code(), description(told));
    }
    if let Some(scopes) = scopes {
        text += &format!(", scope=\"{}\"", scopes.join(" "));
    }
    if let Some((acr_values, max_age)) = refusal.step_up() {
        if !acr_values.is_empty() {
            text += &format!(", acr_values=\"{}\"", description(&acr_values.join(" ")));
        }
        if let Some(max_age) = max_age {
            text += &format!(", max_age=\"{}\"", max_age.as_secs());
        }
    }
    if let Some(metadata) = metadata {
        text += &format!(", resource_metadata=\"{metadata}\"");
    }
    HeaderValue::try_from(text).ok()
}

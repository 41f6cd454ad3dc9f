//! The JSON door (RFC 6749 §5.2, RFC 6750 §3): status, headers, one log line. A fault of ours tells a reference and nothing else.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tracing::{error, info};

use crate::id::ReferenceId;
use crate::oauth::error::ErrorCode;
use crate::oauth::printable::description;
use crate::oauth::response::ErrorResponse;
use crate::secret::Chance;

/// How the caller may prove itself next time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// None is offered: a client that sent its secret in the form knows how.
    None,
    /// It tried HTTP Basic, or nothing (RFC 6749 §5.2).
    Basic,
    /// A bearer token is needed (RFC 6750 §3).
    Bearer,
    /// The same, where the request held none: no error code is told (RFC 6750 §3.1).
    BearerBare,
}

/// The door.
#[derive(Clone, Debug)]
pub struct JsonDoor {
    /// For reference ids.
    pub chance: Chance,
}

/// The status that goes with a code.
pub const fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::InvalidClient | ErrorCode::InvalidToken => StatusCode::UNAUTHORIZED,
        ErrorCode::InsufficientScope => StatusCode::FORBIDDEN,
        ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

impl JsonDoor {
    /// Answers what went wrong at `endpoint`; `cause` is logged in full when the fault is ours.
    pub fn refuse(
        &self,
        endpoint: &'static str,
        code: ErrorCode,
        cause: &dyn std::error::Error,
        challenge: Challenge,
    ) -> Response {
        let told = match (code, cause.source()) {
            (ErrorCode::ServerError, source) => {
                let reference = ReferenceId::mint(&self.chance);
                let source = source.map(ToString::to_string).unwrap_or_default();
                error!(endpoint, reference = %reference, "{endpoint} failed: {cause}: {source}");
                format!("something broke here; the operator finds it by the reference {reference}")
            }
            // Something of ours that will be there again: what is wrong with it is the operator's affair.
            (ErrorCode::TemporarilyUnavailable, Some(source)) => {
                error!(endpoint, "{endpoint} cannot answer: {cause}: {source}");
                format!("{cause}; try again in a moment")
            }
            // The cause's own name as well: some causes are told apart in the log only.
            _ => {
                info!(endpoint, error = %code, cause = ?cause, "{endpoint} refused: {cause}");
                cause.to_string()
            }
        };
        let mut response = (status(code), Json(ErrorResponse::new(code, &told))).into_response();
        if code == ErrorCode::TemporarilyUnavailable && cause.source().is_some() {
            // RFC 9110 §10.2.3; RFC 7009 §2.2.1: a client "may retry after a reasonable delay". Only what is ours is back so soon: an old
            // system that says nothing may do so for days.
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(challenge) = challenge_header(challenge, code, &told) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        no_store(response)
    }
}

fn challenge_header(challenge: Challenge, code: ErrorCode, told: &str) -> Option<HeaderValue> {
    let text = match challenge {
        Challenge::None => return None,
        Challenge::Basic if code == ErrorCode::InvalidClient => {
            "Basic realm=\"passerelle\", charset=\"UTF-8\"".to_owned()
        }
        Challenge::Basic => return None,
        Challenge::BearerBare => "Bearer realm=\"passerelle\"".to_owned(),
        Challenge::Bearer => {
            format!(
                "Bearer realm=\"passerelle\", error=\"{code}\", error_description=\"{}\"",
                description(told)
            )
        }
    };
    HeaderValue::try_from(text).ok()
}

/// RFC 6749 §5.1: answers with tokens, and those about them, are never stored.
pub fn no_store(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

//! Calls to an issuer: what comes back is read with a bound, and its body is in no error and no log line.

use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;

use super::error::IssuerError;

/// The largest answer that is read, in bytes. Discovery documents and key sets have some thousand.
const LARGEST: usize = 512 * 1024;

/// Sends `request`; answers the status and the body as JSON, `null` when it is none.
///
/// # Errors
/// When nothing whole came back.
pub(super) async fn json(request: RequestBuilder) -> Result<(StatusCode, Value), IssuerError> {
    let response = request.send().await.map_err(|error| lost(&error))?;
    let status = response.status();
    let body = read(response).await?;
    Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
}

/// The same for a document that is needed: a 200 with JSON.
///
/// # Errors
/// When something else came back.
pub(super) async fn document(request: RequestBuilder, what: &str) -> Result<Value, IssuerError> {
    match json(request).await? {
        (StatusCode::OK, document) if document.is_object() => Ok(document),
        (StatusCode::OK, _) => Err(unavailable(format!("{what} is not a JSON object"))),
        (status, _) => Err(unavailable(format!("{what} answers with status {}", status.as_u16()))),
    }
}

pub(super) fn unavailable(why: impl Into<String>) -> IssuerError {
    IssuerError::Unavailable { why: why.into() }
}

/// Chunk by chunk, so that an answer without end costs no more than [`LARGEST`].
async fn read(mut response: Response) -> Result<Vec<u8>, IssuerError> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(body),
            Ok(Some(chunk)) if body.len() + chunk.len() <= LARGEST => body.extend_from_slice(&chunk),
            Ok(Some(_)) => return Err(unavailable(format!("an answer of more than {LARGEST} bytes"))),
            Err(error) => return Err(lost(&error)),
        }
    }
}

/// What reqwest says of itself is not told: it quotes the URL.
fn lost(error: &reqwest::Error) -> IssuerError {
    unavailable(if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the answer broke off"
    })
}

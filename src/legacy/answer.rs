//! An answer of the old system, read with a bound: its status, and its body as JSON where it is any. The body stays in here and in
//! what is made of it; no error and no log line quotes it, since it holds tokens.

use std::fmt;
use std::time::Duration;

use reqwest::Response;
use reqwest::header::RETRY_AFTER;
use serde_json::Value;

use super::refusal::Refusal;

/// What came back.
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) status: u16,
    /// The body; `null` when it is no JSON.
    pub(super) json: Value,
    /// `Retry-After` in seconds (RFC 9110 §10.2.3).
    pub(super) retry_after: Option<Duration>,
}

impl Answer {
    /// Sends `request` and reads at most `largest` bytes of what comes back.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`], when nothing whole came back.
    pub(super) async fn to(request: reqwest::RequestBuilder, largest: usize) -> Result<Self, Refusal> {
        let response = request.send().await.map_err(|error| unavailable(failure(&error)))?;
        let status = response.status().as_u16();
        let seconds = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let body = read(response, largest).await?;
        let json = serde_json::from_slice(&body).unwrap_or_default();
        Ok(Self { status, json, retry_after: seconds.map(Duration::from_secs) })
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Chunk by chunk, so that an answer without end costs no more than `largest`.
async fn read(mut response: Response, largest: usize) -> Result<Vec<u8>, Refusal> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(body),
            Ok(Some(chunk)) if body.len() + chunk.len() <= largest => body.extend_from_slice(&chunk),
            Ok(Some(_)) => return Err(unavailable(format!("an answer of more than {largest} bytes"))),
            Err(_) => return Err(unavailable("the answer broke off".to_owned())),
        }
    }
}

pub(super) fn unavailable(why: String) -> Refusal {
    Refusal::Unavailable { why }
}

/// What reqwest says of itself, without the URL, which may hold a user name.
fn failure(error: &reqwest::Error) -> String {
    let kind = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the request failed"
    };
    kind.to_owned()
}

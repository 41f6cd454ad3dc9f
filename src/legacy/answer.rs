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
    /// When nothing whole came back.
    pub(super) async fn to(request: reqwest::RequestBuilder, largest: usize) -> Result<Self, NoAnswer> {
        let response = request.send().await.map_err(|error| NoAnswer::from(&error))?;
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
async fn read(mut response: Response, largest: usize) -> Result<Vec<u8>, NoAnswer> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(body),
            Ok(Some(chunk)) if body.len() + chunk.len() <= largest => body.extend_from_slice(&chunk),
            Ok(Some(_)) => return Err(NoAnswer::Lost(format!("an answer of more than {largest} bytes"))),
            Err(_) => return Err(NoAnswer::Lost("the answer broke off".to_owned())),
        }
    }
}

pub(super) fn unavailable(why: String) -> Refusal {
    Refusal::Unavailable { why }
}

/// Why there is no answer. What reqwest says of itself is told without the URL, which may hold a user name.
#[derive(Clone, Debug)]
pub(super) enum NoAnswer {
    /// The request never arrived: nothing happened over there.
    NotSent(String),
    /// The request may have arrived: nobody knows what happened.
    Lost(String),
}

impl From<&reqwest::Error> for NoAnswer {
    fn from(error: &reqwest::Error) -> Self {
        if error.is_connect() {
            Self::NotSent("no connection".to_owned())
        } else if error.is_timeout() {
            Self::Lost("no answer in time".to_owned())
        } else {
            Self::Lost("the request failed".to_owned())
        }
    }
}

impl From<NoAnswer> for Refusal {
    fn from(none: NoAnswer) -> Self {
        let (NoAnswer::NotSent(why) | NoAnswer::Lost(why)) = none;
        unavailable(why)
    }
}

//! The client that calls the APIs behind: connections are kept and used again, and a body is never gathered. Made by `app`.

use http::{Request, Response};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use tokio::time::{Duration, sleep_until};

use crate::gateway::body::{Body, Progress};
use crate::gateway::refusal::Refusal;

/// The client.
#[derive(Clone, Debug)]
pub struct UpstreamClient(pub Client<HttpsConnector<HttpConnector>, Body>);

impl UpstreamClient {
    /// Sends `request`, and waits for the head of its answer: at most `timeout` after the last piece of the request went up.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`], [`Refusal::Silent`], [`Refusal::Unreachable`].
    pub async fn send(
        &self,
        request: Request<Body>,
        progress: &Progress,
        timeout: Duration,
    ) -> Result<Response<Incoming>, Refusal> {
        let answer = self.0.request(request);
        tokio::pin!(answer);
        loop {
            let until = progress.last() + timeout;
            tokio::select! {
                answer = &mut answer => return answer.map_err(|error| meaning(&error, progress)),
                () = sleep_until(until) => {
                    if progress.last() + timeout <= until {
                        return Err(Refusal::Silent);
                    }
                }
            }
        }
    }
}

fn meaning(error: &Error, progress: &Progress) -> Refusal {
    if progress.exceeded() {
        return Refusal::TooLarge;
    }
    // The cause may quote what was sent, so its kind is enough.
    tracing::info!(
        connecting = error.is_connect(),
        "an API behind the gateway could not be reached: {error}"
    );
    Refusal::Unreachable
}

//! A WebSocket through the gateway (RFC 6455 §1.3): once both sides have agreed to leave HTTP, bytes go to and fro until one of them ends,
//! or what the caller lives on does.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, Request, Response, Version, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;
use tracing::{Instrument as _, Span, debug, info};

use crate::gateway::caller::Caller;
use crate::gateway::limits::Place;
use crate::gateway::verdicts::Verdicts;
use crate::time::Clock;

/// How often it is asked whether the caller may stay. Nothing leaves the process for it unless something ended, or a second went by.
const LOOK: Duration = Duration::from_millis(250);

/// Whether a request wants to become a WebSocket.
pub(super) fn is_wanted<B>(request: &Request<B>) -> bool {
    let says = |name, word: &str| {
        let values = request.headers().get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|said| said.trim().eq_ignore_ascii_case(word))
    };
    request.version() == Version::HTTP_11
        && request.method() == Method::GET
        && says(header::CONNECTION, "upgrade")
        && says(header::UPGRADE, "websocket")
}

/// Asks for it in the gateway's own words.
pub(super) fn ask(headers: &mut HeaderMap) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
}

/// Two connections to be joined, and for whom.
pub(super) struct Tunnel {
    pub(super) below: OnUpgrade,
    pub(super) above: OnUpgrade,
    pub(super) caller: Arc<Caller>,
    pub(super) verdicts: Verdicts,
    pub(super) clock: Clock,
    pub(super) place: Place,
}

impl Tunnel {
    /// Joins them behind the back of the request, once both are free.
    pub(super) fn open(self) {
        let tunnel = async move {
            let Self { below, above, caller, verdicts, clock, place } = self;
            let (below, above) = match tokio::try_join!(below, above) {
                Ok(both) => both,
                Err(error) => return debug!("a WebSocket did not come about: {error}"),
            };
            let (mut below, mut above) = (TokioIo::new(below), TokioIo::new(above));
            tokio::select! {
                // How either side went away is nobody's fault here.
                _ = copy_bidirectional(&mut below, &mut above) => {}
                () = until_over(&verdicts, &caller, &clock) => {
                    info!(client.id = %caller.client, "a WebSocket is closed: what it was opened with has ended");
                }
            }
            drop(place);
        };
        tokio::spawn(tunnel.instrument(Span::current()));
    }
}

async fn until_over(verdicts: &Verdicts, caller: &Caller, clock: &Clock) {
    loop {
        tokio::time::sleep(LOOK).await;
        match verdicts.holds(caller, clock.now()).await {
            Ok(true) => {}
            Ok(false) => return,
            // While the database is away nobody can sign out either.
            Err(error) => debug!("could not find out whether a WebSocket may stay: {error}"),
        }
    }
}

/// Whether the API agreed.
pub(super) fn is_agreed<B>(answer: &Response<B>) -> bool {
    answer.status() == http::StatusCode::SWITCHING_PROTOCOLS
}

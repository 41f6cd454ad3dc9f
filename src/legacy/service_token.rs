//! The token of a service account that profile calls share: signed in when it is first needed, once for all who wait, and left alone for a
//! while after a refusal, since a try too many locks the account.

use std::time::Duration;

use tokio::sync::Mutex;

use super::answer::unavailable;
use super::refusal::Refusal;
use super::tokens::LegacyTokens;
use crate::secret::Secret;
use crate::time::{Clock, Timestamp};

/// How long a refused account is left alone.
const PAUSE: Duration = Duration::from_mins(5);
/// How long a token is used whose lifetime was not told.
const UNTOLD: Duration = Duration::from_mins(5);
/// A token is not used in its last moments.
const MARGIN: Duration = Duration::from_secs(15);

/// The token, shared.
#[derive(Default)]
pub(super) struct ServiceToken(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    Unknown,
    Good(Secret, Timestamp),
    Refused(Timestamp),
}

impl ServiceToken {
    /// The token and whether it was known, or the one that `log_in` gets.
    pub(super) async fn or_from(
        &self,
        clock: &Clock,
        log_in: impl Future<Output = Result<Option<LegacyTokens>, Refusal>>,
    ) -> Result<(Secret, bool), Refusal> {
        let mut state = self.0.lock().await;
        match &*state {
            State::Good(token, until) if *until > clock.now() + MARGIN => return Ok((token.clone(), true)),
            State::Refused(until) if *until > clock.now() => {
                let why = "the service account was refused a short while ago and is left alone".to_owned();
                return Err(Refusal::Misconfigured { why });
            }
            State::Unknown | State::Good(..) | State::Refused(_) => {}
        }
        match log_in.await {
            Ok(Some(tokens)) => {
                let until = clock.now() + tokens.lifetime.unwrap_or(UNTOLD);
                *state = State::Good(tokens.access_token.clone(), until);
                Ok((tokens.access_token, false))
            }
            Ok(None) => {
                Err(Refusal::Misconfigured { why: "the service account is given no token".to_owned() })
            }
            Err(Refusal::Unavailable { why }) => {
                Err(unavailable(format!("signing the service account in: {why}")))
            }
            Err(refusal) => {
                *state = State::Refused(clock.now() + PAUSE);
                Err(Refusal::Misconfigured { why: format!("the service account is refused: {refusal}") })
            }
        }
    }

    /// Forgets a token that is not taken any more.
    pub(super) async fn forget(&self, dead: &Secret) {
        let mut state = self.0.lock().await;
        if matches!(&*state, State::Good(token, _) if token == dead) {
            *state = State::Unknown;
        }
    }
}

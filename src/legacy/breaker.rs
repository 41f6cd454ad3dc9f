//! A circuit breaker: when the legacy system failed several times in a row, further calls fail at once for a while instead of holding
//! requests, and then one call finds out whether it is back. In memory, for each node by itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

/// So many failures in a row open it.
const FAILURES: u32 = 5;
/// How long it stays open at first; each failed trial doubles that.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause: a system that came back is found soon.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The breaker. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Breaker(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    until: Instant,
    pause: Duration,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The system answered, whatever it said.
    Answered,
    /// It did not, or not as a system that works.
    Failed,
}

/// The leave to make one call. Dropped without a word it counts as nothing.
#[derive(Debug)]
pub struct Leave(Breaker);

impl Breaker {
    /// Asks for leave; `None` while the breaker is open. Behind the pause one caller gets it, and the others wait for what that one finds.
    pub fn ask(&self) -> Option<Leave> {
        let mut state = self.lock();
        if let Some(open) = &mut state.open {
            let now = Instant::now();
            if now < open.until {
                return None;
            }
            open.until = now + open.pause;
        }
        Some(Leave(self.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leave {
    /// Tells how the call ended.
    pub fn tell(self, ended: Ended) {
        let mut state = self.0.lock();
        match ended {
            Ended::Answered => {
                if state.open.is_some() {
                    info!("the legacy system answers again");
                }
                *state = State::default();
            }
            Ended::Failed => {
                state.failures = state.failures.saturating_add(1);
                if state.failures < FAILURES {
                    return;
                }
                let pause = state.open.map_or(FIRST_PAUSE, |open| (open.pause * 2).min(LONGEST_PAUSE));
                if state.open.is_none() {
                    warn!(
                        failures = state.failures,
                        "the legacy system does not work: not asking it for a while"
                    );
                }
                state.open = Some(Open { until: Instant::now() + pause, pause });
            }
        }
    }
}

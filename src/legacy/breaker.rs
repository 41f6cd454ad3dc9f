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
    /// Whether somebody is finding out right now; nobody else is let through meanwhile, however long that takes.
    on_trial: bool,
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
pub struct Leave {
    breaker: Breaker,
    /// Whether this call finds out for all whether the system is back.
    trial: bool,
}

impl Breaker {
    /// Asks for leave; `None` while the breaker is open. Behind the pause one caller gets it, and the others wait for what that one finds.
    pub fn ask(&self) -> Option<Leave> {
        let mut state = self.lock();
        let trial = match &mut state.open {
            None => false,
            Some(open) if open.on_trial || Instant::now() < open.until => return None,
            Some(open) => {
                open.on_trial = true;
                true
            }
        };
        Some(Leave { breaker: self.clone(), trial })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leave {
    /// Tells how the call ended.
    pub fn tell(mut self, ended: Ended) {
        let trial = std::mem::take(&mut self.trial);
        let mut state = self.breaker.lock();
        match (ended, &mut state.open) {
            (Ended::Answered, open) => {
                if open.is_some() {
                    info!("the legacy system answers again");
                }
                *state = State::default();
            }
            (Ended::Failed, Some(open)) if trial => open.stay((open.pause * 2).min(LONGEST_PAUSE)),
            // It was under way when others opened it, and says nothing new.
            (Ended::Failed, Some(_)) => {}
            (Ended::Failed, None) => {
                state.failures = state.failures.saturating_add(1);
                if state.failures >= FAILURES {
                    warn!(
                        failures = state.failures,
                        "the legacy system does not work: not asking it for a while"
                    );
                    state.open = Some(Open::new(FIRST_PAUSE));
                }
            }
        }
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        if self.trial
            && let Some(open) = &mut self.breaker.lock().open
        {
            open.stay(open.pause);
        }
    }
}

impl Open {
    fn new(pause: Duration) -> Self {
        Self { until: Instant::now() + pause, pause, on_trial: false }
    }

    fn stay(&mut self, pause: Duration) {
        *self = Self::new(pause);
    }
}

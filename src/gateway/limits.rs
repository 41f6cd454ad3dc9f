//! How much one client may do for one person on a route: requests in a second, and requests at once. Counted by this process.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::gateway::caller::Caller;
use crate::id::{AccountId, ClientId};

/// After so many requests those who have not come for a while are forgotten.
const TIDY_EVERY: u32 = 4096;

type Key = (ClientId, Option<AccountId>);
/// How many places each has taken.
type Taken = Arc<Mutex<HashMap<Key, u32>>>;

/// The limits of a route.
#[derive(Debug, Default)]
pub struct Limits {
    rate: Option<Rate>,
    concurrent: Option<(u32, Taken)>,
}

struct Rate {
    limiter: DefaultKeyedRateLimiter<Key>,
    clock: DefaultClock,
    asked: AtomicU32,
}

/// A request that has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// For how long.
    pub retry_after: Duration,
}

/// A place among the requests at once; free again when it is dropped.
#[derive(Debug, Default)]
pub struct Place(Option<(Taken, Key)>);

impl Limits {
    /// `per_second` requests, `burst` of them at once after a rest; `concurrent` unanswered ones.
    pub fn new(
        per_second: Option<NonZeroU32>,
        burst: Option<NonZeroU32>,
        concurrent: Option<NonZeroU32>,
    ) -> Self {
        let rate = per_second.map(|per_second| Rate {
            limiter: RateLimiter::dashmap(
                Quota::per_second(per_second).allow_burst(burst.unwrap_or(per_second)),
            ),
            clock: DefaultClock::default(),
            asked: AtomicU32::new(0),
        });
        Self { rate, concurrent: concurrent.map(|most| (most.get(), Arc::default())) }
    }

    /// Counts a request of `caller`.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn enter(&self, caller: &Caller) -> Result<Place, TooMany> {
        if self.rate.is_none() && self.concurrent.is_none() {
            return Ok(Place::default());
        }
        let key = (caller.client.clone(), caller.account.clone());
        if let Some(rate) = &self.rate {
            rate.check(&key)?;
        }
        match &self.concurrent {
            Some((most, taken)) => take(taken, *most, key),
            None => Ok(Place::default()),
        }
    }
}

fn take(taken: &Taken, most: u32, key: Key) -> Result<Place, TooMany> {
    let mut places = taken.lock().unwrap_or_else(PoisonError::into_inner);
    let count = places.entry(key.clone()).or_default();
    if *count >= most {
        return Err(TooMany { retry_after: Duration::from_secs(1) });
    }
    *count += 1;
    drop(places);
    Ok(Place(Some((taken.clone(), key))))
}

impl Rate {
    fn check(&self, key: &Key) -> Result<(), TooMany> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.limiter.retain_recent();
        }
        self.limiter
            .check_key(key)
            .map_err(|until| TooMany { retry_after: until.wait_time_from(self.clock.now()) })
    }
}

impl std::fmt::Debug for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rate")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((taken, key)) = self.0.take() else { return };
        let mut places = taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = places.get_mut(&key) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                places.remove(&key);
            }
        }
    }
}

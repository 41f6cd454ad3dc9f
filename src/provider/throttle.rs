//! Holds back guessers before the old system hears of them: one counter per account, however it is spelt, and one per address. What is
//! said to come from the legacy site is counted by address too, and apart: whoever makes tokens up keeps nobody at their address from the
//! sign-in form.
//!
//! Failures are rows, so that they hold across nodes and restarts. Tries under way are counted in memory on top: of fifty guesses sent
//! at once, no more than the limit reach the old system. What that costs: nodes do not see each other's tries under way, so of guesses
//! sent at once to several nodes, each node lets the limit through. Counting each try before it is made would cost a commit per sign-in.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::rules::throttle::{Attempts, Limits, Verdict, account_key, verdict};
use crate::store::attempts;
use crate::store::db::{Db, Tx};
use crate::store::error::StoreError;
use crate::time::Timestamp;

/// The limits in force.
#[derive(Clone, Copy, Debug)]
pub struct ThrottleLimits {
    /// For one account: below the old system's own threshold.
    pub account: Limits,
    /// For one address.
    pub address: Limits,
}

/// The throttle. Clones share their counts.
#[derive(Clone, Debug)]
pub struct Throttle {
    db: Db,
    limits: ThrottleLimits,
    under_way: Arc<Mutex<HashMap<String, u32>>>,
}

/// A try that may be made. Dropping it says that it is over.
#[derive(Debug)]
pub struct Try<const N: usize> {
    subjects: [Subject; N],
    under_way: Arc<Mutex<HashMap<String, u32>>>,
}

/// What a try counts for.
#[derive(Clone, Debug)]
struct Subject {
    name: String,
    limits: Limits,
    /// How many tries were under way when this one came. Those that come later wait behind it and do not count against it.
    ahead: u32,
}

impl Throttle {
    /// A throttle that counts in `db`.
    pub fn new(db: Db, limits: ThrottleLimits) -> Self {
        Self { db, limits, under_way: Arc::default() }
    }

    /// Whether this visitor may try a password for this user name now; if not, not before which moment.
    ///
    /// # Errors
    /// When the counters cannot be read: then nobody may.
    pub async fn admit(
        &self,
        user_name: &str,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Result<Try<2>, Timestamp>, StoreError> {
        let account = (format!("account:{}", account_key(user_name)), self.limits.account);
        let address = (format!("address:{}", address_key(address)), self.limits.address);
        self.admit_all([account, address], now).await
    }

    /// Whether this visitor may bring a token of the legacy site now; if not, not before which moment.
    ///
    /// # Errors
    /// When the counters cannot be read: then nobody may.
    pub async fn admit_handover(
        &self,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Result<Try<1>, Timestamp>, StoreError> {
        let subject = (format!("hand-over:{}", address_key(address)), self.limits.address);
        self.admit_all([subject], now).await
    }

    async fn admit_all<const N: usize>(
        &self,
        subjects: [(String, Limits); N],
        now: Timestamp,
    ) -> Result<Result<Try<N>, Timestamp>, StoreError> {
        // The order is security: a try takes its place before it reads the failures. One that is over by then has left a failure to be
        // read, and one that is not is ahead, so none is overlooked.
        let admitted = self.reserve(subjects);
        for Subject { name, limits, ahead } in &admitted.subjects {
            let counted = attempts::find(&self.db, name, now).await?.map(|counted| Attempts {
                failures: u32::try_from(counted.failures).unwrap_or(u32::MAX),
                window_start: counted.window_start,
                blocked_until: counted.blocked_until,
            });
            if let Verdict::BlockedUntil(until) = verdict(counted.as_ref(), *ahead, limits, now) {
                return Ok(Err(until));
            }
        }
        Ok(Ok(admitted))
    }

    fn reserve<const N: usize>(&self, subjects: [(String, Limits); N]) -> Try<N> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let subjects = subjects.map(|(name, limits)| {
            let count = under_way.entry(name.clone()).or_default();
            let ahead = *count;
            *count += 1;
            Subject { name, limits, ahead }
        });
        Try { subjects, under_way: self.under_way.clone() }
    }

    /// Counts a failure, and holds further tries off when it was one too many.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn failed<const N: usize>(&self, failed: Try<N>, now: Timestamp) -> Result<(), StoreError> {
        let subjects = failed.subjects.clone();
        let counted = self.db.write(move |tx| {
            Box::pin(async move {
                for Subject { name, limits, .. } in &subjects {
                    attempts::clear_served(tx, name, now).await?;
                    let failures = attempts::record_failure(tx, name, now, limits.window).await?;
                    if failures >= i64::from(limits.failures) {
                        attempts::block(tx, name, now + limits.pause).await?;
                    }
                }
                Ok(())
            })
        });
        // The try is over only when its failure counts, or a parallel one would slip through in between.
        let counted = counted.await;
        drop(failed);
        counted
    }
}

impl Try<2> {
    /// The account's counter, to be cleared with the sign-in that succeeded. The address keeps its count: it may have guessed at others.
    pub fn account(&self) -> String {
        let [account, _] = &self.subjects;
        account.name.clone()
    }
}

/// Forgets the failures of an account whose person has signed in.
///
/// # Errors
/// When it cannot be written.
pub async fn succeeded(tx: &mut Tx, account: &str) -> Result<(), StoreError> {
    attempts::clear(tx, account).await
}

impl<const N: usize> Drop for Try<N> {
    fn drop(&mut self) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        for Subject { name, .. } in &self.subjects {
            if let Some(count) = under_way.get_mut(name) {
                *count -= 1;
                if *count == 0 {
                    under_way.remove(name);
                }
            }
        }
    }
}

/// A household has one IPv4 address, or one IPv6 network of 64 bits in which it may take any.
fn address_key(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

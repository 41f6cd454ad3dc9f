//! Verdicts on tokens, kept: a token that was seen costs no signature and no database. A verdict dies at once with what ends on this
//! node, within a second with what ends on another, and within a minute in any case.
//!
//! # Why
//! What ended is kept apart from the verdicts, and longer than they live. A verdict that is being reached while something ends is put in
//! after the ending was noted, and is dead all the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::gateway::caller::Caller;
use crate::secret::Digest;
use crate::store::db::Db;
use crate::store::endings;
use crate::store::error::StoreError;
use crate::time::{Clock, Timestamp};

/// How many verdicts are kept.
const MOST: u64 = 100_000;
/// How long one lives, whatever is heard or not: roles change too.
const LIFE: Duration = Duration::from_secs(60);
/// How often the database is asked what other nodes ended.
const EVERY: Duration = Duration::from_millis(900);
/// How far back it is asked: clocks differ, and a commit comes later than the moment that stands in it.
const BACK: Duration = Duration::from_secs(30);
/// The same when this node itself ended something.
const BACK_HERE: Duration = Duration::from_secs(5);
/// A moment that no look was at.
const NEVER: u64 = u64::MAX;

/// The verdicts of this node.
#[derive(Clone)]
pub struct Verdicts(Arc<Kept>);

struct Kept {
    db: Db,
    clock: Clock,
    began: Instant,
    verdicts: Cache<[u8; 32], Arc<Caller>>,
    ended: Cache<String, ()>,
    looked: Mutex<Option<Timestamp>>,
    looked_at: AtomicU64,
    heard: AtomicU64,
}

impl Verdicts {
    /// None yet.
    pub fn new(db: Db, clock: Clock) -> Self {
        Self(Arc::new(Kept {
            heard: AtomicU64::new(db.endings()),
            db,
            clock,
            began: Instant::now(),
            verdicts: Cache::builder().max_capacity(MOST).time_to_live(LIFE).build(),
            // Twice as long as a verdict that was reached at the same time.
            ended: Cache::builder().time_to_live(LIFE * 2).build(),
            looked: Mutex::new(None),
            looked_at: AtomicU64::new(NEVER),
        }))
    }

    /// The verdict on the token with this digest, when there is one and it still holds.
    ///
    /// # Errors
    /// When it cannot be found out what has ended since.
    pub async fn find(&self, token: &Digest, now: Timestamp) -> Result<Option<Arc<Caller>>, StoreError> {
        match self.0.verdicts.get(token.as_bytes()) {
            Some(caller) => Ok(self.holds(&caller, now).await?.then_some(caller)),
            None => Ok(None),
        }
    }

    /// Keeps a verdict that was just reached.
    pub fn keep(&self, token: &Digest, caller: Arc<Caller>) {
        self.0.verdicts.insert(*token.as_bytes(), caller);
    }

    /// Whether nothing has ended that `caller` lives on.
    ///
    /// # Errors
    /// When it cannot be found out.
    pub async fn holds(&self, caller: &Caller, now: Timestamp) -> Result<bool, StoreError> {
        if caller.expires_at <= now {
            return Ok(false);
        }
        if !self.0.is_current() {
            Box::pin(self.look()).await?;
        }
        let over = |name: &str| self.0.ended.contains_key(name);
        let family = caller.bonds.family.as_ref().is_some_and(|family| over(family.as_str()));
        Ok(!family && !caller.bonds.token.as_deref().is_some_and(over))
    }

    /// Learns what has ended, when that may have changed: one query a second while the gateway is in use.
    async fn look(&self) -> Result<(), StoreError> {
        let mut looked = self.0.looked.lock().await;
        if self.0.is_current() {
            return Ok(());
        }
        // Before the question: what ends in the meantime is asked for again.
        let heard = self.0.db.endings();
        let now = self.0.clock.now();
        let wide = !self.0.is_recent();
        let since = looked.unwrap_or(now) - if wide { BACK } else { BACK_HERE };
        for name in endings::since(&self.0.db, since).await? {
            self.0.ended.insert(name, ());
        }
        if wide {
            *looked = Some(now);
            self.0.looked_at.store(self.0.elapsed(), Ordering::SeqCst);
        }
        self.0.heard.store(heard, Ordering::SeqCst);
        Ok(())
    }
}

impl Kept {
    fn elapsed(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(NEVER - 1)
    }

    fn is_recent(&self) -> bool {
        let looked_at = self.looked_at.load(Ordering::SeqCst);
        looked_at != NEVER && u128::from(self.elapsed().saturating_sub(looked_at)) < EVERY.as_millis()
    }

    fn is_current(&self) -> bool {
        self.heard.load(Ordering::SeqCst) == self.db.endings() && self.is_recent()
    }
}

impl std::fmt::Debug for Verdicts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verdicts")
    }
}

//! Counters of failed sign-ins, for the throttle: rows, not memory, so that they hold across nodes and restarts.
//! What is counted (an account's spelling, an address) is kept as a digest only: visitors type anything into a login form,
//! their password included. How many failures are too many is not decided here.

use std::time::Duration;

use crate::secret::Digest;
use crate::store::db::{Db, Sql, Tx, args};
use crate::store::error::StoreError;
use crate::time::Timestamp;

const FIND: Sql = Sql::new(
    "find attempts",
    "SELECT failures, window_start, blocked_until FROM attempts WHERE subject = $1 AND expires_at > $2",
);

/// Times: $2 is now, $3 the moment before which a window has passed, $4 the end of one that begins now. It also begins when a block is over.
const RECORD_FAILURE: Sql = Sql::new(
    "record failed attempt",
    "INSERT INTO attempts (subject, failures, window_start, expires_at) VALUES ($1, 1, $2, $4) \
     ON CONFLICT (subject) DO UPDATE SET \
         failures = CASE WHEN attempts.window_start <= $3 OR attempts.blocked_until <= $2 THEN 1 \
                         ELSE attempts.failures + 1 END, \
         window_start = CASE WHEN attempts.window_start <= $3 OR attempts.blocked_until <= $2 THEN $2 \
                             ELSE attempts.window_start END, \
         blocked_until = CASE WHEN attempts.blocked_until <= $2 THEN NULL ELSE attempts.blocked_until END, \
         expires_at = CASE WHEN (attempts.window_start <= $3 OR attempts.blocked_until <= $2) \
                                AND attempts.expires_at < $4 THEN $4 \
                           ELSE attempts.expires_at END \
     RETURNING failures",
);

const BLOCK: Sql = Sql::new(
    "block attempts",
    "UPDATE attempts SET blocked_until = $2, expires_at = CASE WHEN expires_at < $2 THEN $2 ELSE expires_at END \
     WHERE subject = $1",
);

const CLEAR_SERVED: Sql =
    Sql::new("clear served attempts", "DELETE FROM attempts WHERE subject = $1 AND blocked_until <= $2");

const CLEAR: Sql = Sql::new("clear attempts", "DELETE FROM attempts WHERE subject = $1");

/// What is known of one subject's failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// How many since `window_start`.
    pub failures: i64,
    /// When the counting began.
    pub window_start: Timestamp,
    /// Until when no attempt is let through.
    pub blocked_until: Option<Timestamp>,
}

/// The failures of `subject` that still count at `now`.
pub async fn find(db: &Db, subject: &str, now: Timestamp) -> Result<Option<Attempts>, StoreError> {
    let row = db.fetch_optional(&FIND, args![Digest::of(subject), now]).await?;
    row.map(|row| {
        Ok(Attempts {
            failures: row.int("failures")?,
            window_start: row.time("window_start")?,
            blocked_until: row.maybe_time("blocked_until")?,
        })
    })
    .transpose()
}

/// Counts a failure of `subject`, in the window that is open or in a new one of length `window`. Answers how many there are in it.
pub async fn record_failure(
    tx: &mut Tx,
    subject: &str,
    now: Timestamp,
    window: Duration,
) -> Result<i64, StoreError> {
    let args = args![Digest::of(subject), now, now - window, now + window];
    let row = tx.fetch_optional(&RECORD_FAILURE, args).await?;
    // An upsert always returns its row.
    row.ok_or(StoreError::Corrupt { during: "record failed attempt", column: "failures" })?.int("failures")
}

/// Lets no attempt of `subject` through before `until`. It must have failed before.
pub async fn block(tx: &mut Tx, subject: &str, until: Timestamp) -> Result<(), StoreError> {
    tx.execute(&BLOCK, args![Digest::of(subject), until]).await.map(drop)
}

/// Forgets the failures of `subject` if they held it off and that time is over: the next failure is a first one.
pub async fn clear_served(tx: &mut Tx, subject: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(&CLEAR_SERVED, args![Digest::of(subject), now]).await.map(drop)
}

/// Forgets the failures of `subject`.
pub async fn clear(tx: &mut Tx, subject: &str) -> Result<(), StoreError> {
    tx.execute(&CLEAR, args![Digest::of(subject)]).await.map(drop)
}

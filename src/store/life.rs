//! When the legacy system last said that a person is still good, and when it was last asked. The question is taken by one caller at a
//! time, on whatever node, so that a person is asked about once in each interval and nobody else waits for the answer.

use crate::id::AccountId;
use crate::store::db::{Db, Sql, Tx, args};
use crate::store::error::StoreError;
use crate::time::Timestamp;

const FIND: Sql = Sql::new("find life", "SELECT alive_at, asked_at FROM accounts WHERE id = $1");

const TAKE_QUESTION: Sql = Sql::new(
    "take the question of life",
    "UPDATE accounts SET asked_at = $3 WHERE id = $1 AND (asked_at IS NULL OR asked_at <= $2)",
);

const NOTE_ALIVE: Sql =
    Sql::new("note life", "UPDATE accounts SET alive_at = $2, asked_at = $2 WHERE id = $1");

const DOUBT: Sql = Sql::new("doubt life", "UPDATE accounts SET asked_at = NULL WHERE id = $1");

/// What is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// When the person was last known to be good.
    pub alive_at: Option<Timestamp>,
    /// When somebody last asked; none while something gives cause to ask at once.
    pub asked_at: Option<Timestamp>,
}

/// What is known of `account`.
pub async fn find(db: &Db, account: &AccountId) -> Result<Life, StoreError> {
    let Some(row) = db.fetch_optional(&FIND, args![account]).await? else { return Ok(Life::default()) };
    Ok(Life { alive_at: row.maybe_time("alive_at")?, asked_at: row.maybe_time("asked_at")? })
}

/// Takes the question, when nobody asked since `asked_before`. True for the one who has to ask.
pub async fn take_question(
    tx: &mut Tx,
    account: &AccountId,
    asked_before: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&TAKE_QUESTION, args![account, asked_before, now]).await? == 1)
}

/// The person is good: has just signed in, or the legacy system says so.
pub async fn note_alive(tx: &mut Tx, account: &AccountId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(&NOTE_ALIVE, args![account, now]).await.map(drop)
}

/// Something gives cause to ask at once, however short ago the last answer was.
pub async fn doubt(tx: &mut Tx, account: &AccountId) -> Result<(), StoreError> {
    tx.execute(&DOUBT, args![account]).await.map(drop)
}

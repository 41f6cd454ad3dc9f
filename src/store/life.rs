//! When the legacy system last said that a person is still good, and when it was last asked. The question is taken by one caller at a
//! time, on whatever node, so that a person is asked about once in each interval and nobody else waits for the answer.

use crate::id::AccountId;
use crate::store::db::{Sql, Tx, args};
use crate::store::error::StoreError;
use crate::time::Timestamp;

const TAKE_QUESTION: Sql = Sql::new(
    "take the question of life",
    "UPDATE accounts SET asked_at = $3 WHERE id = $1 AND (asked_at IS NULL OR asked_at <= $2)",
);

const NOTE_ALIVE: Sql =
    Sql::new("note life", "UPDATE accounts SET alive_at = $2, asked_at = $2 WHERE id = $1");

const DOUBT: Sql = Sql::new("doubt life", "UPDATE accounts SET asked_at = NULL WHERE id = $1");

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

//! Signing keys, sealed. Each key names the one that it succeeds, and a key has one successor: when two nodes rotate at
//! once, one of them makes the key and the other learns of it.

use crate::id::KeyId;
use crate::model::signing_key::SigningKeyRecord;
use crate::oauth::algorithm::SigningAlgorithm;
use crate::store::db::{Db, Row, Sql, Tx, args};
use crate::store::error::StoreError;
use crate::time::Timestamp;

const LIST: Sql = Sql::new(
    "list signing keys",
    "SELECT id, algorithm, sealed, created_at, signs_from, retired_at FROM signing_keys \
     ORDER BY created_at, signs_from, id",
);

const INSERT: Sql = Sql::new(
    "insert signing key",
    "INSERT INTO signing_keys (id, algorithm, succeeds, sealed, created_at, signs_from) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (algorithm, succeeds) DO NOTHING",
);

const RETIRE: Sql = Sql::new(
    "retire signing key",
    "UPDATE signing_keys SET retired_at = $2 WHERE id = $1 AND retired_at IS NULL",
);

const DELETE: Sql = Sql::new("delete signing key", "DELETE FROM signing_keys WHERE id = $1");

/// Every key, oldest first.
pub async fn list(db: &Db) -> Result<Vec<SigningKeyRecord>, StoreError> {
    db.fetch_all(&LIST, args![]).await?.into_iter().map(read).collect()
}

/// Adds `key` as the successor of `after`: the youngest key of its algorithm that the caller knows, or none if it knows none.
/// False when that key has a successor already (or when there is a first key already): then the caller's list is old, and
/// nothing was added.
pub async fn insert(tx: &mut Tx, key: &SigningKeyRecord, after: Option<&KeyId>) -> Result<bool, StoreError> {
    let args = args![
        &key.id,
        key.algorithm.as_str(),
        after.map_or("", KeyId::as_str),
        key.sealed.as_slice(),
        key.created_at,
        key.signs_from,
    ];
    Ok(tx.execute(&INSERT, args).await? == 1)
}

/// Lets a key stop signing at `at`. True for the one call that did.
pub async fn retire(tx: &mut Tx, id: &KeyId, at: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(&RETIRE, args![id, at]).await? == 1)
}

/// Removes a key of which nothing that it signed is of any use, not even as a hint. True for the one call that did.
pub async fn delete(tx: &mut Tx, id: &KeyId) -> Result<bool, StoreError> {
    Ok(tx.execute(&DELETE, args![id]).await? == 1)
}

fn read(row: Row) -> Result<SigningKeyRecord, StoreError> {
    Ok(SigningKeyRecord {
        id: row.text("id")?.into(),
        algorithm: row.parsed("algorithm", SigningAlgorithm::from_word)?,
        sealed: row.bytes("sealed")?,
        created_at: row.time("created_at")?,
        signs_from: row.time("signs_from")?,
        retired_at: row.maybe_time("retired_at")?,
    })
}

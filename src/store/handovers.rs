//! Hand-overs of the legacy site that were redeemed: what came of them waits here, sealed, for the browser that comes back with the
//! one-time handle. Only the handle's digest is kept.

use crate::secret::Digest;
use crate::store::db::{Db, Sql, Tx, args};
use crate::store::error::StoreError;
use crate::time::Timestamp;

const INSERT: Sql =
    Sql::new("insert hand-over", "INSERT INTO handovers (digest, sealed, expires_at) VALUES ($1, $2, $3)");

const FIND: Sql =
    Sql::new("find hand-over", "SELECT sealed FROM handovers WHERE digest = $1 AND expires_at > $2");

const TAKE: Sql = Sql::new(
    "take hand-over",
    "DELETE FROM handovers WHERE digest = $1 AND expires_at > $2 RETURNING sealed",
);

/// Keeps what a hand-over was redeemed for.
pub async fn insert(
    tx: &mut Tx,
    handle: &Digest,
    sealed: &[u8],
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(&INSERT, args![handle, sealed, expires_at]).await.map(drop)
}

/// Looks at it, for a question to the person.
pub async fn find(db: &Db, handle: &Digest, now: Timestamp) -> Result<Option<Vec<u8>>, StoreError> {
    db.fetch_optional(&FIND, args![handle, now]).await?.map(|row| row.bytes("sealed")).transpose()
}

/// Takes it: one caller gets it, and it is gone.
pub async fn take(tx: &mut Tx, handle: &Digest, now: Timestamp) -> Result<Option<Vec<u8>>, StoreError> {
    tx.fetch_optional(&TAKE, args![handle, now]).await?.map(|row| row.bytes("sealed")).transpose()
}

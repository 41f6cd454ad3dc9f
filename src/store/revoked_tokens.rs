//! Access tokens that were revoked before they expired: JWTs by `jti`, and opaque ones, whose records are gone, by their digest. Kept until
//! they would have expired. Only single tokens: one of a family is revoked with its family.

use crate::store::db::{Db, Sql, Tx, args};
use crate::store::error::StoreError;
use crate::time::Timestamp;

const INSERT: Sql = Sql::new(
    "insert revoked token",
    "INSERT INTO revoked_tokens (jti, expires_at, revoked_at) VALUES ($1, $2, $3) ON CONFLICT (jti) DO NOTHING",
);

const CONTAINS: Sql = Sql::new("find revoked token", "SELECT jti FROM revoked_tokens WHERE jti = $1");

/// Notes that the token `jti` is revoked, which expires at `expires_at`. True for the one call that did.
pub async fn insert(
    tx: &mut Tx,
    jti: &str,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    tx.note_ending();
    Ok(tx.execute(&INSERT, args![jti, expires_at, now]).await? == 1)
}

/// Whether the token `jti` was revoked.
pub async fn contains(db: &Db, jti: &str) -> Result<bool, StoreError> {
    Ok(db.fetch_optional(&CONTAINS, args![jti]).await?.is_some())
}

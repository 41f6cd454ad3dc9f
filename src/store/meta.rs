//! What the database says of itself: the fingerprint of the master key that its secrets are sealed with.

use crate::store::db::{Db, Sql, Tx, args};
use crate::store::error::StoreError;

const FIND: Sql = Sql::new("find meta", "SELECT value FROM meta WHERE name = $1");

const PUT_IF_ABSENT: Sql =
    Sql::new("put meta", "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING");

/// The name under which the fingerprint of the master key stands.
pub const MASTER_KEY_FINGERPRINT: &str = "master_key_fingerprint";

/// The value that stands under `name`.
pub async fn find(db: &Db, name: &str) -> Result<Option<String>, StoreError> {
    db.fetch_optional(&FIND, args![name]).await?.map(|row| row.text("value")).transpose()
}

/// Puts `value` under `name` unless something stands there, and answers with what stands: the first one wins.
pub async fn put_if_absent(tx: &mut Tx, name: &str, value: &str) -> Result<String, StoreError> {
    if tx.execute(&PUT_IF_ABSENT, args![name, value]).await? == 1 {
        return Ok(value.to_owned());
    }
    let row = tx.fetch_optional(&FIND, args![name]).await?;
    row.ok_or(StoreError::Corrupt { during: "find meta", column: "value" })?.text("value")
}

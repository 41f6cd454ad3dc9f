//! What ended lately, for whoever keeps a verdict on a token instead of asking each time: families and single tokens by their names.
//!
//! A node hears of its own endings by [`Db::endings`], which changes before the write that ended something is answered. What other nodes
//! ended is found by asking.

use crate::store::db::{Db, Sql, args};
use crate::store::error::StoreError;
use crate::time::Timestamp;

const SINCE: Sql = Sql::new(
    "list endings",
    "SELECT id AS ended FROM token_families WHERE revoked_at >= $1 \
     UNION ALL SELECT jti AS ended FROM revoked_tokens WHERE revoked_at >= $1",
);

/// The families, and the tokens revoked alone, that ended at `since` or later.
///
/// # Errors
/// When the database does not answer.
pub async fn since(db: &Db, since: Timestamp) -> Result<Vec<String>, StoreError> {
    db.fetch_all(&SINCE, args![since]).await?.into_iter().map(|row| row.text("ended")).collect()
}

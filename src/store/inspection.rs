//! The database as an operator looks at it: which migrations it has, whether it can be written, how long it takes to answer. Changes
//! nothing.

use std::time::Duration;

use tokio::time::Instant;

use crate::store::db::{Db, Sql, args};
use crate::store::error::StoreError;
use crate::store::migrate;

/// Where the driver notes what was applied.
const HISTORY: &str = "_sqlx_migrations";

const APPLIED: Sql =
    Sql::new("list migrations", "SELECT version FROM _sqlx_migrations WHERE success ORDER BY version");

/// It needs the right to write, and no row has this name.
const TRY_TO_WRITE: Sql = Sql::new("try to write", "UPDATE meta SET value = value WHERE name = ''");

/// How often it is asked for the time that an answer takes.
const QUESTIONS: usize = 5;

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The migrations that were applied; none when nothing was ever kept here.
    pub applied: Option<Vec<i64>>,
    /// Those that this program knows.
    pub known: Vec<i64>,
    /// Whether it can be written, where there is something to try it with.
    pub writable: Option<Result<(), StoreError>>,
    /// How long an answer takes: the one in the middle of several.
    pub round_trip: Duration,
}

/// Looks at `db`.
///
/// # Errors
/// When it does not answer.
pub async fn inspect(db: &Db) -> Result<Inspection, StoreError> {
    let mut round_trips = Vec::new();
    for _ in 0..QUESTIONS {
        let asked = Instant::now();
        db.ping().await?;
        round_trips.push(asked.elapsed());
    }
    round_trips.sort_unstable();
    let applied = if db.has_table(HISTORY).await? {
        let rows = db.fetch_all(&APPLIED, args![]).await?;
        Some(rows.iter().map(|row| row.int("version")).collect::<Result<Vec<_>, _>>()?)
    } else {
        None
    };
    let writable = if db.has_table("meta").await? { Some(try_to_write(db).await) } else { None };
    let round_trip = round_trips.get(QUESTIONS / 2).copied().unwrap_or_default();
    Ok(Inspection { applied, known: migrate::known(), writable, round_trip })
}

async fn try_to_write(db: &Db) -> Result<(), StoreError> {
    db.write(|tx| Box::pin(async move { tx.execute(&TRY_TO_WRITE, args![]).await.map(drop) })).await
}

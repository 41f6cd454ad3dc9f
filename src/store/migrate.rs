//! The schema and its history: one set of migrations for both databases. A migration that was released is never edited;
//! the next one is added.

use std::borrow::Cow;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Connection as _, PgPool, SqlSafeStr as _, SqliteConnection};

use crate::store::error::StoreError;

/// Every migration: version, what it does, its text.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "the first schema", include_str!("migrations/0001_first.sql")),
    (2, "sign-out and the vault", include_str!("migrations/0002_sign_out.sql")),
    (3, "service accounts", include_str!("migrations/0003_service_accounts.sql")),
    (4, "endings by time", include_str!("migrations/0004_endings.sql")),
];

/// The versions of the migrations that this program knows, in order.
pub(super) fn known() -> Vec<i64> {
    MIGRATIONS.iter().map(|(version, ..)| *version).collect()
}

fn migrator() -> Migrator {
    let migration = |&(version, does, sql): &(i64, &'static str, &'static str)| {
        Migration::new(version, Cow::Borrowed(does), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(MIGRATIONS.iter().map(migration).collect())
}

/// Brings the schema up to date in one transaction, so that two processes that open a new file do not both build it.
pub(super) async fn run_on_sqlite(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let failed = |error| StoreError::from_driver("migrate", &error);
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    migrator().run(&mut *tx).await.map_err(explain)?;
    tx.commit().await.map_err(failed)
}

/// Brings the schema up to date; nodes that start together take turns by an advisory lock.
pub(super) async fn run_on_postgres(pool: &PgPool) -> Result<(), StoreError> {
    migrator().run(pool).await.map_err(explain)
}

fn explain(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(migration) => StoreError::Newer { migration },
        MigrateError::VersionMismatch(migration) => StoreError::Migration {
            cause: format!("migration {migration} was applied in another form than this version knows"),
        },
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            StoreError::from_driver("migrate", &error)
        }
        other => StoreError::Migration { cause: other.to_string() },
    }
}

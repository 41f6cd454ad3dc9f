//! The database: SQLite in a file, or PostgreSQL. This file and its children are the only ones that know there are two.
//!
//! A write is a piece of work that is given a [`Tx`]; it is answered when it is durable and not before. On SQLite the
//! works that wait share one commit ([`writer`]); on PostgreSQL each has its own transaction, and the server groups commits.
//! SQLite in one file serves one machine (two processes may open it); several nodes want PostgreSQL.
//!
//! # Why
//! An enum and one portable SQL text, not a trait with two implementations (they drift apart) and not `sqlx::Any`
//! (it fails on SQLite's BOOLEAN). Portable are: TEXT, BIGINT, BOOLEAN, BYTEA; `ON CONFLICT … DO`; `RETURNING`; row values;
//! a sub-select with LIMIT.

mod checkpoint;
mod endings;
mod postgres;
mod row;
mod sql;
mod sqlite;
mod work;
mod writer;

use std::fmt;

use sqlx::{PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::sync::oneshot;

pub use row::Row;
pub(crate) use sql::args;
pub use sql::{Arg, Sql};
pub use work::Work;

use crate::store::error::StoreError;
use crate::store::migrate;
use endings::Endings;
use row::Cells;
use writer::{BoxedWork, Writer};

/// How many connections a node opens when nothing else is configured.
pub const DEFAULT_CONNECTIONS: u32 = 16;

/// A database whose schema is up to date. Clones share it.
#[derive(Clone)]
pub struct Db {
    kind: Kind,
    endings: Endings,
}

#[derive(Clone)]
enum Kind {
    Sqlite { readers: SqlitePool, writer: Writer },
    Postgres(PgPool),
}

impl Db {
    /// Opens the database at `url` (`sqlite:<path>`, `sqlite::memory:`, `postgres://…`) with at most `connections`
    /// connections to read with, and brings its schema up to date.
    ///
    /// # Errors
    /// When it cannot be opened, or was prepared by a newer version.
    pub async fn open(url: &str, connections: u32) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") {
            let (readers, mut connection) = sqlite::open(url, connections).await?;
            migrate::run_on_sqlite(&mut connection.writer).await?;
            let endings = Endings::default();
            let writer = Writer::start(connection, endings.clone());
            Ok(Self { kind: Kind::Sqlite { readers, writer }, endings })
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let pool = postgres::open(url, connections).await?;
            migrate::run_on_postgres(&pool).await?;
            Ok(Self { kind: Kind::Postgres(pool), endings: Endings::default() })
        } else {
            Err(StoreError::Url)
        }
    }

    /// Opens the database at `url` as it stands, to look at it: nothing is made, and its schema is left alone. None when there is no file,
    /// or when it would be one in memory, which nobody else can look at.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open_as_it_is(url: &str) -> Result<Option<Self>, StoreError> {
        if url.starts_with("sqlite:") {
            let opened = sqlite::open_as_it_is(url).await?;
            Ok(opened.map(|(readers, connection)| {
                let endings = Endings::default();
                let writer = Writer::start(connection, endings.clone());
                Self { kind: Kind::Sqlite { readers, writer }, endings }
            }))
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let kind = Kind::Postgres(postgres::open_as_it_is(url).await?);
            Ok(Some(Self { kind, endings: Endings::default() }))
        } else {
            Err(StoreError::Url)
        }
    }

    /// Whether there is a table of this name.
    pub async fn has_table(&self, name: &str) -> Result<bool, StoreError> {
        let sql = match &self.kind {
            Kind::Sqlite { .. } => {
                Sql::new("find table", "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1")
            }
            Kind::Postgres(_) => Sql::new(
                "find table",
                "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename = $1",
            ),
        };
        Ok(self.fetch_optional(&sql, args![name]).await?.is_some())
    }

    /// Does `work` in a transaction and answers once it is durable. An error undoes all of it, and nothing but it.
    ///
    /// The work may be done even though its caller has gone away meanwhile. It must only speak to its [`Tx`]: whatever
    /// else it waits for, other writers wait for too, and a write inside a write waits for itself.
    ///
    /// # Errors
    /// Those of `work`, and those of the commit.
    pub async fn write<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        match &self.kind {
            Kind::Sqlite { writer, .. } => {
                let (keep, kept) = oneshot::channel();
                let work: BoxedWork = Box::new(move |tx| {
                    let work = work(tx);
                    Box::pin(async move {
                        // Nobody listens when the caller went away; the work stands all the same.
                        let _ = keep.send(work.await?);
                        Ok(())
                    })
                });
                writer.submit(work).await?;
                kept.await.map_err(|_| writer::stopped())
            }
            Kind::Postgres(pool) => postgres::write(pool, &self.endings, work).await,
        }
    }

    /// The first row, if there is one.
    pub async fn fetch_optional(&self, sql: &Sql, args: Vec<Arg>) -> Result<Option<Row>, StoreError> {
        match &self.kind {
            Kind::Sqlite { readers, .. } => sqlite_optional(readers, sql, args).await,
            Kind::Postgres(pool) => postgres_optional(pool, sql, args).await,
        }
    }

    /// Every row.
    pub async fn fetch_all(&self, sql: &Sql, args: Vec<Arg>) -> Result<Vec<Row>, StoreError> {
        match &self.kind {
            Kind::Sqlite { readers, .. } => sqlite_all(readers, sql, args).await,
            Kind::Postgres(pool) => postgres_all(pool, sql, args).await,
        }
    }

    /// Whether the database answers: for a health check.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.fetch_optional(&Sql::new("ping", "SELECT 1"), args![]).await.map(drop)
    }

    /// Finishes what waits and closes every connection. Without it nothing is lost either.
    pub async fn close(&self) {
        match &self.kind {
            Kind::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Kind::Postgres(pool) => pool.close().await,
        }
    }
}

impl Db {
    /// A number that has changed when something ended by this process ([`crate::store::endings`]): before the write that ended it was
    /// answered.
    pub fn endings(&self) -> u64 {
        self.endings.count()
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.kind {
            Kind::Sqlite { .. } => "Db(SQLite)",
            Kind::Postgres(_) => "Db(PostgreSQL)",
        })
    }
}

/// A transaction. Once a statement in it has failed, it fails as a whole, whatever its work makes of the error:
/// PostgreSQL undoes such a transaction, so SQLite shall too.
pub struct Tx {
    connection: Connection,
    failure: Option<StoreError>,
    ends: bool,
}

enum Connection {
    Sqlite(SqliteConnection),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    fn new(connection: Connection) -> Self {
        Self { connection, failure: None, ends: false }
    }

    /// Runs a statement and says how many rows it touched.
    pub async fn execute(&mut self, sql: &Sql, args: Vec<Arg>) -> Result<u64, StoreError> {
        self.may_go_on()?;
        let done = match &mut self.connection {
            Connection::Sqlite(connection) => sqlite_execute(connection, sql, args).await,
            Connection::Postgres(transaction) => postgres_execute(&mut **transaction, sql, args).await,
        };
        self.note(done)
    }

    /// Runs a statement for its first row, if there is one.
    pub async fn fetch_optional(&mut self, sql: &Sql, args: Vec<Arg>) -> Result<Option<Row>, StoreError> {
        self.may_go_on()?;
        let fetched = match &mut self.connection {
            Connection::Sqlite(connection) => sqlite_optional(connection, sql, args).await,
            Connection::Postgres(transaction) => postgres_optional(&mut **transaction, sql, args).await,
        };
        self.note(fetched)
    }

    /// Runs a statement for all its rows.
    pub async fn fetch_all(&mut self, sql: &Sql, args: Vec<Arg>) -> Result<Vec<Row>, StoreError> {
        self.may_go_on()?;
        let fetched = match &mut self.connection {
            Connection::Sqlite(connection) => sqlite_all(connection, sql, args).await,
            Connection::Postgres(transaction) => postgres_all(&mut **transaction, sql, args).await,
        };
        self.note(fetched)
    }

    /// What is written here ends tokens that somebody may keep a verdict on.
    pub(super) fn note_ending(&mut self) {
        self.ends = true;
    }

    fn may_go_on(&self) -> Result<(), StoreError> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    fn note<T>(&mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        result.inspect_err(|error| self.failure = Some(error.clone()))
    }
}

/// The three ways to run a statement, written once for each driver, since each has its own types for everything.
macro_rules! driver {
    ($driver:ty, $cells:path, $execute:ident, $optional:ident, $all:ident) => {
        async fn $execute<'c, E>(executor: E, sql: &Sql, args: Vec<Arg>) -> Result<u64, StoreError>
        where
            E: sqlx::Executor<'c, Database = $driver>,
        {
            let query = sqlx::query_with(sql.text, sql.bind::<$driver>(args)?);
            let done = query.execute(executor).await;
            done.map(|done| done.rows_affected()).map_err(|error| StoreError::from_driver(sql.name, &error))
        }

        async fn $optional<'c, E>(executor: E, sql: &Sql, args: Vec<Arg>) -> Result<Option<Row>, StoreError>
        where
            E: sqlx::Executor<'c, Database = $driver>,
        {
            let query = sqlx::query_with(sql.text, sql.bind::<$driver>(args)?);
            let row = query.fetch_optional(executor).await;
            let row = row.map_err(|error| StoreError::from_driver(sql.name, &error))?;
            Ok(row.map(|row| Row { statement: sql.name, cells: $cells(row) }))
        }

        async fn $all<'c, E>(executor: E, sql: &Sql, args: Vec<Arg>) -> Result<Vec<Row>, StoreError>
        where
            E: sqlx::Executor<'c, Database = $driver>,
        {
            let query = sqlx::query_with(sql.text, sql.bind::<$driver>(args)?);
            let rows = query.fetch_all(executor).await;
            let rows = rows.map_err(|error| StoreError::from_driver(sql.name, &error))?;
            Ok(rows.into_iter().map(|row| Row { statement: sql.name, cells: $cells(row) }).collect())
        }
    };
}

driver!(Sqlite, Cells::Sqlite, sqlite_execute, sqlite_optional, sqlite_all);
driver!(Postgres, Cells::Postgres, postgres_execute, postgres_optional, postgres_all);

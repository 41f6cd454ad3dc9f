//! How a PostgreSQL database is opened and written. Durability is the server's: its `synchronous_commit` is left as it is
//! set there (`on` unless somebody chose otherwise).

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgPool};
use tokio::time::Instant;

use super::endings::Endings;
use super::{Connection, Tx, Work, work};
use crate::store::error::StoreError;

/// A connection that rested this long is tried before it is used: the server may have been restarted meanwhile.
const RESTED: Duration = Duration::from_secs(5);
/// How long somebody waits for a connection: while no server listens, the pool tries again for so long, and the caller stands there.
const FREE: Duration = Duration::from_secs(3);
/// How long a start waits for a server that starts too.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long somebody waits who only looks.
const LOOK: Duration = Duration::from_secs(5);

pub(super) async fn open(url: &str, connections: u32) -> Result<PgPool, StoreError> {
    let options = PgConnectOptions::from_str(url).map_err(|_| StoreError::Url)?;
    let pool = PgPoolOptions::new()
        .max_connections(connections.max(2))
        .acquire_timeout(FREE)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for >= RESTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        });
    let patience = Instant::now() + PATIENCE;
    let opened = loop {
        match pool.clone().connect_with(options.clone()).await {
            Err(sqlx::Error::PoolTimedOut) if Instant::now() < patience => {}
            // The pool does not say what was wrong. One more try does.
            Err(sqlx::Error::PoolTimedOut) => {
                break Err(options.connect().await.err().unwrap_or(sqlx::Error::PoolTimedOut));
            }
            other => break other,
        }
    };
    opened.map_err(|error| StoreError::from_driver("open PostgreSQL", &error))
}

/// The same for somebody who only looks: a pool would wait for a server that is not there.
pub(super) async fn open_as_it_is(url: &str) -> Result<PgPool, StoreError> {
    let options = PgConnectOptions::from_str(url).map_err(|_| StoreError::Url)?;
    let failed = |error: &sqlx::Error| StoreError::from_driver("open PostgreSQL", error);
    let first = tokio::time::timeout(LOOK, options.connect()).await;
    let first = first.map_err(|_| failed(&sqlx::Error::PoolTimedOut))?.map_err(|error| failed(&error))?;
    first.close().await.map_err(|error| failed(&error))?;
    let pool = PgPoolOptions::new().max_connections(2).acquire_timeout(LOOK);
    pool.connect_with(options).await.map_err(|error| failed(&error))
}

pub(super) async fn write<T, W>(pool: &PgPool, endings: &Endings, work: W) -> Result<T, StoreError>
where
    W: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T>,
{
    let transaction = pool.begin().await.map_err(|error| StoreError::from_driver("begin", &error))?;
    let mut tx = Tx::new(Connection::Postgres(transaction));
    // A transaction that is dropped is rolled back.
    let value = work::run(&mut tx, work).await?;
    match tx.connection {
        Connection::Postgres(transaction) => {
            transaction.commit().await.map_err(|error| StoreError::from_driver("commit", &error))?;
        }
        Connection::Sqlite(_) => {}
    }
    if tx.ends {
        endings.note();
    }
    Ok(value)
}

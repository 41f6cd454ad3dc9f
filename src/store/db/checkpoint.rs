//! Moves SQLite's write-ahead log into the database file, beside the writer and not in its way.
//!
//! A passive checkpoint waits for nobody, but under steady writing it never reaches the log's end, and the log grows. So a
//! log that has grown long is cut: that makes the writer wait for the few pages that the passive run before it left over.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, SqliteConnection};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::warn;

use super::{Sql, args, sqlite_optional};
use crate::store::error::StoreError;

/// After this many writes the log is worth moving: a write touches a handful of pages.
const WRITES: usize = 256;
/// The log is cut when it has this many pages (of 4 KiB).
const LONG: i64 = 8192;

const PASSIVE: Sql = Sql::new("checkpoint", "PRAGMA wal_checkpoint(PASSIVE)");
const TRUNCATE: Sql = Sql::new("cut the log", "PRAGMA wal_checkpoint(TRUNCATE)");

/// Counts writes and wakes the task now and then.
pub(super) struct Checkpoints {
    writes: usize,
    wake: mpsc::Sender<()>,
    task: JoinHandle<()>,
}

pub(super) fn start(options: SqliteConnectOptions) -> Checkpoints {
    let (wake, mut woken) = mpsc::channel(1);
    let task = tokio::spawn(async move {
        let mut connection = None;
        while woken.recv().await.is_some() {
            if let Err(error) = run(&options, &mut connection).await {
                // The log stays as it is; the next run moves it.
                warn!("moving SQLite's write-ahead log into the database: {error}");
                connection = None;
            }
        }
    });
    Checkpoints { writes: 0, wake, task }
}

impl Checkpoints {
    /// Takes note of `writes` more.
    pub(super) fn note(&mut self, writes: usize) {
        self.writes = self.writes.saturating_add(writes);
        // A full channel means that a run is due already.
        if self.writes >= WRITES && self.wake.try_send(()).is_ok() {
            self.writes = 0;
        }
    }

    /// Lets the run that goes on end.
    pub(super) async fn finish(self) {
        drop(self.wake);
        let _ = self.task.await;
    }
}

async fn run(
    options: &SqliteConnectOptions,
    connection: &mut Option<SqliteConnection>,
) -> Result<(), StoreError> {
    let connection = match connection {
        Some(connection) => connection,
        None => {
            let opened = options.connect().await;
            connection.insert(opened.map_err(|error| StoreError::from_driver("open SQLite", &error))?)
        }
    };
    let row = sqlite_optional(&mut *connection, &PASSIVE, args![]).await?;
    let pages = row.map_or(Ok(0), |row| row.int("log"))?;
    if pages >= LONG {
        sqlite_optional(&mut *connection, &TRUNCATE, args![]).await?;
    }
    Ok(())
}

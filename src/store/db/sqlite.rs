//! How a SQLite database is opened: write-ahead log, every commit flushed to the disk before it is reported, one connection
//! that writes, others that only read, one that moves the log into the file in the background.

use std::io::ErrorKind;
use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, SqliteConnection, SqlitePool};
use tokio::time::{Instant, sleep};

use crate::store::error::StoreError;

/// How long a statement waits for another process that writes.
const BUSY: Duration = Duration::from_secs(10);
/// The same for somebody who only looks.
const LOOK: Duration = Duration::from_secs(3);
/// Between two tries to open a file that another process prepares.
const PAUSE: Duration = Duration::from_millis(20);

/// The connection that writes, and how to open it anew should it break.
pub(super) struct Opened {
    pub(super) writer: SqliteConnection,
    pub(super) options: SqliteConnectOptions,
    pub(super) place: Place,
}

/// Where the database stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    File,
    /// Gone with the last connection; for tests and trials.
    Memory,
}

/// Opens the database. SQLite lets nobody wait while another process turns a new file to write-ahead logging: it answers that the file
/// is busy at once, so the waiting is done here.
pub(super) async fn open(url: &str, connections: u32) -> Result<(SqlitePool, Opened), StoreError> {
    let patience = Instant::now() + BUSY;
    loop {
        match open_once(url, connections).await {
            Err(StoreError::Busy { .. }) if Instant::now() < patience => sleep(PAUSE).await,
            opened => return opened,
        }
    }
}

async fn open_once(url: &str, connections: u32) -> Result<(SqlitePool, Opened), StoreError> {
    let options = SqliteConnectOptions::from_str(url).map_err(|_| StoreError::Url)?;
    let place = if is_memory(url) { Place::Memory } else { Place::File };
    let options = options.create_if_missing(true).foreign_keys(true).busy_timeout(BUSY);
    let file = options.get_filename().to_owned();
    let failed = |error| at(&file, StoreError::from_driver("open SQLite", &error));
    let (for_writer, for_readers) = match place {
        Place::Memory => (options.clone(), options),
        Place::File => {
            create_private(&file)?;
            (durable(options.clone()), options.read_only(true))
        }
    };
    let writer = for_writer.connect().await.map_err(failed)?;
    let readers = SqlitePoolOptions::new()
        .max_connections(connections.max(1))
        .acquire_timeout(BUSY)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(for_readers)
        .await
        .map_err(failed)?;
    Ok((readers, Opened { writer, options: for_writer, place }))
}

/// The database as it stands; none where there is no file to look at. It is not made, nor turned to write-ahead logging.
pub(super) async fn open_as_it_is(url: &str) -> Result<Option<(SqlitePool, Opened)>, StoreError> {
    let options = SqliteConnectOptions::from_str(url).map_err(|_| StoreError::Url)?;
    if is_memory(url) || !options.get_filename().exists() {
        return Ok(None);
    }
    let options = options.create_if_missing(false).busy_timeout(LOOK);
    let failed = |error| at(options.get_filename(), StoreError::from_driver("open SQLite", &error));
    let writer = options.connect().await.map_err(failed)?;
    let readers = SqlitePoolOptions::new().max_connections(1).acquire_timeout(LOOK);
    let readers = readers.connect_with(options.clone()).await.map_err(failed)?;
    // As in memory: a look writes nothing that would have to be moved from a log.
    Ok(Some((readers, Opened { writer, options, place: Place::Memory })))
}

/// Which file it is about, for whoever has to repair it.
fn at(file: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Unavailable { during, cause } => {
            StoreError::Unavailable { during, cause: format!("{}: {cause}", file.display()) }
        }
        other => other,
    }
}

/// WAL with `synchronous=FULL` flushes the log at each commit. Checkpoints are kept out of the way of commits: left to
/// itself, SQLite makes every thousandth page wait for one.
fn durable(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("wal_autocheckpoint", "0")
}

fn is_memory(url: &str) -> bool {
    url.contains(":memory:") || url.contains("mode=memory")
}

/// Makes the file, readable by its owner alone, before SQLite would make it readable by everybody: it holds people's
/// names. SQLite gives the files beside it the same permissions.
///
/// A file that is there is not touched: to open and close it here would drop every lock that this process has on it (POSIX `fcntl`), and
/// another process would take the write-ahead log for one that nobody uses, and remove it.
fn create_private(file: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let cause = match options.open(file) {
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => match file.metadata() {
            Ok(there) if there.is_dir() => ErrorKind::IsADirectory,
            Ok(_) => return Ok(()),
            // A link to a file that is not there yet: SQLite would make that one.
            Err(error) if error.kind() == ErrorKind::NotFound => match file.read_link() {
                Ok(target) => return create_private(&file.parent().unwrap_or(file).join(target)),
                Err(error) => error.kind(),
            },
            Err(error) => error.kind(),
        },
        Err(error) => error.kind(),
    };
    Err(at(file, StoreError::Unavailable { during: "open SQLite", cause: cause.to_string() }))
}

//! What can go wrong with the database. An error names the statement, never a value that was in it: values are
//! people's names and digests of their tokens.

use std::time::Duration;

use sqlx::error::{DatabaseError, ErrorKind};

/// A read or a write that did not happen. After [`StoreError::Unavailable`] from a commit, nobody knows whether it did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The storage URL cannot be understood. It may hold a password, so it is not repeated.
    #[error("the storage URL must be `sqlite:<path>` or `postgres://<user>@<host>/<database>`")]
    Url,
    /// The database cannot be reached, or broke while it was asked.
    #[error("{during}: the database is not available ({cause})")]
    Unavailable {
        /// The statement.
        during: &'static str,
        /// What the driver said, without values.
        cause: String,
    },
    /// Somebody else holds what this needs; the same again may succeed.
    #[error("{during}: the database is busy ({cause})")]
    Busy {
        /// The statement.
        during: &'static str,
        /// What the driver said, without values.
        cause: String,
    },
    /// A constraint of the schema refused the row.
    #[error("{during}: the schema refused the row ({cause})")]
    Conflict {
        /// The statement.
        during: &'static str,
        /// Which kind of constraint.
        cause: String,
    },
    /// A column does not hold what we write into it.
    #[error("{during}: column `{column}` cannot be read")]
    Corrupt {
        /// The statement.
        during: &'static str,
        /// The column.
        column: &'static str,
    },
    /// A value has no form that the database takes.
    #[error("{what}: a value cannot be written")]
    Unwritable {
        /// The column that was to hold it, or the statement.
        what: &'static str,
    },
    /// The work inside a transaction panicked; its changes are undone.
    #[error("the work of a transaction panicked")]
    Panicked,
    /// The work inside a transaction waited for something that has no place in one; its changes are undone.
    #[error("the work of a transaction took longer than {limit:?}")]
    TooSlow {
        /// How long it may take.
        limit: Duration,
    },
    /// The database was used by a newer version of this program, which may rely on what we do not know.
    #[error(
        "the database was prepared by a newer version of this program (migration {migration} is unknown here)"
    )]
    Newer {
        /// The first migration that is unknown here.
        migration: i64,
    },
    /// The schema could not be brought up to date.
    #[error("the schema cannot be brought up to date ({cause})")]
    Migration {
        /// What failed.
        cause: String,
    },
}

impl StoreError {
    /// What a driver's error means for the statement named `during`.
    pub(super) fn from_driver(during: &'static str, error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(refusal) => Self::from_refusal(during, refusal.as_ref()),
            sqlx::Error::PoolTimedOut => Self::Busy { during, cause: "no connection became free".to_owned() },
            sqlx::Error::Io(error) => Self::Unavailable { during, cause: error.kind().to_string() },
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::Unavailable { during, cause: "the connection is closed".to_owned() }
            }
            sqlx::Error::Tls(_) => {
                Self::Unavailable { during, cause: "the TLS connection failed".to_owned() }
            }
            // The texts of the others can quote what was sent or received.
            _ => Self::Unavailable { during, cause: "the driver could not use the answer".to_owned() },
        }
    }

    fn from_refusal(during: &'static str, refusal: &dyn DatabaseError) -> Self {
        let code = refusal.code().unwrap_or_default().into_owned();
        match refusal.kind() {
            ErrorKind::UniqueViolation => return Self::Conflict { during, cause: "it is there".to_owned() },
            ErrorKind::ForeignKeyViolation => {
                return Self::Conflict { during, cause: "what it names is not there".to_owned() };
            }
            ErrorKind::NotNullViolation | ErrorKind::CheckViolation => {
                return Self::Conflict { during, cause: "a column forbids its value".to_owned() };
            }
            _ => {}
        }
        let cause = format!("code {code}");
        if is_contention(&code) { Self::Busy { during, cause } } else { Self::Unavailable { during, cause } }
    }
}

/// SQLITE_BUSY and SQLITE_LOCKED in their extended forms; PostgreSQL's serialization_failure, deadlock_detected and
/// lock_not_available. The two code spaces do not meet: SQLSTATE has five characters.
fn is_contention(code: &str) -> bool {
    match code {
        "40001" | "40P01" | "55P03" => true,
        _ => code.len() < 5 && code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6)),
    }
}

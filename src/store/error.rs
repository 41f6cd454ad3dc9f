//! What can go wrong with the database. An error names the statement, never a value that was in it: values are
//! people's names and digests of their tokens.

use std::time::Duration;

use sqlx::error::{DatabaseError, ErrorKind};

use crate::oauth::error::ErrorCode;

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
    /// Whether the same may go well in a while, since nothing is wrong with what was asked.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Busy { .. } | Self::TooSlow { .. })
    }

    /// The protocol's word for it. Apps try again what is `temporarily_unavailable`, and give up or sign people out at a `server_error`.
    pub const fn code(&self) -> ErrorCode {
        if self.is_passing() { ErrorCode::TemporarilyUnavailable } else { ErrorCode::ServerError }
    }

    /// What a driver's error means for the statement named `during`.
    pub(super) fn from_driver(during: &'static str, error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(refusal) => Self::from_refusal(during, refusal.as_ref()),
            sqlx::Error::PoolTimedOut => {
                Self::Busy { during, cause: "no connection could be had in time".to_owned() }
            }
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
        let cause =
            meaning(&code).map_or_else(|| format!("code {code}"), |said| format!("{said}, code {code}"));
        if is_contention(&code) { Self::Busy { during, cause } } else { Self::Unavailable { during, cause } }
    }
}

/// What an administrator can do something about, in words. SQLite's codes are the lower eight bits of its extended ones.
fn meaning(code: &str) -> Option<&'static str> {
    Some(match code {
        "25006" => "it is read-only",
        "28000" | "28P01" => "the server does not let this user in",
        "3D000" => "the server has no such database",
        "42501" => "this user lacks a right",
        "53100" => "the server's disk is full",
        "53300" => "the server has too many connections",
        "57P01" | "57P02" => "the server is stopping",
        "57P03" => "the server is starting",
        _ => match sqlite_code(code)? {
            8 => "it is read-only",
            10 => "the disk failed",
            11 => "it is damaged",
            13 => "the disk is full",
            14 => "it cannot be opened",
            26 => "it is no SQLite database",
            _ => return None,
        },
    })
}

/// The two code spaces do not meet: SQLSTATE has five characters.
fn sqlite_code(code: &str) -> Option<u32> {
    Some(code).filter(|code| code.len() < 5)?.parse::<u32>().ok().map(|code| code & 0xff)
}

/// SQLITE_BUSY and SQLITE_LOCKED in their extended forms; PostgreSQL's serialization_failure, deadlock_detected and
/// lock_not_available.
fn is_contention(code: &str) -> bool {
    matches!(code, "40001" | "40P01" | "55P03") || matches!(sqlite_code(code), Some(5 | 6))
}

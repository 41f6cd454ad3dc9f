//! A row of either database, read by column name. What cannot be read is reported with statement and column.

use serde::de::DeserializeOwned;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};

use crate::secret::Digest;
use crate::store::error::StoreError;
use crate::time::Timestamp;

/// A row that a statement returned.
pub struct Row {
    pub(super) statement: &'static str,
    pub(super) cells: Cells,
}

pub(super) enum Cells {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    fn cell<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        for<'r> T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
    {
        let cell = match &self.cells {
            Cells::Sqlite(row) => row.try_get(column),
            Cells::Postgres(row) => row.try_get(column),
        };
        cell.map_err(|_| self.corrupt(column))
    }

    /// The error for a column whose content makes no sense.
    pub fn corrupt(&self, column: &'static str) -> StoreError {
        StoreError::Corrupt { during: self.statement, column }
    }

    /// A text.
    pub fn text(&self, column: &'static str) -> Result<String, StoreError> {
        self.cell(column)
    }

    /// A text that may be missing.
    pub fn maybe_text(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        self.cell(column)
    }

    /// A number.
    pub fn int(&self, column: &'static str) -> Result<i64, StoreError> {
        self.cell(column)
    }

    /// Yes or no.
    pub fn bool(&self, column: &'static str) -> Result<bool, StoreError> {
        self.cell(column)
    }

    /// Bytes.
    pub fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        self.cell(column)
    }

    /// Bytes that may be missing.
    pub fn maybe_bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        self.cell(column)
    }

    /// A moment.
    pub fn time(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        self.cell(column).map(Timestamp::from_seconds)
    }

    /// A moment that may be missing.
    pub fn maybe_time(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.cell::<Option<i64>>(column)?.map(Timestamp::from_seconds))
    }

    /// A digest.
    pub fn digest(&self, column: &'static str) -> Result<Digest, StoreError> {
        self.parsed(column, Digest::from_text)
    }

    /// A digest that may be missing.
    pub fn maybe_digest(&self, column: &'static str) -> Result<Option<Digest>, StoreError> {
        self.maybe_parsed(column, Digest::from_text)
    }

    /// A value that was written as JSON.
    pub fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        self.parsed(column, |text| serde_json::from_str(text).ok())
    }

    /// A text that `parse` understands.
    pub fn parsed<T>(
        &self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        parse(&self.text(column)?).ok_or_else(|| self.corrupt(column))
    }

    /// A text that may be missing and that `parse` understands otherwise.
    pub fn maybe_parsed<T>(
        &self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        match self.maybe_text(column)? {
            Some(text) => parse(&text).map(Some).ok_or_else(|| self.corrupt(column)),
            None => Ok(None),
        }
    }
}

//! A statement and what is bound to it, in the words that both databases share.

use serde::Serialize;
use sqlx::{Arguments, Database, Encode, Type};

use crate::id::{
    AccountId, ClientId, ConnectorId, FamilyId, KeyId, LegacyId, LogoutId, NodeId, ServiceAccountName,
    SessionId,
};
use crate::secret::Digest;
use crate::store::error::StoreError;
use crate::time::Timestamp;

/// A statement with the name that stands for it in errors and logs. Parameters are `$1`, `$2`, …
#[derive(Clone, Copy, Debug)]
pub struct Sql {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

impl Sql {
    /// The statement `text`, called `name`.
    pub const fn new(name: &'static str, text: &'static str) -> Self {
        Self { name, text }
    }

    /// The values in the form that the driver `D` wants.
    pub(super) fn bind<D>(&self, args: Vec<Arg>) -> Result<D::Arguments, StoreError>
    where
        D: Database,
        for<'q> Option<String>: Encode<'q, D> + Type<D>,
        for<'q> Option<i64>: Encode<'q, D> + Type<D>,
        for<'q> bool: Encode<'q, D> + Type<D>,
        for<'q> Option<Vec<u8>>: Encode<'q, D> + Type<D>,
    {
        let mut bound = D::Arguments::default();
        for arg in args {
            let added = match arg {
                Arg::Text(text) => bound.add(text),
                Arg::Int(number) => bound.add(number),
                Arg::Bool(yes) => bound.add(yes),
                Arg::Bytes(bytes) => bound.add(bytes),
            };
            added.map_err(|_| StoreError::Unwritable { what: self.name })?;
        }
        Ok(bound)
    }
}

/// A bound value. No `Debug`: values are not for logs.
#[derive(Clone)]
pub enum Arg {
    /// TEXT.
    Text(Option<String>),
    /// BIGINT.
    Int(Option<i64>),
    /// BOOLEAN.
    Bool(bool),
    /// BYTEA.
    Bytes(Option<Vec<u8>>),
}

/// What a statement is given, in the order of its parameters: `args![id, now]`.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::db::Arg::from($value)),*] };
}

pub(crate) use args;

impl Arg {
    /// `value` as JSON for the column `column`.
    ///
    /// # Errors
    /// When the value has no JSON form.
    pub fn json<T: Serialize>(column: &'static str, value: &T) -> Result<Self, StoreError> {
        let text = serde_json::to_string(value).map_err(|_| StoreError::Unwritable { what: column })?;
        Ok(Self::Text(Some(text)))
    }

    /// `value` as JSON, or NULL.
    ///
    /// # Errors
    /// When the value has no JSON form.
    pub fn maybe_json<T: Serialize>(column: &'static str, value: Option<&T>) -> Result<Self, StoreError> {
        value.map_or(Ok(Self::Text(None)), |value| Self::json(column, value))
    }
}

macro_rules! arg_from {
    ($($type:ty => |$value:ident| $arg:expr;)*) => {$(
        impl From<$type> for Arg {
            fn from($value: $type) -> Self { $arg }
        }
    )*};
}

arg_from! {
    &str => |text| Self::Text(Some(text.to_owned()));
    &String => |text| Self::Text(Some(text.clone()));
    String => |text| Self::Text(Some(text));
    Option<&str> => |text| Self::Text(text.map(str::to_owned));
    i64 => |number| Self::Int(Some(number));
    Timestamp => |at| Self::Int(Some(at.as_seconds()));
    Option<Timestamp> => |at| Self::Int(at.map(Timestamp::as_seconds));
    bool => |yes| Self::Bool(yes);
    &[u8] => |bytes| Self::Bytes(Some(bytes.to_vec()));
    Option<&[u8]> => |bytes| Self::Bytes(bytes.map(<[u8]>::to_vec));
    &Digest => |digest| Self::Text(Some(digest.to_text()));
    Digest => |digest| Self::Text(Some(digest.to_text()));
    Option<Digest> => |digest| Self::Text(digest.map(Digest::to_text));
}

macro_rules! arg_from_ids {
    ($($id:ty),*) => {$(
        impl From<&$id> for Arg {
            fn from(id: &$id) -> Self { Self::Text(Some(id.as_str().to_owned())) }
        }

        impl From<Option<&$id>> for Arg {
            fn from(id: Option<&$id>) -> Self { Self::Text(id.map(|id| id.as_str().to_owned())) }
        }
    )*};
}

arg_from_ids!(
    AccountId,
    ClientId,
    ConnectorId,
    FamilyId,
    KeyId,
    LegacyId,
    LogoutId,
    NodeId,
    ServiceAccountName,
    SessionId
);

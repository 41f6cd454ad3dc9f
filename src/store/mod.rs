//! What outlives a restart. One file per record with its SQL beside it; one SQL text for SQLite and PostgreSQL.
//! No decision about a request is made here, except those that only the database can make: who came first.
//!
//! Reads take a [`db::Db`], writes a [`db::Tx`] inside [`db::Db::write`], so that what belongs together is committed together.

pub mod accounts;
pub mod attempts;
pub mod codes;
pub mod consents;
pub mod cookies;
pub mod db;
pub mod endings;
pub mod error;
pub mod handovers;
pub mod inspection;
pub mod legacy_grants;
pub mod life;
pub mod login_sessions;
pub mod logout_outbox;
pub mod meta;
mod migrate;
pub mod opaque_tokens;
pub mod participants;
pub mod revoked_tokens;
pub mod service_accounts;
pub mod signing_keys;
pub mod sweep;
pub mod token_families;
pub mod used_assertions;

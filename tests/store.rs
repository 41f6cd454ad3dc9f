//! The conformance suite of the store: each story is told on SQLite in a file and on PostgreSQL, and must end the same.

mod child;
mod cookies;
mod durability;
mod legacy_grants;
mod lives;
mod opening;
mod parallel;
mod place;
mod records;
mod samples;
mod service_accounts;
mod sweep;
mod transactions;
mod two_processes;

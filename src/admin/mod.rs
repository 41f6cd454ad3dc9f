//! What an operator may do, and what an operator is told.

pub mod doctor;
pub mod explain;
pub mod keys;
pub mod lifetimes;
pub mod service_accounts;
pub mod sessions;
pub mod words;

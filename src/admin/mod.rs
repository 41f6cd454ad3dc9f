//! What an operator may do.

pub mod explain;
pub mod keys;
pub mod service_accounts;
pub mod sessions;

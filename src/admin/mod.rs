//! What an operator may do.

pub mod keys;
pub mod sessions;

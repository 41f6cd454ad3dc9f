//! What an operator may do.

pub mod explain;
pub mod keys;
pub mod sessions;

//! What an operator may do.

pub mod keys;

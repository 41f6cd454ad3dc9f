//! What an operator may do, and what an operator is told.

pub mod doctor;
pub mod keys;
pub mod lifetimes;
pub mod sessions;
pub mod words;

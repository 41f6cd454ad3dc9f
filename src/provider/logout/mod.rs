//! Signing out: the one way a session ends, and who may ask for it.

pub mod end_session;
pub mod rp_initiated;

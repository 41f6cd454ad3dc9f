//! Custody of the users' legacy tokens: kept sealed, refreshed one at a time, burnt when nobody lives on them. What a refusal means for
//! a session is not decided here.

pub mod custody;
pub mod custody_error;
mod refreshing;
pub mod sealing;
mod turns;

//! Custody of the users' legacy tokens: kept sealed, refreshed one at a time, burnt when nobody lives on them; and of the passwords of
//! service accounts. What a refusal means for a session is not decided here.

pub mod custody;
pub mod custody_error;
pub mod errands;
mod refreshing;
pub mod sealing;
pub mod service_accounts;
pub mod service_passwords;
mod service_sign_in;
mod turns;

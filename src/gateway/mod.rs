//! The gateway: modern tokens outside, the user's own legacy token inside, rules by endpoint and method. Whoever verifies a token ends
//! in one [`caller::Caller`]; everything behind it knows nothing of tokens.

pub mod admission;
pub mod body;
pub mod caller;
pub mod explain;
pub mod forwarded;
mod headers;
pub mod issuers;
pub mod journal;
pub mod limits;
pub mod passage;
mod query;
mod redirect;
pub mod refusal;
pub mod route;
pub mod swap;
mod tunnel;
pub mod upstream;
pub mod verdicts;
pub mod verify;

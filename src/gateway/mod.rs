//! The gateway: modern tokens outside, the user's own legacy token inside, rules by endpoint and method. Whoever verifies a token ends
//! in one [`caller::Caller`]; everything behind it knows nothing of tokens.

pub mod caller;
pub mod issuers;

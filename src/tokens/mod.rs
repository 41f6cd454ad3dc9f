//! From an authorization to tokens and back, and the custody of the keys that sign them.

pub mod access;
pub mod claims;
pub mod hint;
pub mod identity;
pub mod key_custody;
pub mod logout;
pub mod presented;
pub mod refresh;
pub mod session_state;
pub mod subject;

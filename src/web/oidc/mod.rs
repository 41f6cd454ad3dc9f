//! The endpoints of the protocol.

pub mod authorize;
pub mod check_session;
pub mod discovery;
pub mod end_session;
pub mod introspect;
pub mod revoke;
pub mod token;
pub mod userinfo;

//! The flows of the provider: strangers to HTTP, which return what is to be answered.

pub mod client_auth;
pub mod grant;
pub mod introspect;
pub mod revoke;
pub mod token;
pub mod token_error;
pub mod userinfo;

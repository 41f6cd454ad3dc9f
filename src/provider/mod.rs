//! The flows of the provider: strangers to HTTP, which return what is to be answered.

pub mod account_page;
mod admission;
pub mod authorize;
pub mod authorize_error;
pub mod client_auth;
pub mod consent;
pub mod discovery;
pub mod entry;
pub mod grant;
pub mod handover;
pub mod handover_error;
pub mod introspect;
mod issue;
pub mod launch;
mod legacy_visit;
pub mod liveness;
pub mod logout;
mod pending;
pub mod revoke;
pub mod sign_in;
pub mod sign_in_further;
pub mod step;
pub mod throttle;
pub mod token;
pub mod token_error;
pub mod userinfo;
pub mod visitor;

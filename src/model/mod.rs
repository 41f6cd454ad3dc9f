//! Our records and their state machines. No SQL, no HTTP, no decision about a request.

pub mod account;
pub mod api;
pub mod authorization;
pub mod claim_scopes;
pub mod client;
pub mod code;
pub mod consent;
pub mod legacy_grant;
pub mod login_session;
pub mod logout_notice;
pub mod opaque_token;
pub mod registry;
pub mod service_account;
pub mod signing_key;
pub mod token_family;

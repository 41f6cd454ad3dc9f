//! Decisions. Facts and `now` in, decision out: nothing here waits, stores or speaks HTTP, so each rule can be tested as a table.

pub mod access;
pub mod authorization;
pub mod authorization_refusal;
pub mod claim_path;
pub mod client_assertion;
pub mod code;
pub mod consent;
pub mod foreign_identity;
pub mod foreign_token;
pub mod handover;
pub mod interaction;
pub mod key_life;
pub mod lifetimes;
pub mod logout;
pub mod redirect_uri;
pub mod request_path;
pub mod rotation;
pub mod scope;
pub mod throttle;

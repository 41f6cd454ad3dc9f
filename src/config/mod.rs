//! The configuration: one TOML file, one file here per [section], and what the sections share.

pub mod api;
pub mod branding;
pub mod client;
pub mod duration;
pub mod environment;
pub mod findings;
pub mod gateway;
pub mod issuer;
pub mod keys;
pub mod launch;
pub mod lifetime;
pub mod logout;
pub(crate) mod loopback;
pub mod reading;
mod scopes;
pub mod secret_source;
mod sentence;
pub mod server;
pub mod service_account;
pub mod session;
pub mod settings;
pub mod sign_in;
pub mod storage;
pub mod tokens;
mod tree;

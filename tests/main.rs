//! One test binary; its files are named like the flows they test.

#[cfg(test)]
mod authorize;
#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod client_authentication;
#[cfg(test)]
mod config;
#[cfg(test)]
mod connector;
#[cfg(test)]
mod consent;
#[cfg(test)]
mod cors;
#[cfg(test)]
mod discovery;
#[cfg(test)]
mod error_catalogue;
#[cfg(test)]
mod introspection;
#[cfg(test)]
mod key_custody;
#[path = "../examples/legacy_system.rs"]
pub mod legacy_system;
#[cfg(test)]
#[path = "legacy_system.rs"]
mod legacy_system_tests;
#[cfg(test)]
mod logout;
#[cfg(test)]
mod master_key;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod revocation;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod sign_on;
#[cfg(test)]
pub mod support;
#[cfg(test)]
mod token_client_credentials;
#[cfg(test)]
mod token_code;
#[cfg(test)]
mod token_refresh;
#[cfg(test)]
mod userinfo;
#[cfg(test)]
mod web;

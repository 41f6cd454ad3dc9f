//! One test binary; its files are named like the flows they test.

#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod client_authentication;
#[cfg(test)]
mod config;
#[cfg(test)]
mod connector;
#[cfg(test)]
mod cors;
#[cfg(test)]
mod discovery;
#[cfg(test)]
mod error_catalogue;
#[cfg(test)]
mod floors;
#[cfg(test)]
mod introspection;
#[cfg(test)]
mod key_custody;
#[cfg(test)]
mod keys;
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
mod properties;
#[cfg(test)]
mod revocation;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod sealing;
#[cfg(test)]
mod sign_on;
#[cfg(test)]
pub mod support;
#[cfg(test)]
mod throttle;
#[cfg(test)]
mod userinfo;
#[cfg(test)]
mod web;

//! One test binary; its files are named like the flows they test.

#[cfg(test)]
mod account;
#[cfg(test)]
mod authorize;
#[cfg(test)]
mod back_channel;
#[cfg(test)]
mod browser;
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
mod cookies;
#[cfg(test)]
mod cors;
#[path = "../examples/demo/mod.rs"]
pub mod demo;
#[cfg(test)]
mod discovery;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod errands;
#[cfg(test)]
mod error_catalogue;
#[cfg(test)]
mod example_apps;
#[cfg(test)]
mod floors;
#[cfg(test)]
mod further;
#[cfg(test)]
mod gateway;
#[cfg(test)]
mod ground;
#[cfg(test)]
mod handover;
#[cfg(test)]
mod handover_query;
#[cfg(test)]
mod handover_tabs;
#[cfg(test)]
mod handover_throttle;
#[cfg(test)]
mod interaction;
#[cfg(test)]
mod interop;
#[cfg(test)]
mod introspection;
#[cfg(test)]
mod key_custody;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod launch;
#[cfg(test)]
mod legacy_sign_out;
#[path = "../examples/legacy_system.rs"]
pub mod legacy_system;
#[cfg(test)]
#[path = "legacy_system.rs"]
mod legacy_system_tests;
#[cfg(test)]
mod lifetimes;
#[cfg(test)]
mod liveness;
#[cfg(test)]
mod logout;
#[path = "../examples/loopback/mod.rs"]
pub mod loopback;
#[cfg(test)]
mod master_key;
#[path = "../examples/native_app/mod.rs"]
pub mod native_app;
#[cfg(test)]
mod openidconnect_crate;
#[path = "../examples/own_api/mod.rs"]
pub mod own_api;
#[path = "../examples/own_api_introspection/mod.rs"]
pub mod own_api_introspection;
#[cfg(test)]
#[path = "own_api.rs"]
mod own_api_tests;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod pending;
#[cfg(test)]
mod process;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod real_systems;
#[cfg(test)]
mod revocation;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod sealing;
#[path = "../examples/service/mod.rs"]
pub mod service;
#[cfg(test)]
mod session_end;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod sign_on;
#[cfg(test)]
mod sign_on_in_browser;
#[cfg(test)]
mod single_sign_on;
#[path = "../examples/spa/mod.rs"]
pub mod spa;
#[cfg(test)]
mod spa_session;
#[cfg(test)]
mod store;
#[cfg(test)]
pub mod support;
#[cfg(test)]
mod systems_by_shape;
#[cfg(test)]
mod throttle;
#[cfg(test)]
mod token_client_credentials;
#[cfg(test)]
mod token_code;
#[cfg(test)]
mod token_json;
#[cfg(test)]
mod token_of_an_api;
#[cfg(test)]
mod token_refresh;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod trusted_issuers;
#[cfg(test)]
mod userinfo;
#[cfg(test)]
mod vault;
#[cfg(test)]
mod web;
#[path = "../examples/web_app/mod.rs"]
pub mod web_app;
#[cfg(test)]
mod web_app_logout;
#[cfg(test)]
mod web_app_start;
#[cfg(test)]
mod words;
#[cfg(test)]
mod workbench;

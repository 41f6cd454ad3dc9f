//! Passerelle: a footbridge from a legacy login to OpenID Connect.
//!
//! # The map of the house
//!
//! A room imports only rooms on lower floors; `tests/floors.rs` holds that.
//!
//! ```text
//! 9  main                     arguments, logging, run
//! 8  app                      settings -> rooms -> Router; alone reads config
//! 7  web                      axum, askama, cookies: reads, calls one flow, writes
//! 6  admin  jobs  workbench   what an operator may do; what happens by itself; what an integrator tries
//! 5  provider   gateway       the flows, strangers to each other; they return values, never HTTP
//! 4  tokens     vault         from an authorization to tokens and back; custody of the users' legacy tokens
//! 3  rules  store  legacy     pure decisions; SQL; how we speak to the old system
//! 2  model      keys          our records and their state machines; signing and sealing
//! 1  oauth  id  secret  time  i18n  config
//! ```

pub mod admin;
pub mod app;
pub mod config;
pub mod gateway;
pub mod i18n;
pub mod id;
pub mod jobs;
pub mod keys;
pub mod legacy;
pub mod model;
pub mod oauth;
pub mod provider;
pub mod rules;
pub mod secret;
pub mod store;
pub mod time;
pub mod tokens;
pub mod vault;
pub mod web;
pub mod workbench;

rust_i18n::i18n!("templates/i18n", fallback = "en");

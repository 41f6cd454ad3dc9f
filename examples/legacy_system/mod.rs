//! An association-management system as it has stood for fifteen years: a token endpoint, a REST API, a web site. This file only gathers.
//!
//! Passwords and tokens lie in memory in the clear, and the journal keeps what it was sent: it is an oracle for tests, on loopback, with
//! invented people. Nothing here is a model for how to build a login.

mod business;
mod chance;
mod faults;
mod form;
mod gate;
mod journal;
mod ledger;
mod pages;
mod people;
mod person;
mod profile;
mod reply;
mod rights;
mod roster;
mod settings;
mod sign_out;
mod site;
mod system;
mod token_endpoint;
mod tokens;

pub use faults::{Door, Fault, Faults};
pub use journal::{Call, Journal};
pub use people::{People, RosterError};
pub use person::{Address, Email, Organization, Person, Phone, Role, Standing};
pub use settings::{Console, Settings};
pub use system::{LegacySystem, Running, start};

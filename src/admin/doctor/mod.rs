//! `passerelle doctor`: facts in, findings out. What the facts are is looked up elsewhere; here it is decided what they mean.

pub mod certificate;
pub mod clients;
pub mod clock;
pub mod configuration;
pub mod database;
pub mod facts;
pub mod finding;
pub mod issuer;
pub mod keys;
pub mod legacy;
pub mod report;

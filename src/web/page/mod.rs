//! What people see: each page is a struct of what it shows. No rule, no URL and no sentence is decided here: rules are
//! the flows', URLs are handed in, sentences are in the catalogue.
//!
//! A page that holds a sealed request or a code has no `Debug`, so that neither gets into a log with it.

pub mod account;
pub mod agent;
pub mod branding;
pub mod colour;
pub mod consent;
pub mod csp;
pub mod error;
pub mod form_post;
pub mod frame;
pub mod further;
pub mod handover;
pub mod notice;
pub mod sign_in;
pub mod sign_out;
pub mod stylesheet;
pub mod uri;

mod palette;

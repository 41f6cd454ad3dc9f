//! The words of the specifications, as they are read off a request: whatever is sent is read or refused, and nothing is read twice.

mod basic;
mod claims;
mod params;
mod pkce;
mod printable;
mod prompt;
mod requests;
mod scope;

//! Words of the specifications: what stands in a request, an answer or a token. Parsing and printing, no decision.

pub mod algorithm;
pub mod authorization_request;
pub mod basic;
pub mod body_encoding;
pub mod claims;
pub mod client_authentication;
pub mod display;
pub mod end_session_request;
pub mod error;
pub mod form;
pub mod grant_type;
mod json_object;
pub mod params;
pub mod pkce;
pub mod printable;
pub mod prompt;
pub mod resource;
pub mod response;
pub mod response_mode;
pub mod scope;
pub mod token_request;
pub(crate) mod word;

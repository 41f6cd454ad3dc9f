//! Words of the specifications: what stands in a request, an answer or a token. Parsing and printing, no decision.

pub mod algorithm;
pub mod claims;
pub mod client_authentication;
pub mod error;
pub mod grant_type;
pub mod pkce;
pub mod response_mode;
pub mod scope;
pub(crate) mod word;

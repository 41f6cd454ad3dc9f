//! How we speak to the old system: described by configuration, never by code. What a sign-in there means for a session is not
//! decided here, and no token is kept here.

pub mod answer;
pub mod answer_rule;
pub mod breaker;
pub mod claim_source;
pub mod connector;
pub mod description;
pub mod description_table;
pub mod error_rule;
pub mod identity;
pub mod place;
pub mod preset;
pub mod probe;
pub mod profile;
pub mod refresh;
pub mod refusal;
pub mod site;
pub mod template;
pub mod token_call;
pub mod tokens;
mod written;

//! How we speak to the old system: described by configuration, never by code. What a sign-in there means for a session is not
//! decided here, and no token is kept here.

pub mod answer;
pub mod answer_rule;
pub mod breaker;
pub mod claim;
pub mod claim_source;
pub mod connector;
pub mod connectors;
pub mod description;
pub mod description_table;
pub mod error_rule;
pub mod exchange;
pub mod expiry;
pub mod expression;
pub mod facts;
pub mod formula;
mod grant_call;
pub mod identity;
pub mod jwt;
mod mapping;
pub mod origins;
pub mod paging;
pub mod place;
pub mod preset;
pub mod probe;
pub mod refresh;
pub mod refusal;
pub mod request;
mod service_token;
pub mod site;
mod steps;
pub mod template;
pub mod token_answer;
pub mod tokens;
mod written;
mod written_words;
mod xml;

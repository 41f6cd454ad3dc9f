//! The three doors out for what went wrong: JSON, redirect (which the flows make), page.

pub mod json;
pub mod page;

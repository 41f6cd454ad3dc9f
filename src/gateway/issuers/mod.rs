//! Whose tokens are trusted besides our own: other identity providers, each as the administrator wrote it down.

pub mod asking;
pub mod claimed;
pub mod description;
pub mod error;
pub mod fetched_keys;
pub mod foreign_token;
pub mod identity;
pub mod metadata;
pub mod outbound;
pub mod trusted;

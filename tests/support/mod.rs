//! Hands out people and machines to the stories.

pub mod front;
pub mod parts;

//! Hands out people and machines to the stories.

pub mod assertions;
pub mod bridge;
pub mod machines;
pub mod parts;

//! Hands out people and machines to the stories.

pub mod app;
pub mod browser;
pub mod house;
pub mod parts;

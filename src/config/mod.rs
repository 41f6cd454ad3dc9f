//! The configuration: one TOML file, one file here per [section], and what the sections share.

pub mod duration;
pub mod environment;
pub mod reading;
pub mod secret_source;
mod tree;

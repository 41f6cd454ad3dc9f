//! The demo's town, which the tests live in too. This file only gathers.

pub mod ports;
pub mod town;

//! What the example apps share because they all run on loopback: a port to listen on, an HTTP client, claims made readable. This file
//! only gathers. Each example, the demo and the tests name it as a module of their root: `#[path = "…/loopback/mod.rs"] pub mod loopback;`.

pub mod claims;
pub mod ending;
pub mod http;
pub mod serving;

/// The stylesheet of the example apps.
pub const STYLE: &str = include_str!("style.css");

//! The gateway's HTTP: the way through, the decision endpoint for other proxies, and what each route says of itself.

pub mod answer;
pub mod decide;
pub mod metadata;
pub mod through;

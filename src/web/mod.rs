//! The web floor: reads a request, calls one flow, writes the answer.

pub mod assets;
pub mod browsers;
pub mod cors;
pub mod crumbs;
pub mod error;
pub mod extract;
pub mod gateway;
pub mod health;
pub mod interaction;
pub mod layers;
pub mod oidc;
pub mod opening;
pub mod page;
pub mod pages;
pub mod replay;
pub mod routes;
pub mod serve;
pub mod signed_in;

//! How a client proves who it is: one file per method, gathered by the credentials it registered.

pub mod authenticate;
pub mod credentials;
pub mod error;
pub mod none;
pub mod private_key_jwt;
pub mod secret;

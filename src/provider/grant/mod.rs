//! The grants: each finds out what was granted, and says what has to be written before anybody is answered. The steps that all share
//! stand in [`super::token`].

pub mod authorization_code;
pub mod client_credentials;
pub mod granted;
pub mod refresh_token;
pub mod settlement;

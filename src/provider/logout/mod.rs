//! Signing out: the one way a session ends, who may ask for it, and how everybody hears of it.

pub mod back_channel;
pub mod end_session;
pub mod farewell;
pub mod legacy_site;
pub mod rp_initiated;
pub mod turns;
pub mod watched;

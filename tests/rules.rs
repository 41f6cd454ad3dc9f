//! The rules, each as a table: one row per way to say no, naming the paragraph. No I/O, no clock but the one in hand.

mod access;
mod authorization;
mod client_assertion;
mod code;
mod consent;
mod foreign_identity;
mod foreign_token;
mod handover;
mod interaction;
mod key_life;
mod lifetimes;
mod logout;
mod redirect_uri;
mod request_path;
mod rotation;
mod scope;
mod throttle;

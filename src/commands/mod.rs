//! What can be asked for on the command line, one file per command.

pub(crate) mod check;
pub(crate) mod clients;
pub(crate) mod configuration;
pub(crate) mod init;
mod print;

//! What can be asked for on the command line, one file per command.

pub(crate) mod check;
pub(crate) mod clients;
pub(crate) mod configuration;
pub(crate) mod connector;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod gateway;
pub(crate) mod init;
pub(crate) mod keys;
pub(crate) mod print;
pub(crate) mod serve;
pub(crate) mod service_accounts;
pub(crate) mod sessions;

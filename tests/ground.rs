//! The ground that everything stands on: secrets, names, moments, and how a configuration is read.

mod ids;
mod reading;
mod secrets;
mod sources;
mod spans;
mod time;

//! The gateway: who gets in, what goes up, what comes down, and when it ends.

mod answers;
mod decide;
mod demo;
mod ending;
mod explain;
mod integrations;
mod passing;
mod problems;
mod raw;
mod streams;

//! The integrator's workbench: tries a description of an old system and shows what happened. It opens no database and serves nothing.

pub mod mask;
pub mod report;
pub mod shown;
pub mod transcript;
pub mod trial;

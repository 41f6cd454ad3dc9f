//! The integrator's workbench: tries a description of an old system and shows what happened, and writes one from a command that
//! works. It opens no database and serves nothing.

mod answer_reading;
pub mod curl;
pub mod draft;
pub mod leaves;
pub mod mask;
pub mod report;
mod request_reading;
pub mod sample;
pub mod shown;
pub mod transcript;
pub mod trial;

//! The integrator's workbench: tries a description of an old system and shows what happened, writes one from a command that works, and
//! keeps a run as a cassette. It opens no database and serves nothing.

mod answer_reading;
pub mod cassette;
pub mod curl;
pub mod draft;
pub mod leaves;
pub mod mask;
mod placeholder;
pub mod redaction;
pub mod report;
mod request_reading;
pub mod sample;
pub mod shown;
pub mod transcript;
pub mod trial;

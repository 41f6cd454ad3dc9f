//! `passerelle connector`: the integrator's workbench.

mod from_curl;
mod record;
mod replay;
mod terminal;
mod test;

use std::process::ExitCode;

use clap::{Args, Subcommand};

/// The exit code when the command line or the configuration is not understood.
const USAGE: u8 = 2;

/// Work on the description of the legacy system.
#[derive(Args)]
pub(crate) struct ConnectorCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Sign a person in through the configured connector and show every step, without secrets.
    Test(test::Test),
    /// Write the [legacy] section from a curl command that signs in, and a sample of its answer.
    FromCurl(from_curl::FromCurl),
    /// Record a sign-in as a cassette: without secrets and personal values.
    Record(record::Record),
    /// Play a cassette as a fake legacy system.
    Replay(replay::Replay),
}

impl ConnectorCommand {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.what {
            What::Test(test) => test.run(),
            What::FromCurl(from_curl) => from_curl.run(),
            What::Record(record) => record.run(),
            What::Replay(replay) => replay.run(),
        }
    }
}

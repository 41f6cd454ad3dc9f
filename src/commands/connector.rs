//! `passerelle connector`: the integrator's workbench.

mod terminal;
mod test;

use std::process::ExitCode;

use clap::{Args, Subcommand};

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
}

impl ConnectorCommand {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.what {
            What::Test(test) => test.run(),
        }
    }
}

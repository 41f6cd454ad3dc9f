//! `passerelle serve`: opens the bridge and serves until the process is told to stop.

use std::net::TcpListener;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use passerelle::app::bridge::{Bridge, tell_warnings};
use passerelle::secret::Chance;
use passerelle::time::Clock;
use tokio::signal::unix::{SignalKind, signal};

use super::configuration::ConfigurationFile;

/// Serve until Ctrl-C or SIGTERM; what is under way is finished first.
#[derive(Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    file: ConfigurationFile,
}

impl Serve {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let blueprint = self.file.usable_for_service()?;
        tell_warnings(&blueprint);
        let address = blueprint.settings.server.listen;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = TcpListener::bind(address)
                .with_context(|| format!("server.listen: cannot listen on {address}"))?;
            let mut terminated = signal(SignalKind::terminate())?;
            let stop = async move {
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => {}
                    _ = terminated.recv() => {}
                }
            };
            Bridge::open(blueprint, Clock::System, Chance::System).await?.serve(listener, stop).await?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

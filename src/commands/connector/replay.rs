//! `passerelle connector replay`: a cassette as a fake legacy system, for development and CI.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use passerelle::web::replay::router;
use passerelle::web::serve::{Patience, serve};
use passerelle::workbench::cassette::{Cassette, PASSWORD, USER};

use crate::commands::print;

/// Play a cassette as a fake legacy system until Ctrl-C.
#[derive(Args)]
pub(crate) struct Replay {
    /// The cassette.
    cassette: PathBuf,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:9090")]
    listen: SocketAddr,
}

impl Replay {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let place = self.cassette.display();
        let text = std::fs::read_to_string(&self.cassette).with_context(|| format!("cannot read {place}"))?;
        let cassette = Cassette::read(&text).with_context(|| format!("{place}"))?;
        let listener =
            TcpListener::bind(self.listen).with_context(|| format!("cannot listen on {}", self.listen))?;
        let base_url = format!("http://{}", listener.local_addr()?);
        print::line(&format!("Playing {place} at {base_url}: {USER} signs in with {PASSWORD}."))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let stop = async { drop(tokio::signal::ctrl_c().await) };
            serve(listener, router(cassette, &base_url).into(), None, Patience::default(), stop).await
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

//! The configuration that a command works with, and how what is wrong with it is told.

use std::path::PathBuf;

use clap::Args;
use passerelle::app::blueprint::Blueprint;
use passerelle::config::environment::Environment;
use passerelle::config::findings::Findings;

use super::print;

/// Which file.
#[derive(Args)]
pub(crate) struct ConfigurationFile {
    /// The configuration file.
    #[arg(long, short, default_value = "config.toml", env = "PASSERELLE_CONFIG")]
    config: PathBuf,
}

impl ConfigurationFile {
    /// Reads and checks it; overrides come from the environment of the process.
    pub(crate) fn read(&self) -> Result<Blueprint, Findings> {
        Blueprint::of_file(&self.config, &Environment::of_process())
    }

    /// What it is called.
    pub(crate) fn name(&self) -> String {
        self.config.display().to_string()
    }

    /// Reads it for a command that only works without problems. Problems and warnings are told on stderr.
    pub(crate) fn usable(&self) -> anyhow::Result<Blueprint> {
        let blueprint = self.usable_for_service()?;
        blueprint.warnings.iter().for_each(|warning| print::aside(&format!("warning: {warning}")));
        Ok(blueprint)
    }

    /// The same for the service, whose warnings belong into its log.
    pub(crate) fn usable_for_service(&self) -> anyhow::Result<Blueprint> {
        match self.read() {
            Ok(blueprint) => Ok(blueprint),
            Err(findings) => {
                print::aside(&findings.to_string());
                anyhow::bail!("{} cannot be used", self.config.display())
            }
        }
    }
}

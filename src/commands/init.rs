//! `passerelle init`: an annotated configuration to begin with. It works as it is on this machine; what has to be changed says so.

use std::fs::{OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use clap::builder::PossibleValuesParser;
use passerelle::legacy::preset;
use passerelle::secret::Chance;

use super::print;

/// At most 60 lines, so that it is read.
const TEMPLATE: &str = include_str!("init/config.toml");

/// Write an annotated configuration to begin with, with a fresh client secret in it.
#[derive(Args)]
pub(crate) struct Init {
    /// Which kind of system is bridged.
    #[arg(long, default_value = "imis", value_parser = PossibleValuesParser::new(preset::names()))]
    preset: String,
    /// The file to write, readable by its owner alone; stdout without.
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// Replace the file when it is there.
    #[arg(long, requires = "output")]
    force: bool,
}

impl Init {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let own_lines = preset::own_lines(&self.preset).unwrap_or_default();
        let text = TEMPLATE
            .replace("{preset}", &self.preset)
            .replace("{own_lines}", &own_lines)
            .replace("{secret}", Chance::System.secret().expose());
        match &self.output {
            None => print::line(text.trim_end())?,
            Some(path) => {
                write(path, &text, self.force)?;
                print::line(&format!(
                    "Wrote {0}. Change what says CHANGE, then run: passerelle check --config {0}",
                    path.display()
                ))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn write(path: &Path, text: &str, force: bool) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    // There is a secret in it.
    options.write(true).mode(0o600);
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let mut file = options.open(path).with_context(|| match path.exists() {
        true if !force => format!("{} exists already; --force replaces it", path.display()),
        _ => format!("cannot write {}", path.display()),
    })?;
    // A file that is replaced keeps the permissions that it had.
    file.set_permissions(Permissions::from_mode(0o600))
        .and_then(|()| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
}

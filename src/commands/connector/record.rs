//! `passerelle connector record`: a sign-in, kept without secrets and personal values.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use passerelle::app::workbench::watched;
use passerelle::secret::Secret;
use passerelle::time::Clock;
use passerelle::workbench::redaction::{Known, cassette};
use passerelle::workbench::transcript::Transcript;
use passerelle::workbench::trial::{self, Also};

use super::test::{Prepared, Who, prepared};
use super::{USAGE, terminal};
use crate::commands::configuration::ConfigurationFile;
use crate::commands::print;

/// Nobody's password.
const WRONG: &str = "nobody-has-this-password-7";

/// Record a sign-in as a cassette: JSON in which placeholders stand for secrets and personal values.
///
/// The password is asked on the terminal, or is the first line of stdin. Nothing is written when something still looks secret.
#[derive(Args)]
#[command(
    after_help = "Exit codes: as of `connector test`; also 1 when something secret is left, and nothing is written then."
)]
pub(crate) struct Record {
    #[command(flatten)]
    file: ConfigurationFile,
    /// The file to write.
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    who: Who,
    /// Record a refresh and the question whether the person is still good, too.
    #[arg(long)]
    refresh: bool,
    /// Record a sign-out, too.
    #[arg(long)]
    sign_out: bool,
    /// Try a wrong password afterwards, once, and record how it is refused.
    #[arg(long)]
    with_refusal: bool,
}

impl Record {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let Some(Prepared { description, .. }) = prepared(&self.file, &self.who) else {
            return Ok(ExitCode::from(USAGE));
        };
        let password = terminal::secret("password")?;
        let (run, refused) = (Transcript::default(), Transcript::default());
        let (Ok(connector), Ok(refusing)) = (watched(&description, &run), watched(&description, &refused))
        else {
            eprintln!("passerelle: [legacy.tls] or legacy.proxy cannot be used");
            return Ok(ExitCode::from(USAGE));
        };
        let mut code = self.who.code.clone().map(Secret::from);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let also = Also { refresh: self.refresh, sign_out: self.sign_out };
        let now = Clock::System.now();
        let trial = {
            let ask = || {
                code = code.take().or_else(|| terminal::secret("second factor").ok());
                code.clone().filter(|code| !code.expose().is_empty())
            };
            runtime.block_on(trial::run(&connector, &self.who.user, &password, ask, (also, now)))
        };
        if self.with_refusal {
            let wrong = Secret::from(WRONG);
            runtime.block_on(trial::run(&refusing, &self.who.user, &wrong, || None, (Also::default(), now)));
        }
        let secrets = trial::secrets_of(&description);
        let known = Known {
            user_name: &self.who.user,
            password: password.expose(),
            code: code.as_ref().map(Secret::expose),
            secrets: &secrets,
        };
        match cassette(&run, Some(&refused), &known) {
            Err(leak) => {
                eprintln!("passerelle: nothing is written: {leak}");
                Ok(ExitCode::FAILURE)
            }
            Ok(cassette) => {
                let text = format!("{:#}\n", serde_json::to_value(&cassette)?);
                std::fs::write(&self.out, text)
                    .with_context(|| format!("cannot write {}", self.out.display()))?;
                let calls = cassette.calls.len();
                print::line(&format!(
                    "Wrote {} with {calls} calls; the sign-in ended with {}.",
                    self.out.display(),
                    trial.word()
                ))?;
                Ok(ExitCode::from(trial.exit_code()))
            }
        }
    }
}

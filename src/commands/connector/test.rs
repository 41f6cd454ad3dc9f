//! `passerelle connector test`: the real calls of one sign-in, shown step by step.

use std::process::ExitCode;

use clap::Args;
use passerelle::app::blueprint::Blueprint;
use passerelle::app::workbench::{meant, watched};
use passerelle::legacy::description::Description;
use passerelle::secret::Secret;
use passerelle::time::Clock;
use passerelle::workbench::mask::Mask;
use passerelle::workbench::report::Report;
use passerelle::workbench::transcript::Transcript;
use passerelle::workbench::trial::{self, Also, Trial};

use super::{USAGE, terminal};
use crate::commands::configuration::ConfigurationFile;
use crate::commands::print;

/// Sign a person in through the configured connector and show every step, with every secret masked.
///
/// The password is asked on the terminal, or is the first line of stdin. It is tried once.
#[derive(Args)]
#[command(
    after_help = "Exit codes: 0 signed in and everything asked for went well; 1 refused, and the last line says in which word; \
                        2 the command line or the configuration; 3 the legacy system, or its description, does not work."
)]
pub(crate) struct Test {
    #[command(flatten)]
    file: ConfigurationFile,
    #[command(flatten)]
    who: Who,
    /// Refresh the tokens too, and ask whether the person is still good.
    #[arg(long)]
    refresh: bool,
    /// Sign out at the end.
    #[arg(long)]
    sign_out: bool,
    /// The scopes whose claims are shown; all without.
    #[arg(long, value_delimiter = ' ', num_args = 1..)]
    scopes: Vec<String>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// Who signs in.
#[derive(Args)]
pub(super) struct Who {
    /// The user name.
    #[arg(long, allow_hyphen_values = true)]
    pub(super) user: String,
    /// Which legacy system, by its name, where there are several.
    #[arg(long)]
    realm: Option<String>,
    /// The second factor; without it, it is asked for when the legacy system wants one.
    #[arg(long)]
    pub(super) code: Option<String>,
}

/// What a run needs.
pub(super) struct Prepared {
    pub(super) blueprint: Blueprint,
    pub(super) description: Description,
}

/// Reads the configuration and finds the system; none when the problem was told.
pub(super) fn prepared(file: &ConfigurationFile, who: &Who) -> Option<Prepared> {
    let blueprint = file.usable().map_err(|error| eprintln!("passerelle: {error:#}")).ok()?;
    let description = match meant(&blueprint, who.realm.as_deref(), &who.user) {
        Ok(description) => description.clone(),
        Err(names) => {
            eprintln!("passerelle: no legacy system has this name; there is `{}`", names.join("`, `"));
            return None;
        }
    };
    Some(Prepared { blueprint, description })
}

impl Test {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let Some(Prepared { blueprint, description }) = prepared(&self.file, &self.who) else {
            return Ok(ExitCode::from(USAGE));
        };
        let password = terminal::secret("password")?;
        let transcript = Transcript::default();
        let Ok(connector) = watched(&description, &transcript) else {
            eprintln!("passerelle: [legacy.tls] or legacy.proxy cannot be used");
            return Ok(ExitCode::from(USAGE));
        };
        let mut code = self.who.code.clone().map(Secret::from);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let also = Also { refresh: self.refresh, sign_out: self.sign_out };
        let trial = {
            let ask = || {
                code = code.take().or_else(|| terminal::secret("second factor").ok());
                code.clone().filter(|code| !code.expose().is_empty())
            };
            runtime.block_on(trial::run(
                &connector,
                &self.who.user,
                &password,
                ask,
                (also, Clock::System.now()),
            ))
        };
        let typed =
            [Some(&password), code.as_ref()].into_iter().flatten().map(|secret| secret.expose().to_owned());
        let secrets: Vec<String> =
            typed.chain(trial::secrets_of(&description)).chain(transcript.secrets()).collect();
        let mask = Mask::of(secrets.iter().map(String::as_str));
        self.shows(&blueprint, &description, (&transcript, &trial), &mask)?;
        Ok(ExitCode::from(trial.exit_code()))
    }

    fn shows(
        &self,
        blueprint: &Blueprint,
        description: &Description,
        (transcript, trial): (&Transcript, &Trial),
        mask: &Mask,
    ) -> anyhow::Result<()> {
        let asked = match self.scopes.is_empty() {
            true => blueprint.claim_scopes.scopes().map(str::to_owned).collect(),
            false => self.scopes.clone(),
        };
        let claims = trial.ending.as_ref().map(|identity| identity.claims.clone()).unwrap_or_default();
        let report = Report {
            transcript,
            trial,
            scopes: trial::by_scope(&claims, &blueprint.claim_scopes, &asked),
            left_out: trial::left_out(description, &claims),
        };
        match self.json {
            true => print::line(&format!("{:#}", report.json(mask))),
            false => print::line(&report.text(mask)),
        }
    }
}

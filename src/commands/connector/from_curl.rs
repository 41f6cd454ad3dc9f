//! `passerelle connector from-curl`: from a command that works to a `[legacy]` section.

use std::io::Read as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use passerelle::app::workbench::ask;
use passerelle::workbench::curl;
use passerelle::workbench::draft;
use passerelle::workbench::leaves::Hints;
use passerelle::workbench::sample::Sample;

use super::USAGE;
use crate::commands::print;

/// Write the [legacy] section from a curl command that signs in, and a sample of its answer.
///
/// Neither the password nor a token nor a secret is written: secrets come from the environment. What could not be inferred stands in the
/// section as a comment that begins with QUESTION.
#[derive(Args)]
#[command(
    after_help = "Exit codes: 0 nothing was left open, 1 questions are left, 2 the command could not be read."
)]
pub(crate) struct FromCurl {
    /// The command, in one pair of quotes.
    command: String,
    /// A file with the answer, as `curl -i` prints it or its body alone; `-` is stdin.
    #[arg(long, conflicts_with = "live")]
    answer: Option<String>,
    /// Send the command's request, once, and read the real answer.
    #[arg(long)]
    live: bool,
    /// The user name that stands in the command, where it is not clear which field has it.
    #[arg(long, allow_hyphen_values = true)]
    user: Option<String>,
    /// The field with the user name.
    #[arg(long)]
    user_field: Option<String>,
    /// The field with the password.
    #[arg(long)]
    password_field: Option<String>,
    /// Write everything out, also where a preset fits.
    #[arg(long)]
    no_preset: bool,
}

impl FromCurl {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let curl = match curl::read(&self.command) {
            Ok(curl) => curl,
            Err(error) => return Ok(not_understood(&error)),
        };
        let sample = match &self.answer {
            Some(place) => Some(Sample::read(&read(place)?)),
            None if self.live => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                match runtime.block_on(ask(&curl)) {
                    Ok(sample) => Some(sample),
                    Err(why) => return Ok(not_understood(&why)),
                }
            }
            None => None,
        };
        let Self { user, user_field, password_field, no_preset, .. } = self;
        let hints = Hints { user, user_field, password_field, no_preset };
        let draft = match draft::write(&curl, sample.as_ref(), &hints) {
            Ok(draft) => draft,
            Err(unclear) => return Ok(not_understood(&unclear)),
        };
        print::line(draft.text.trim_end())?;
        for variable in &draft.variables {
            eprintln!("The section reads a secret from the environment: set {variable}.");
        }
        match draft.questions.len() {
            0 => Ok(ExitCode::SUCCESS),
            count => {
                eprintln!("{count} left open; each stands in the section as a QUESTION.");
                Ok(ExitCode::FAILURE)
            }
        }
    }
}

fn not_understood(why: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("passerelle: {why}");
    ExitCode::from(USAGE)
}

fn read(place: &str) -> anyhow::Result<String> {
    if place == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("cannot read the answer from stdin")?;
        return Ok(text);
    }
    std::fs::read_to_string(place).with_context(|| format!("cannot read the answer from {place}"))
}

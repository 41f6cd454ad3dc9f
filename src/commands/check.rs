//! `passerelle check`: everything that is wrong with the configuration, at once. Starts, opens and makes nothing.

use std::process::ExitCode;

use clap::Args;
use passerelle::config::findings::Findings;
use passerelle::config::reading::Problem;
use serde_json::{Value, json};

use super::configuration::ConfigurationFile;
use super::print;

/// Tell everything that is wrong with the configuration. Exits with 0 when there is no problem; warnings are none.
#[derive(Args)]
pub(crate) struct Check {
    #[command(flatten)]
    file: ConfigurationFile,
    /// Answer in JSON: { "ok", "problems", "warnings" }, each finding with "path" and "message".
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let findings = match self.file.read() {
            Ok(blueprint) => Findings { problems: Vec::new(), warnings: blueprint.warnings },
            Err(findings) => findings,
        };
        let ok = findings.problems.is_empty();
        if self.json {
            print::line(&format!("{:#}", as_json(&findings)))?;
        } else {
            print::line(&format!("{findings}{}", summary(&findings)))?;
        }
        Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn summary(findings: &Findings) -> String {
    let count = |number: usize, word: &str| match number {
        0 => format!("no {word}s"),
        1 => format!("1 {word}"),
        number => format!("{number} {word}s"),
    };
    let problems = count(findings.problems.len(), "problem");
    format!("The configuration has {problems} and {}.", count(findings.warnings.len(), "warning"))
}

fn as_json(findings: &Findings) -> Value {
    let list = |found: &[Problem]| -> Vec<Value> {
        found.iter().map(|one| json!({ "path": one.path, "message": one.message })).collect()
    };
    json!({
        "ok": findings.problems.is_empty(),
        "problems": list(&findings.problems),
        "warnings": list(&findings.warnings),
    })
}

//! `passerelle doctor`: everything that a sign-in needs, looked at. Changes nothing; works beside a bridge that runs, and without one.

use std::process::ExitCode;

use clap::Args;
use passerelle::app::doctor::examine::examine;
use passerelle::time::Clock;

use super::configuration::ConfigurationFile;
use super::print;

/// Look at everything that a sign-in needs, and say what to do about what is wrong. Exits with 0 when nothing is a problem.
#[derive(Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    file: ConfigurationFile,
    /// Answer in JSON: { "ok", "problems", "warnings", "findings" }, each finding with "group", "level" (ok, note, warning, problem),
    /// "looked_at", "found" and, where there is something to do, "advice".
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let read = self.file.read();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let report = runtime.block_on(examine(&self.file.name(), read.as_ref(), &Clock::System))?;
        if self.json {
            print::line(&format!("{:#}", serde_json::to_value(&report)?))?;
        } else {
            print::line(report.to_string().trim_end())?;
        }
        Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

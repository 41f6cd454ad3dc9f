//! `passerelle gateway`: what the gateway would do.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use passerelle::admin::explain::Supposed;
use passerelle::app::bridge::open_explain;
use passerelle::gateway::explain::Explanation;
use passerelle::oauth::scope::Scope;
use passerelle::time::Clock;

use super::configuration::ConfigurationFile;
use super::print;

/// Ask the gateway what it would do.
#[derive(Args)]
pub(crate) struct GatewayCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Which rule speaks of a request, why, and as whom the legacy system would be called; nobody is called.
    Explain(Explained),
}

#[derive(Args)]
struct Explained {
    /// The method, such as GET.
    method: String,
    /// The path with its prefix, such as /gateway/legacy/api/invoices/7.
    path: String,
    /// What the person signs in with; without it the client acts for itself.
    #[arg(long = "as", value_name = "USER", allow_hyphen_values = true)]
    user: Option<String>,
    /// The client that calls.
    #[arg(long)]
    client: String,
    /// What its token was granted; all that it may have without this.
    #[arg(long)]
    scope: Option<String>,
    #[command(flatten)]
    file: ConfigurationFile,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

impl GatewayCommand {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let What::Explain(asked) = self.what;
        let blueprint = asked.file.usable()?;
        let scope = asked.scope.as_deref().map(Scope::parse).transpose().context("--scope")?;
        let supposed =
            Supposed { client: asked.client.as_str().into(), user_name: asked.user.clone(), scope };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let explanation = runtime.block_on(async {
            let explain = open_explain(&blueprint).await?;
            let request = (asked.method.as_str(), asked.path.as_str());
            let explanation = explain.answer(request, &supposed, Clock::System.now()).await?;
            explain.db.close().await;
            anyhow::Ok(explanation)
        })?;
        if asked.json {
            print::line(&format!("{:#}", serde_json::to_value(&explanation)?))?;
        } else {
            print::line(&sentences(&explanation))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn sentences(explanation: &Explanation) -> String {
    let or = |text: &Option<String>, none: &str| text.clone().unwrap_or_else(|| none.to_owned());
    let verdict = if explanation.forwarded { "forwarded" } else { "refused" };
    let mut lines = vec![
        format!("{verdict}: {}", explanation.why),
        format!("route     {}", or(&explanation.route, "none")),
        format!("rule      {}", or(&explanation.rule, "none speaks of it")),
    ];
    if explanation.forwarded {
        lines.push(format!("upstream  {}", or(&explanation.upstream, "none")));
        lines.push(format!("called as {}", or(&explanation.legacy_identity, "nobody")));
    }
    lines.join("\n")
}

//! `passerelle explain`: what the settings mean together. Starts, opens and asks nothing.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use passerelle::admin::lifetimes::explain;
use passerelle::app::lifetimes::{Told, client_facts, legacy_side};
use passerelle::config::duration::Span;

use super::configuration::ConfigurationFile;
use super::print;

/// Say what the settings mean together.
#[derive(Args)]
pub(crate) struct Explain {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// How long a person really stays signed in at each application, and which setting is the one that bites.
    Lifetimes(Lifetimes),
}

#[derive(Args)]
struct Lifetimes {
    #[command(flatten)]
    file: ConfigurationFile,
    /// Only this client.
    #[arg(long)]
    client: Option<String>,
    /// The [[legacy]] that people come from, where there are several; the first without it.
    #[arg(long)]
    realm: Option<String>,
    /// How long a refresh token of the legacy system lasts, as its administrator says, such as 7d; it does not say so itself.
    #[arg(long)]
    legacy_refresh_token: Option<Span>,
    /// How long an access token of the legacy system lasts, such as 20min.
    #[arg(long)]
    legacy_access_token: Option<Span>,
    /// Answer in JSON: { "clients": [ { "client_id", "name", "cases" } ], "unknown" }; spans are seconds.
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let What::Lifetimes(asked) = self.what;
        let blueprint = asked.file.usable()?;
        let told = Told {
            refresh_token: asked.legacy_refresh_token.map(Into::into),
            access_token: asked.legacy_access_token.map(Into::into),
        };
        let mut clients = client_facts(&blueprint);
        if let Some(id) = &asked.client {
            clients.retain(|client| client.id.as_str() == id);
            clients.first().with_context(|| {
                format!("there is no client {id:?}; `passerelle clients list` shows them")
            })?;
        }
        let legacy = match &asked.realm {
            None => &blueprint.legacy,
            Some(realm) => blueprint
                .legacies()
                .find(|legacy| legacy.id.as_str() == realm)
                .with_context(|| format!("there is no [[legacy]] called {realm:?}"))?,
        };
        let lifetimes = explain(&clients, &legacy_side(legacy, told));
        if asked.json {
            print::line(&format!("{:#}", serde_json::to_value(&lifetimes)?))?;
        } else {
            print::line(lifetimes.to_string().trim_end())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

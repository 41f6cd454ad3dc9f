//! `passerelle sessions`: a person's sessions, listed and ended. A bridge that runs tells the apps within seconds.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use passerelle::admin::sessions::ListedSession;
use passerelle::app::bridge::open_sessions;
use passerelle::id::ClientId;
use passerelle::secret::Chance;
use passerelle::time::{Clock, Timestamp};

use super::configuration::ConfigurationFile;
use super::print;

/// Look at a person's sessions, or end them.
#[derive(Args)]
pub(crate) struct SessionsCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// One line for each session.
    List(Whose),
    /// End every session of the person; apps are told.
    End(Whose),
}

#[derive(Args)]
struct Whose {
    /// What the person signs in with.
    #[arg(long, allow_hyphen_values = true)]
    user: String,
    #[command(flatten)]
    file: ConfigurationFile,
    /// Answer in JSON; moments are seconds since 1970.
    #[arg(long)]
    json: bool,
}

impl SessionsCommand {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let (What::List(whose) | What::End(whose)) = &self.what;
        let blueprint = whose.file.usable()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listed = runtime.block_on(async {
            let sessions = open_sessions(&blueprint, &Chance::System).await?;
            let now = Clock::System.now();
            let listed = match &self.what {
                What::List(_) => sessions.list(&whose.user, now).await?,
                What::End(_) => sessions.end(&whose.user, now).await?,
            };
            sessions.db.close().await;
            anyhow::Ok(listed)
        })?;
        if whose.json {
            print::line(&format!("{:#}", serde_json::to_value(&listed)?))?;
        } else {
            listed.iter().try_for_each(|session| print::line(&line(session)))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn line(session: &ListedSession) -> String {
    let moment = |at: Timestamp| {
        jiff::Timestamp::from_second(at.as_seconds()).map_or_else(|_| "?".to_owned(), |at| at.to_string())
    };
    let clients: Vec<&str> = session.clients.iter().map(ClientId::as_str).collect();
    format!(
        "{}  began {}  last used {}  {}  {}",
        session.id,
        moment(session.created_at),
        moment(session.last_seen),
        session.address.as_deref().unwrap_or("-"),
        clients.join(" ")
    )
}

//! `passerelle sessions`: what a person has here, listed and ended. A bridge that runs tells the apps within seconds.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use passerelle::admin::sessions::{Held, ListedSession, OfflineAccess, Reach, Whom};
use passerelle::app::bridge::open_sessions;
use passerelle::id::{AccountId, ClientId};
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
    /// One line for each session, and for each app with tokens that live on without one.
    List(Whose),
    /// End every session of the person; apps are told.
    End {
        #[command(flatten)]
        whose: Whose,
        /// The tokens that live on without a session too (offline access), and the legacy tokens that are kept: for somebody who is dismissed.
        #[arg(long)]
        everything: bool,
    },
}

#[derive(Args)]
struct Whose {
    #[command(flatten)]
    whom: Named,
    #[command(flatten)]
    file: ConfigurationFile,
    /// Answer in JSON; moments are seconds since 1970.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Named {
    /// What the person signs in with.
    #[arg(long, allow_hyphen_values = true)]
    user: Option<String>,
    /// `sub` of the person, who may have another user name by now.
    #[arg(long, allow_hyphen_values = true)]
    account: Option<String>,
}

impl Named {
    fn whom(&self) -> Whom {
        match (&self.account, &self.user) {
            (Some(id), _) => Whom::Account(AccountId::from(id.as_str())),
            (None, name) => Whom::UserName(name.clone().unwrap_or_default()),
        }
    }
}

impl SessionsCommand {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let (whose, reach) = match &self.what {
            What::List(whose) => (whose, None),
            What::End { whose, everything: false } => (whose, Some(Reach::Sessions)),
            What::End { whose, everything: true } => (whose, Some(Reach::Everything)),
        };
        let (whom, blueprint) = (whose.whom.whom(), whose.file.usable()?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (held, left) = runtime.block_on(async {
            let sessions = open_sessions(&blueprint, &Chance::System).await?;
            let now = Clock::System.now();
            let held = match reach {
                None => sessions.list(&whom, now).await?,
                Some(reach) => sessions.end(&whom, reach, now).await?,
            };
            let left = if reach.is_some() { sessions.list(&whom, now).await? } else { Held::default() };
            sessions.db.close().await;
            anyhow::Ok((held, left))
        })?;
        if whose.json {
            print::line(&format!("{:#}", serde_json::to_value(&held)?))?;
        } else {
            held.sessions.iter().try_for_each(|session| print::line(&of_session(session)))?;
            held.offline.iter().try_for_each(|access| print::line(&of_offline_access(access)))?;
            left.offline.iter().try_for_each(|access| {
                print::line(&format!("{}  stays; --everything ends it too", of_offline_access(access)))
            })?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn of_session(session: &ListedSession) -> String {
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

fn of_offline_access(access: &OfflineAccess) -> String {
    let (since, until) = (moment(access.created_at), moment(access.expires_at));
    format!("{}  offline access of {} since {since}, until {until} at most", access.id, access.client)
}

fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.as_seconds()).map_or_else(|_| "?".to_owned(), |at| at.to_string())
}

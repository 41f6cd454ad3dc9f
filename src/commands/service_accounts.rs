//! `passerelle service-accounts`: their passwords, given and forgotten, and how each stands. No password is ever shown, and none is
//! taken from the command line, where every user of the machine could read it.

use std::io::{IsTerminal as _, stdin};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use passerelle::admin::service_accounts::{ListedServiceAccount, ServiceAccounts};
use passerelle::app::bridge::open_service_accounts;
use passerelle::id::ServiceAccountName;
use passerelle::secret::{Chance, Secret};
use passerelle::time::{Clock, Timestamp};
use zeroize::Zeroizing;

use super::configuration::ConfigurationFile;
use super::print;

/// Give service accounts their passwords, and see how they stand.
#[derive(Args)]
pub(crate) struct ServiceAccountsCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// One line for each service account.
    List(How),
    /// Keep a password, sealed: the first line of the standard input.
    Set(Which),
    /// Let the password be tried once more that the legacy system refused, after the account was unlocked there.
    Retry(Which),
    /// Forget the account's password and its tokens.
    Remove(Which),
}

#[derive(Args)]
struct Which {
    /// The name of a [[service_account]].
    name: String,
    #[command(flatten)]
    how: How,
}

#[derive(Args)]
struct How {
    #[command(flatten)]
    file: ConfigurationFile,
    /// Answer in JSON; moments are seconds since 1970.
    #[arg(long)]
    json: bool,
}

impl ServiceAccountsCommand {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let how = match &self.what {
            What::List(how) => how,
            What::Set(which) | What::Retry(which) | What::Remove(which) => &which.how,
        };
        let blueprint = how.file.usable()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listed = runtime.block_on(async {
            let accounts = open_service_accounts(&blueprint, &Chance::System).await?;
            let done = self.does(&accounts, Clock::System.now()).await;
            let listed = match done {
                Ok(()) => accounts.list().await.map_err(Into::into),
                Err(error) => Err(error),
            };
            accounts.db.close().await;
            listed
        })?;
        if how.json {
            print::line(&format!("{:#}", serde_json::to_value(&listed)?))?;
        } else {
            listed.iter().try_for_each(|account| print::line(&line(account)))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn does(&self, accounts: &ServiceAccounts, now: Timestamp) -> anyhow::Result<()> {
        match &self.what {
            What::List(_) => {}
            What::Set(which) => accounts.set(&which.account(), &typed(&which.name)?, now).await?,
            What::Retry(which) => accounts.retry(&which.account(), now).await?,
            What::Remove(which) => accounts.remove(&which.account(), now).await?,
        }
        Ok(())
    }
}

impl Which {
    fn account(&self) -> ServiceAccountName {
        ServiceAccountName::from(self.name.as_str())
    }
}

/// The first line, without its end; blanks belong to the password.
fn typed(name: &str) -> anyhow::Result<Secret> {
    if stdin().is_terminal() {
        eprintln!(
            "The password of {name}, which is shown while you type (better: printf %s \"$PASSWORD\" | …):"
        );
    }
    let mut line = Zeroizing::new(String::new());
    stdin().read_line(&mut line).context("the standard input")?;
    let password = line.strip_suffix('\n').unwrap_or(&line);
    Ok(Secret::from(password.strip_suffix('\r').unwrap_or(password)))
}

fn line(account: &ListedServiceAccount) -> String {
    let moment = |at: Timestamp| {
        jiff::Timestamp::from_second(at.as_seconds()).map_or_else(|_| "?".to_owned(), |at| at.to_string())
    };
    let ListedServiceAccount { name, user_name, password, state, refused, refused_at, signed_in_at } =
        account;
    let refused = refused.as_deref().zip(*refused_at).map(|(why, at)| format!("  {} {why}", moment(at)));
    format!(
        "{name}  {}  password: {password}  {state}{}  signed in: {}",
        user_name.as_deref().unwrap_or("-"),
        refused.unwrap_or_default(),
        signed_in_at.map_or_else(|| "never".to_owned(), moment)
    )
}

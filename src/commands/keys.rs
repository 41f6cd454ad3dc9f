//! `passerelle keys`: the signing keys, listed and replaced. A bridge that runs takes up what was done within a minute.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use passerelle::admin::keys::{Keys, ListedKey};
use passerelle::app::bridge::open_custody;
use passerelle::oauth::algorithm::SigningAlgorithm;
use passerelle::rules::key_life::Urgency;
use passerelle::secret::Chance;
use passerelle::time::Clock;

use super::configuration::ConfigurationFile;
use super::print;

/// Look at the signing keys, or replace them.
#[derive(Args)]
pub(crate) struct KeysCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// One line for each signing key.
    List(How),
    /// Make a new key. It is published first and signs when every cache can know it.
    Rotate {
        /// Only this algorithm; all that are in use without.
        #[arg(long, value_parser = algorithm)]
        algorithm: Vec<SigningAlgorithm>,
        /// A key may have leaked: the old one stops signing at once.
        #[arg(long)]
        emergency: bool,
        #[command(flatten)]
        how: How,
    },
}

#[derive(Args)]
struct How {
    #[command(flatten)]
    file: ConfigurationFile,
    /// Answer in JSON; moments are seconds since 1970.
    #[arg(long)]
    json: bool,
}

impl KeysCommand {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let how = match &self.what {
            What::List(how) | What::Rotate { how, .. } => how,
        };
        let blueprint = how.file.usable()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listed = runtime.block_on(async {
            let keys = Keys { custody: open_custody(&blueprint, &Chance::System).await? };
            let now = Clock::System.now();
            let listed = match &self.what {
                What::List(_) => keys.list(now).await?,
                What::Rotate { algorithm, emergency, .. } => {
                    let urgency = if *emergency { Urgency::Emergency } else { Urgency::Planned };
                    keys.rotate(algorithm, urgency, now).await?
                }
            };
            keys.custody.db.close().await;
            anyhow::Ok(listed)
        })?;
        if how.json {
            print::line(&format!("{:#}", serde_json::to_value(&listed)?))?;
        } else {
            listed.iter().try_for_each(|key| print::line(&line(key)))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn line(key: &ListedKey) -> String {
    let day = |at: passerelle::time::Timestamp| {
        jiff::Timestamp::from_second(at.as_seconds()).map_or_else(|_| "?".to_owned(), |at| at.to_string())
    };
    format!("{}  {:5}  {:9}  signs from {}", key.id, key.algorithm, key.state, day(key.signs_from))
}

fn algorithm(text: &str) -> Result<SigningAlgorithm, String> {
    SigningAlgorithm::from_word(text).ok_or_else(|| {
        let known: Vec<&str> = SigningAlgorithm::ALL.iter().map(|algorithm| algorithm.as_str()).collect();
        format!("expected one of {}", known.join(", "))
    })
}

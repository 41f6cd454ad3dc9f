//! `passerelle keys`: the signing keys, listed, replaced, and their public halves handed out. A bridge that runs takes up what was done
//! within seconds.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use passerelle::admin::keys::{ExportedKey, Keys, ListedKey};
use passerelle::app::bridge::open_custody;
use passerelle::id::KeyId;
use passerelle::oauth::algorithm::SigningAlgorithm;
use passerelle::rules::key_life::Urgency;
use passerelle::secret::Chance;
use passerelle::time::{Clock, Timestamp};
use serde_json::{Value, json};

use super::configuration::ConfigurationFile;
use super::print;

/// Look at the signing keys, replace them, or print their public halves.
#[derive(Args)]
pub(crate) struct KeysCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// One line for each signing key.
    List(How),
    /// Print public keys, for an API that wants one pasted. An API that can fetch them had better: keys change.
    Export {
        /// How they are written.
        #[arg(long, value_enum, default_value_t = Format::Pem)]
        format: Format,
        /// Only the key of this name, and nothing around it; all that are published without.
        // One name in 64 begins with a hyphen.
        #[arg(long, allow_hyphen_values = true)]
        kid: Option<String>,
        #[command(flatten)]
        file: ConfigurationFile,
    },
    /// Make a new key. It is published first and signs when every cache can know it.
    Rotate {
        /// Only this algorithm; all that are in use without.
        #[arg(long, value_parser = algorithm)]
        algorithm: Vec<SigningAlgorithm>,
        /// A key may have leaked: the old one stops signing as soon as every bridge publishes the new one, within a minute.
        #[arg(long)]
        emergency: bool,
        #[command(flatten)]
        how: How,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// SubjectPublicKeyInfo, each below a line that tells its name.
    Pem,
    /// A JWK Set, or the one JWK.
    Jwk,
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
        match self.what {
            What::List(how) => {
                let listed = with_keys(&how.file, async |keys, now| Ok(keys.list(now).await?))?;
                tell(&listed, &how)?;
            }
            What::Rotate { algorithm, emergency, how } => {
                let urgency = if emergency { Urgency::Emergency } else { Urgency::Planned };
                let rotate = async |keys: &Keys, now| Ok(keys.rotate(&algorithm, urgency, now).await?);
                tell(&with_keys(&how.file, rotate)?, &how)?;
            }
            What::Export { format, kid, file } => {
                let id = kid.map(KeyId::from);
                let export = async |keys: &Keys, now| Ok(keys.export(id.as_ref(), now).await?);
                print_public(&with_keys(&file, export)?, format, id.is_some())?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn with_keys<T>(
    file: &ConfigurationFile,
    work: impl AsyncFnOnce(&Keys, Timestamp) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let blueprint = file.usable()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let keys = Keys { custody: open_custody(&blueprint, &Chance::System).await? };
        let done = work(&keys, Clock::System.now()).await;
        keys.custody.db.close().await;
        done
    })
}

fn tell(listed: &[ListedKey], how: &How) -> anyhow::Result<()> {
    if how.json {
        return print::line(&format!("{:#}", serde_json::to_value(listed)?));
    }
    listed.iter().try_for_each(|key| print::line(&line(key)))
}

fn print_public(exported: &[ExportedKey], format: Format, alone: bool) -> anyhow::Result<()> {
    match format {
        Format::Pem => exported.iter().try_for_each(|ExportedKey { key, state }| {
            // RFC 7468 §2: what stands before a BEGIN line is passed over.
            if !alone {
                print::line(&format!("{} {} {state}", key.id, key.algorithm))?;
            }
            print::line(key.pem.trim_end())
        }),
        Format::Jwk => {
            let keys: Vec<&Value> = exported.iter().map(|exported| &exported.key.jwk).collect();
            let told = match keys.as_slice() {
                [key] if alone => (*key).clone(),
                keys => json!({ "keys": keys }),
            };
            print::line(&format!("{told:#}"))
        }
    }
}

fn line(key: &ListedKey) -> String {
    let day = |at: Timestamp| {
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

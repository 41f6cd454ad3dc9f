//! The gateway's trust in other issuers, as a configuration describes it: real parts over a database in memory.

use std::path::Path;
use std::sync::Arc;

use passerelle::app::blueprint::Blueprint;
use passerelle::app::issuers::issuers;
use passerelle::config::environment::Environment;
use passerelle::gateway::issuers::description::{IssuerDescription, KeysFrom, Rhythm, Validation};
use passerelle::gateway::issuers::error::IssuerError;
use passerelle::gateway::issuers::foreign_token::ForeignToken;
use passerelle::gateway::issuers::trusted::Issuers;
use passerelle::secret::Secret;
use passerelle::store::db::Db;
use passerelle::time::Timestamp;

/// The verifier, and what it is over.
#[derive(Clone)]
#[expect(missing_docs, reason = "the types say it")]
pub struct Trust {
    pub issuers: Issuers,
    pub db: Db,
}

/// `[[gateway.issuer]]` of `url` with `lines` and, unless they hold one, a rule that takes everybody.
pub fn issuer(name: &str, url: &str, lines: &str) -> String {
    let rule = if lines.contains("identity") {
        ""
    } else {
        "[[gateway.issuer.identity]]\nclaim = \"sub\"\nnames = \"legacy_id\""
    };
    let audiences =
        if lines.contains("audiences") { "" } else { "audiences = [\"https://api.example.org\"]\n" };
    format!("[[gateway.issuer]]\nname = \"{name}\"\nissuer = \"{url}\"\n{audiences}{lines}\n{rule}\n")
}

/// What the configuration says of `issuers`.
pub fn described(issuers: &str) -> Vec<IssuerDescription> {
    let text = format!(
        "[server]\nissuer = \"http://localhost:8080\"\n[keys]\nmaster_key = \"{}\"\n\
         [legacy]\npreset = \"imis\"\nbase_url = \"http://localhost:9090\"\n\
         [[service_account]]\nname = \"members\"\nuser_name = \"svc\"\n{issuers}",
        "0f".repeat(32)
    );
    Blueprint::of_text(&text, Path::new(""), &Environment::default()).unwrap().issuers
}

impl Trust {
    /// In these issuers.
    pub async fn in_issuers(written: &str) -> Self {
        Self::in_described(&described(written)).await
    }

    /// In one.
    pub async fn in_one(url: &str, lines: &str) -> Self {
        Self::in_issuers(&issuer("partner", url, lines)).await
    }

    /// In one that fetches keys in a rhythm that no configuration has.
    pub async fn with_rhythm(url: &str, rhythm: Rhythm) -> Self {
        let mut described = described(&issuer("partner", url, ""));
        for issuer in &mut described {
            if let Validation::Local { keys: KeysFrom::Fetched { rhythm: written, .. }, .. } =
                &mut issuer.validation
            {
                *written = rhythm;
            }
        }
        Self::in_described(&described).await
    }

    async fn in_described(described: &[IssuerDescription]) -> Self {
        rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
        let db = Db::open("sqlite::memory:", 4).await.unwrap();
        Self { issuers: issuers(described, &db).unwrap(), db }
    }

    /// What `token` means at `now`.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<ForeignToken, IssuerError> {
        self.issuers.verify(&Secret::from(token), now).await
    }

    /// The log's word for why `token` is refused.
    pub async fn reason(&self, token: &str, now: Timestamp) -> &'static str {
        match self.verify(token, now).await {
            Ok(taken) => panic!("taken: {taken:?}"),
            Err(error) => error.reason(),
        }
    }

    /// Shows all of `tokens` at once; the reasons of those that are refused.
    pub async fn shown_at_once(&self, tokens: &[String], now: Timestamp) -> Vec<&'static str> {
        let trust = Arc::new(self.clone());
        let mut shown = tokio::task::JoinSet::new();
        for token in tokens {
            let (trust, token) = (Arc::clone(&trust), token.clone());
            shown.spawn(async move { trust.verify(&token, now).await.err().map(|error| error.reason()) });
        }
        shown.join_all().await.into_iter().flatten().collect()
    }
}

//! Whether a person whom the legacy system let in once is still good over there. It is asked at most once in each interval; while it says
//! nothing, what is known counts for a while longer; and when it says no, everything of that person ends here.

use std::time::Duration;

use tracing::{info, warn};

use crate::legacy::connector::Connector;
use crate::legacy::probe::Life;
use crate::model::account::{Account, LastHeard};
use crate::model::login_session::EndReason;
use crate::provider::logout::end_session::EndSession;
use crate::secret::Secret;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::life;
use crate::time::Timestamp;
use crate::vault::custody::Vault;
use crate::vault::custody_error::VaultError;

/// How often it is asked, and how long an old answer counts.
#[derive(Clone, Copy, Debug)]
pub struct LivenessPolicy {
    /// At most once in this time.
    pub revalidate: Duration,
    /// So long a person counts as good of whom nothing is heard.
    pub max_stale: Duration,
}

/// Asks.
#[derive(Clone)]
pub struct Liveness {
    /// When it was last asked.
    pub db: Db,
    /// Has the person's tokens.
    pub vault: Vault,
    /// Ends what is over.
    pub end_session: EndSession,
    /// How often.
    pub policy: LivenessPolicy,
}

/// What is known of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Good, as far as it could be found out.
    Good,
    /// Out: all that the person had here has just been ended.
    Over,
    /// Nothing was heard for too long. Nothing ends; but nothing new is given out either.
    Stale,
    /// The same, and nothing will be heard before the person signs in again: what one could ask with is lost.
    Unasked,
}

/// What asking gave.
enum Heard {
    Alive,
    Over(String),
    /// There never was a way to ask longer than this: the session lives by the bridge's own rules.
    Nobody,
    Nothing(String),
}

impl Liveness {
    /// How `account` stands, which was read just now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn of(&self, account: &Account, now: Timestamp) -> Result<Standing, StoreError> {
        if !self.can_ask(account) {
            return Ok(Standing::Good);
        }
        let known = account.heard;
        let revalidate = self.policy.revalidate;
        let asked = known.asked_at.and(known.alive_at);
        if asked.is_some_and(|alive| now.since(alive) < revalidate) {
            return Ok(Standing::Good);
        }
        let id = account.id.clone();
        let take = self.db.write(move |tx| {
            Box::pin(async move { life::take_question(tx, &id, now - revalidate, now).await })
        });
        if !take.await? {
            return self.as_known(account, known, now).await;
        }
        match self.ask(account).await? {
            Heard::Alive | Heard::Nobody => {
                let id = account.id.clone();
                self.db
                    .write(move |tx| Box::pin(async move { life::note_alive(tx, &id, now).await }))
                    .await?;
                Ok(Standing::Good)
            }
            Heard::Over(why) => {
                info!(account.id = %account.id, "the legacy system says that {} is out: {why}", account.id);
                self.end_session.end_everything(&account.id, EndReason::LegacyRefused, now).await?;
                Ok(Standing::Over)
            }
            Heard::Nothing(why) => {
                warn!(account.id = %account.id, "could not find out whether {} is still good: {why}", account.id);
                self.doubt_again(account).await?;
                self.as_known(account, known, now).await
            }
        }
    }

    /// Cause to ask at once is none the less because nothing was heard: who is asked about for that only would not be asked about again.
    async fn doubt_again(&self, account: &Account) -> Result<(), StoreError> {
        if account.heard.asked_at.is_some() || account.heard.alive_at.is_none() {
            return Ok(());
        }
        let id = account.id.clone();
        self.db.write(move |tx| Box::pin(async move { life::doubt(tx, &id).await })).await
    }

    /// What was last heard counts, for a while.
    async fn as_known(
        &self,
        account: &Account,
        known: LastHeard,
        now: Timestamp,
    ) -> Result<Standing, StoreError> {
        match known.alive_at {
            Some(alive) if now.since(alive) >= self.policy.max_stale => {
                Ok(if self.vault.has_lost(account).await? { Standing::Unasked } else { Standing::Stale })
            }
            _ => Ok(Standing::Good),
        }
    }

    /// Whether the configuration says how to ask about `account` at all.
    fn can_ask(&self, account: &Account) -> bool {
        self.vault.connectors.find(&account.connector).is_some_and(Connector::tells_of_life)
    }

    /// Whether it says so of any person.
    pub fn can_ask_of_any(&self) -> bool {
        self.vault.connectors.iter().any(Connector::tells_of_life)
    }

    async fn ask(&self, account: &Account) -> Result<Heard, StoreError> {
        let token = match self.vault.fresh(account).await {
            Ok(token) => token,
            Err(error) => return without_token(error),
        };
        let Some(connector) = self.vault.connectors.find(&account.connector) else {
            return Ok(Heard::Nobody);
        };
        match connector.life(&token, account).await {
            Some(Life::TokenRefused) => self.ask_again(connector, account, &token).await,
            life => Ok(heard(life)),
        }
    }

    /// The access token may have died before its time: a second one tells whether it was the token or the person.
    async fn ask_again(
        &self,
        connector: &Connector,
        account: &Account,
        dead: &Secret,
    ) -> Result<Heard, StoreError> {
        let token = match self.vault.fresh_instead_of(account, dead).await {
            Ok(token) => token,
            Err(error) => return without_token(error),
        };
        match connector.life(&token, account).await {
            Some(Life::TokenRefused) => {
                Ok(Heard::Over("it takes no token of this person any more".to_owned()))
            }
            life => Ok(heard(life)),
        }
    }
}

fn heard(life: Option<Life>) -> Heard {
    match life {
        // Without a probe a token that could be had is all that can be known.
        Some(Life::Alive) | None => Heard::Alive,
        Some(Life::Over) => Heard::Over("the liveness probe says so".to_owned()),
        Some(Life::TokenRefused) => Heard::Nothing("the access token is not taken".to_owned()),
        Some(Life::Unknown(why) | Life::NoAnswer(why)) => Heard::Nothing(why),
    }
}

fn without_token(error: VaultError) -> Result<Heard, StoreError> {
    match error {
        VaultError::Empty | VaultError::RunOut => Ok(Heard::Nobody),
        VaultError::Refused { why } => Ok(Heard::Over(why)),
        VaultError::NeedsSignIn { why } | VaultError::Unavailable { why } => Ok(Heard::Nothing(why)),
        VaultError::Store(error) => Err(error),
    }
}

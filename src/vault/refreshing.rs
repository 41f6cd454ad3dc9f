//! One refresh of one grant: leased, sent once, and its answer durable before the old token is let go. What is not known is not guessed.

use std::time::Duration;

use tracing::{error, info, warn};

use super::custody::Vault;
use super::custody_error::VaultError;
use crate::id::AccountId;
use crate::legacy::connector::Connector;
use crate::legacy::refresh::{Class, RefreshTrouble, Rotation};
use crate::legacy::tokens::{Owner, Refreshed};
use crate::model::account::Account;
use crate::model::legacy_grant::LegacyGrant;
use crate::secret::Secret;
use crate::store::error::StoreError;
use crate::store::legacy_grants::{self, Held};
use crate::store::{accounts, life};

/// Between two looks at a row that another node refreshes.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// What is allowed beyond the calls themselves: the commits.
pub(super) const BEYOND_THE_CALL: Duration = Duration::from_secs(20);
/// The pause after a first failure; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// How often tokens that came are tried to be written: they are the only ones there are.
pub(super) const WRITES: u32 = 5;

/// How long a refresh may take whose calls take up to `timeout` each: the call, a second one where the answer to the first is lost, and a
/// look whose tokens came back.
pub(super) fn longest(timeout: Duration) -> Duration {
    timeout * 3 + BEYOND_THE_CALL
}

/// What became of a try.
enum Tried {
    Token(Secret),
    /// Somebody else changed the row meanwhile: look again.
    Overtaken,
}

impl Vault {
    /// A token that works, by a refresh here or by one on another node that is waited for.
    pub(super) async fn refreshed(&self, account: &Account) -> Result<Secret, VaultError> {
        let connector = self.connector(account)?;
        let patience = tokio::time::Instant::now() + connector.timeout() + BEYOND_THE_CALL;
        loop {
            let now = self.clock.now();
            let grants = legacy_grants::list(&self.db, &account.id).await?;
            if let Some(token) = self.usable(&grants, now) {
                return Ok(token);
            }
            let (grant, rotation) = refreshable(grants, connector)?;
            if grant.retry_at > now {
                return Err(unavailable("the last refresh failed a moment ago"));
            }
            if self.lease(&grant, connector.timeout()).await? {
                match self.try_once(&grant, rotation, account).await? {
                    Tried::Token(token) => return Ok(token),
                    Tried::Overtaken => continue,
                }
            }
            if tokio::time::Instant::now() >= patience {
                return Err(unavailable("another node refreshes, and does not come to an end"));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Whether what there was of `account` is lost, so that only a new sign-in brings more.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_lost(&self, account: &Account) -> Result<bool, StoreError> {
        let Some(connector) = self.connectors.find(&account.connector) else { return Ok(false) };
        let grants = legacy_grants::list(&self.db, &account.id).await?;
        Ok(self.usable(&grants, self.clock.now()).is_none()
            && matches!(refreshable(grants, connector), Err(VaultError::NeedsSignIn { .. })))
    }

    async fn lease(&self, grant: &LegacyGrant, timeout: Duration) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let until = now + longest(timeout);
        let held = self.held(grant);
        self.db
            .write(move |tx| Box::pin(async move { legacy_grants::lease(tx, &held, until, now).await }))
            .await
    }

    fn held(&self, grant: &LegacyGrant) -> Held {
        Held {
            account: grant.account.clone(),
            legacy_client: grant.legacy_client.clone(),
            generation: grant.generation,
            node: self.node.clone(),
        }
    }

    /// `grant` is ours alone until the lease ends. Where somebody died over it before, its token may be spent already.
    async fn try_once(
        &self,
        grant: &LegacyGrant,
        rotation: Rotation,
        account: &Account,
    ) -> Result<Tried, VaultError> {
        let mut doubtful = grant.is_abandoned(self.clock.now());
        let Some(token) = self.refresh_token(grant) else {
            return self.lose(grant, "the refresh token cannot be opened").await;
        };
        if doubtful && !rotation.forgives_a_second_try() {
            return self.lose(grant, "a refresh was broken off, and its answer is lost").await;
        }
        loop {
            let trouble = match self.connector(account)?.refresh(&token, account).await {
                Ok(refreshed) => return self.keep(grant, account, refreshed).await,
                Err(trouble) => trouble,
            };
            match trouble.class {
                Class::Transient => return self.postpone(grant, &trouble).await,
                Class::Fatal if doubtful => {
                    return self.lose(grant, "the answer to a refresh was lost").await;
                }
                Class::Fatal => return self.refused(grant, trouble.why).await,
                // The token stays whatever happened.
                Class::Unknown if rotation == Rotation::None => return self.postpone(grant, &trouble).await,
                Class::Unknown if doubtful || !rotation.forgives_a_second_try() => {
                    return self.lose(grant, &trouble.why).await;
                }
                Class::Unknown => doubtful = true,
            }
        }
    }

    /// Makes the new tokens durable. Tokens of somebody else are never kept, nor those of whom nobody knows whose they are.
    async fn keep(
        &self,
        grant: &LegacyGrant,
        account: &Account,
        refreshed: Refreshed,
    ) -> Result<Tried, VaultError> {
        match self.connector(account)?.owner(&refreshed, account).await {
            Owner::Same => {}
            Owner::Another => {
                error!(account.id = %account.id, "a refresh was answered with the tokens of another person");
                return self.lose(grant, "a refresh was answered with the tokens of another person").await;
            }
            Owner::Out => {
                let why = "it let the token be refreshed, and says that the person is out".to_owned();
                return self.refused(grant, why).await;
            }
            Owner::Unknown => return self.lose(grant, "it is not known whose tokens came back").await,
        }
        let now = self.clock.now();
        let sealed = self.sealed(&account.id, &refreshed.tokens, now);
        let write = || {
            let (held, sealed) = (self.held(grant), sealed.clone());
            self.db.write(move |tx| {
                Box::pin(async move { legacy_grants::refreshed(tx, &held, &sealed, now).await })
            })
        };
        if insisted(&account.id, write).await? {
            info!(account.id = %account.id, "refreshed the legacy tokens of {}", account.id);
            Ok(Tried::Token(refreshed.tokens.access_token))
        } else {
            Ok(Tried::Overtaken)
        }
    }

    async fn postpone(&self, grant: &LegacyGrant, trouble: &RefreshTrouble) -> Result<Tried, VaultError> {
        let pause = trouble.after.unwrap_or_else(|| self.pause(grant.failures)).min(LONGEST_PAUSE);
        let (held, retry_at) = (self.held(grant), self.clock.now() + pause);
        let write = self
            .db
            .write(move |tx| Box::pin(async move { legacy_grants::postpone(tx, &held, retry_at).await }));
        if write.await? { Err(unavailable(&trouble.why)) } else { Ok(Tried::Overtaken) }
    }

    /// Twice as long after each failure, and never the same for all.
    pub(super) fn pause(&self, failures: i64) -> Duration {
        let doubled = FIRST_PAUSE * 2_u32.pow(u32::try_from(failures.clamp(0, 10)).unwrap_or(0));
        let [share] = self.chance.bytes::<1>();
        doubled.min(LONGEST_PAUSE).mul_f64(0.75 + f64::from(share) / 512.0)
    }

    /// The refresh token is given up: the person signs in again when it is next needed. Nothing else ends.
    async fn lose(&self, grant: &LegacyGrant, why: &str) -> Result<Tried, VaultError> {
        let (held, now) = (self.held(grant), self.clock.now());
        let write =
            self.db.write(move |tx| Box::pin(async move { legacy_grants::lose(tx, &held, now).await }));
        if !write.await? {
            return Ok(Tried::Overtaken);
        }
        warn!(account.id = %grant.account, "gave up the legacy refresh token of {}: {why}", grant.account);
        Err(needs_sign_in(why))
    }

    /// The legacy system refuses the person, unless a sign-in came between: then it refused a token that was replaced. Whoever met it, the
    /// question whether they are still good does not wait for its interval any more.
    async fn refused(&self, grant: &LegacyGrant, why: String) -> Result<Tried, VaultError> {
        let now = self.clock.now();
        let write = || {
            let held = self.held(grant);
            self.db.write(move |tx| {
                Box::pin(async move {
                    accounts::hold(tx, &held.account).await?;
                    let stands = legacy_grants::postpone(tx, &held, now).await?;
                    if stands {
                        life::doubt(tx, &held.account).await?;
                    }
                    Ok(stands)
                })
            })
        };
        if insisted(&grant.account, write).await? {
            Err(VaultError::Refused { why })
        } else {
            Ok(Tried::Overtaken)
        }
    }
}

/// Writes down what the legacy system said once and says to nobody again: a database in trouble is tried several times.
async fn insisted<W>(account: &AccountId, write: impl Fn() -> W) -> Result<bool, StoreError>
where
    W: Future<Output = Result<bool, StoreError>>,
{
    let mut written = write().await;
    for again in 1..WRITES {
        let Err(trouble) = &written else { break };
        warn!(account.id = %account, "what a refresh brought could not be written: {trouble}");
        tokio::time::sleep(LOOK_AGAIN * 2_u32.pow(again)).await;
        written = write().await;
    }
    written
}

pub(super) fn unavailable(why: &str) -> VaultError {
    VaultError::Unavailable { why: why.to_owned() }
}

/// The grant that can be refreshed, and how. A refresh token is good for the client that it was given to (RFC 6749 §6): with one of a
/// client that the configuration has no more the person would only look refused. What such a client left tells something only while ours
/// was given nothing: no sign-in removes it.
fn refreshable(
    grants: Vec<LegacyGrant>,
    connector: &Connector,
) -> Result<(LegacyGrant, Rotation), VaultError> {
    let empty = grants.is_empty();
    let (ours, others): (Vec<_>, Vec<_>) =
        grants.into_iter().partition(|grant| grant.legacy_client == connector.legacy_client());
    let telling = if ours.is_empty() { &others } else { &ours };
    let spoilt = telling.iter().any(|grant| grant.is_given_up() || grant.refresh.is_some());
    let grant = ours.into_iter().find(|grant| grant.refresh.is_some());
    match grant.zip(connector.rotation()) {
        Some(found) => Ok(found),
        None if empty => Err(VaultError::Empty),
        None if spoilt && connector.rotation().is_some() => {
            Err(needs_sign_in("the refresh token is lost, or another client's"))
        }
        None => Err(VaultError::RunOut),
    }
}

pub(super) fn needs_sign_in(why: &str) -> VaultError {
    VaultError::NeedsSignIn { why: why.to_owned() }
}

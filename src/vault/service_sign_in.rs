//! One sign-in of one service account: leased, sent once, and its outcome durable, whatever it is.

use std::time::Duration;

use tracing::{error, info, warn};

use super::custody_error::VaultError;
use super::refreshing::{BEYOND_THE_CALL, LOOK_AGAIN, WRITES, needs_sign_in, unavailable};
use super::service_accounts::{ServiceAccounts, remedy};
use super::service_passwords::Standing;
use crate::id::{AccountId, ServiceAccountName};
use crate::legacy::identity::Identity;
use crate::legacy::refusal::Refusal;
use crate::legacy::tokens::Arrival;
use crate::model::account::{Account, LastHeard};
use crate::model::service_account::{KeptServiceAccount, Refused, ServiceAccount};
use crate::secret::Secret;
use crate::store::error::StoreError;
use crate::store::service_accounts::{self, Held};
use crate::store::{accounts, legacy_grants};
use crate::time::Timestamp;

/// A system that wants more patience than this is asked once a day.
const LONGEST_WAIT: Duration = Duration::from_hours(24);
/// How often two who remember the same person at once are sorted out.
const TRIES: u32 = 3;

impl ServiceAccounts {
    /// A token by a sign-in here, or by one on another node that is waited for.
    pub(super) async fn signed_in(&self, account: &ServiceAccount) -> Result<Secret, VaultError> {
        let patience = tokio::time::Instant::now() + self.connector(account)?.timeout() + BEYOND_THE_CALL;
        loop {
            let now = self.vault.clock.now();
            let kept = self.kept(&account.name, now).await?;
            if let Some(token) = self.at_hand(account, Some(&kept)).await? {
                return Ok(token);
            }
            let password = match self.passwords.standing(account, Some(&kept)) {
                Standing::Ready(password) => password,
                Standing::NoPassword => return Err(needs_sign_in("the service account has no password yet")),
                Standing::OtherUserName => {
                    return Err(needs_sign_in("the password that is kept was set for another user name"));
                }
                Standing::Refused { why, .. } => return Err(VaultError::Refused { why }),
            };
            if !kept.is_leased(now) {
                if kept.retry_at > now {
                    return Err(unavailable("the last sign-in of the service account failed a moment ago"));
                }
                if let Some(held) = self.lease(&kept, self.connector(account)?.timeout(), now).await?
                    && let Some(token) = self.try_once(account, &password, &held, kept.failures).await?
                {
                    return Ok(token);
                }
            }
            if tokio::time::Instant::now() >= patience {
                return Err(unavailable("another node signs the account in, and does not come to an end"));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn kept(
        &self,
        name: &ServiceAccountName,
        now: Timestamp,
    ) -> Result<KeptServiceAccount, VaultError> {
        if let Some(kept) = service_accounts::find(&self.vault.db, name).await? {
            return Ok(kept);
        }
        let row = name.clone();
        let begin = self
            .vault
            .db
            .write(move |tx| Box::pin(async move { service_accounts::begin(tx, &row, now).await }));
        begin.await?;
        service_accounts::find(&self.vault.db, name).await?.ok_or(VaultError::Empty)
    }

    async fn lease(
        &self,
        kept: &KeptServiceAccount,
        timeout: Duration,
        now: Timestamp,
    ) -> Result<Option<Held>, StoreError> {
        let held =
            Held { name: kept.name.clone(), generation: kept.generation, node: self.vault.node.clone() };
        let until = now + timeout + BEYOND_THE_CALL;
        let (row, retry_at) = (held.clone(), until + self.vault.pause(kept.failures));
        let write = self.vault.db.write(move |tx| {
            Box::pin(async move { service_accounts::lease(tx, &row, until, retry_at, now).await })
        });
        Ok(write.await?.then_some(held))
    }

    /// Sends the password, once. `None` when somebody changed it meanwhile.
    async fn try_once(
        &self,
        account: &ServiceAccount,
        password: &Secret,
        held: &Held,
        failures: i64,
    ) -> Result<Option<Secret>, VaultError> {
        match self.connector(account)?.sign_in(&account.user_name, password).await {
            Ok(arrival) => self.keep(account, held, arrival).await,
            Err(refusal) if is_no_word_on_the_password(&refusal) => {
                let pause = match &refusal {
                    // Whoever counts tries is believed.
                    Refusal::RateLimited { after: Some(after) } => (*after).min(LONGEST_WAIT),
                    _ => self.vault.pause(failures),
                };
                self.postpone(held, pause, refusal).await
            }
            Err(refusal) => self.refuse(account, password, held, refusal).await,
        }
    }

    /// Makes the tokens durable, together with whose they are.
    async fn keep(
        &self,
        account: &ServiceAccount,
        held: &Held,
        arrival: Arrival,
    ) -> Result<Option<Secret>, VaultError> {
        let now = self.vault.clock.now();
        let Arrival { identity, tokens: Some(tokens) } = arrival else {
            return Err(unavailable("the legacy system gives no token to this service account"));
        };
        let Identity { connector, legacy_id, user_name, claims } = identity;
        let known = accounts::find_by_legacy_id(&self.vault.db, &connector, &legacy_id).await?;
        let mut person = Account {
            id: known.as_ref().map_or_else(|| AccountId::mint(&self.vault.chance), |known| known.id.clone()),
            connector,
            legacy_id,
            user_name,
            claims,
            created_at: known.map_or(now, |known| known.created_at),
            updated_at: now,
            heard: LastHeard::shown_at(now),
        };
        for _ in 0..TRIES {
            let sealed = self.vault.sealed(&person.id, &tokens, now);
            let (legacy_client, user_name) = (tokens.legacy_client.clone(), account.user_name.clone());
            let (held, remembered) = (held.clone(), person.clone());
            let write = self.vault.db.write(move |tx| {
                Box::pin(async move {
                    let stands = accounts::remember(tx, &remembered).await?;
                    if stands.id != remembered.id {
                        return Ok(Err(stands));
                    }
                    if !service_accounts::signed_in(tx, &held, &stands.id, &user_name, now).await? {
                        return Ok(Ok(false));
                    }
                    legacy_grants::put(tx, &stands.id, &legacy_client, &sealed, now).await?;
                    Ok(Ok(true))
                })
            });
            match write.await? {
                Ok(true) => {
                    let name = &account.name;
                    info!(service_account = %name, "signed in service account {name}");
                    return Ok(Some(tokens.access_token));
                }
                Ok(false) => return Ok(None),
                // The person signed in here for the first time in this moment.
                Err(stands) => person.id = stands.id,
            }
        }
        Err(unavailable("somebody else signs the account in again and again"))
    }

    async fn postpone(
        &self,
        held: &Held,
        pause: Duration,
        refusal: Refusal,
    ) -> Result<Option<Secret>, VaultError> {
        let (row, retry_at) = (held.clone(), self.vault.clock.now() + pause);
        let write = self
            .vault
            .db
            .write(move |tx| Box::pin(async move { service_accounts::postpone(tx, &row, retry_at).await }));
        if !write.await? {
            return Ok(None);
        }
        let name = &held.name;
        warn!(service_account = %name, "service account {name} could not sign in, which is tried again: {refusal}");
        Err(unavailable(&refusal.to_string()))
    }

    async fn refuse(
        &self,
        account: &ServiceAccount,
        password: &Secret,
        held: &Held,
        refusal: Refusal,
    ) -> Result<Option<Secret>, VaultError> {
        let why = refusal.to_string();
        let refused = self.passwords.refusal(account, password, why.clone(), self.vault.clock.now());
        if !self.remember(held, &refused).await? {
            return Ok(None);
        }
        let name = &held.name;
        error!(
            service_account = %name,
            "the legacy system refused the password of service account {name} ({why}); it is not tried again: {}",
            remedy(account)
        );
        Err(VaultError::Refused { why })
    }

    /// Again and again: a refusal that is not kept would be asked for a second time.
    async fn remember(&self, held: &Held, refused: &Refused) -> Result<bool, StoreError> {
        let mut written = Ok(false);
        for again in 0..WRITES {
            let (row, refused) = (held.clone(), refused.clone());
            let write = self
                .vault
                .db
                .write(move |tx| Box::pin(async move { service_accounts::refuse(tx, &row, &refused).await }));
            written = write.await;
            match &written {
                Ok(_) => break,
                Err(trouble) => {
                    warn!(service_account = %held.name, "a refusal could not be kept: {trouble}");
                    tokio::time::sleep(LOOK_AGAIN * 2_u32.pow(again)).await;
                }
            }
        }
        written
    }
}

/// Whether the legacy system did not judge the password. Whatever else it says, it may be counting.
fn is_no_word_on_the_password(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::RateLimited { .. }
            | Refusal::Maintenance
            | Refusal::Unavailable { .. }
            | Refusal::Misconfigured { .. }
            | Refusal::TokenRefused { .. }
            | Refusal::NoImmutableId { .. }
    )
}

//! The vault: what sign-ins bring is put in, and a legacy access token that works is given out.

use std::time::Duration;

use tracing::{Instrument as _, Span};

use super::custody_error::VaultError;
use super::sealing::{self, Kind};
use super::turns::Turns;
use crate::id::{AccountId, NodeId};
use crate::keys::seal::Sealer;
use crate::legacy::connector::Connector;
use crate::legacy::tokens::LegacyTokens;
use crate::model::account::Account;
use crate::model::legacy_grant::LegacyGrant;
use crate::secret::{Chance, Secret};
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::legacy_grants::{self, SealedTokens};
use crate::time::{Clock, Timestamp};

/// A token is not given out in its last moments: it has to arrive yet.
const MARGIN: Duration = Duration::from_secs(15);
/// How long a token is used whose lifetime was not told.
const UNTOLD_LIFETIME: Duration = Duration::from_mins(5);

/// The vault. Clones share it.
#[derive(Clone)]
pub struct Vault {
    /// Where the sealed tokens are.
    pub db: Db,
    /// Seals them.
    pub sealer: Sealer,
    /// For seals and pauses.
    pub chance: Chance,
    /// Refreshes them.
    pub connector: Connector,
    /// Tells the time, also while a refresh waits.
    pub clock: Clock,
    /// Which process this is.
    pub node: NodeId,
    turns: Turns<AccountId>,
}

impl Vault {
    /// The vault over these parts.
    pub fn new(db: Db, sealer: Sealer, connector: Connector, clock: Clock, chance: Chance) -> Self {
        let node = NodeId::mint(&chance);
        Self { db, sealer, chance, connector, clock, node, turns: Turns::default() }
    }

    /// Tokens as they are kept for `account`; the caller's commit puts them in with `legacy_grants::put`.
    pub fn sealed(&self, account: &AccountId, tokens: &LegacyTokens, now: Timestamp) -> SealedTokens {
        let seal = |kind, token| {
            sealing::seal(&self.sealer, (account, &tokens.legacy_client, kind), token, &self.chance)
        };
        SealedTokens {
            access: seal(Kind::Access, &tokens.access_token),
            refresh: tokens.refresh_token.as_ref().map(|token| seal(Kind::Refresh, token)),
            usable_until: now + tokens.lifetime.unwrap_or(UNTOLD_LIFETIME),
        }
    }

    /// A legacy access token of `account` that works, refreshed if need be: at most one refresh at a time, on whatever node. It is brought
    /// to its end and kept also when the caller goes away meanwhile.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn fresh(&self, account: &Account) -> Result<Secret, VaultError> {
        let grants = legacy_grants::list(&self.db, &account.id).await?;
        if let Some(token) = self.usable(&grants, self.clock.now()) {
            return Ok(token);
        }
        let (vault, account) = (self.clone(), account.clone());
        let refreshing = async move {
            let turn = vault.turns.take(&account.id).await;
            let token = vault.refreshed(&account).await;
            drop(turn);
            token
        };
        let broken = |_| VaultError::Unavailable { why: "the refresh was broken off".to_owned() };
        tokio::spawn(refreshing.instrument(Span::current())).await.map_err(broken)?
    }

    /// The same, after the legacy system refused `dead` before its time.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn fresh_instead_of(&self, account: &Account, dead: &Secret) -> Result<Secret, VaultError> {
        for grant in legacy_grants::list(&self.db, &account.id).await? {
            if self.access(&grant).is_some_and(|token| token == *dead) {
                let write = self
                    .db
                    .write(move |tx| Box::pin(async move { legacy_grants::expire_access(tx, &grant).await }));
                write.await?;
            }
        }
        self.fresh(account).await
    }

    /// A token that can be used as it is, for a last call; nothing is refreshed for it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn at_hand(&self, account: &AccountId) -> Result<Option<Secret>, StoreError> {
        let grants = legacy_grants::list(&self.db, account).await?;
        Ok(self.usable(&grants, self.clock.now()))
    }

    pub(super) fn usable(&self, grants: &[LegacyGrant], now: Timestamp) -> Option<Secret> {
        let mut good = grants.iter().filter(|grant| grant.usable_until > now + MARGIN);
        good.find_map(|grant| self.access(grant))
    }

    fn access(&self, grant: &LegacyGrant) -> Option<Secret> {
        sealing::open(&self.sealer, (&grant.account, &grant.legacy_client, Kind::Access), &grant.access)
    }

    pub(super) fn refresh_token(&self, grant: &LegacyGrant) -> Option<Secret> {
        let place = (&grant.account, grant.legacy_client.as_str(), Kind::Refresh);
        sealing::open(&self.sealer, place, grant.refresh.as_deref()?)
    }
}

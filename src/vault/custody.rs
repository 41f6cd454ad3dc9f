//! The vault: what sign-ins bring is put in, and a legacy access token that works is given out.

use std::time::Duration;

use tokio::runtime::Handle;

use super::custody_error::VaultError;
use super::refreshing::longest;
use super::sealing::{self, Kind};
use super::turns::Turns;
use crate::id::{AccountId, NodeId};
use crate::keys::seal::Sealer;
use crate::legacy::connector::Connector;
use crate::legacy::connectors::Connectors;
use crate::legacy::tokens::LegacyTokens;
use crate::model::account::Account;
use crate::model::legacy_grant::LegacyGrant;
use crate::secret::{Chance, Secret};
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::legacy_grants::{self, SealedTokens};
use crate::time::{Clock, Timestamp};
use crate::vault::errands::Errands;

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
    /// Refresh them.
    pub connectors: Connectors,
    /// Tells the time, also while a refresh waits.
    pub clock: Clock,
    /// Which process this is.
    pub node: NodeId,
    turns: Turns<AccountId>,
    /// What is under way at the old systems.
    pub errands: Errands,
}

/// Tokens for a last call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtHand {
    /// For the API.
    pub access: Secret,
    /// For new ones.
    pub refresh: Option<Secret>,
}

impl Vault {
    /// The vault over these parts, within the runtime that lives as long as the process.
    pub fn new(db: Db, sealer: Sealer, connectors: Connectors, clock: Clock, chance: Chance) -> Self {
        let node = NodeId::mint(&chance);
        let (turns, errands) = (Turns::default(), Errands::of(Handle::current()));
        Self { db, sealer, chance, connectors, clock, node, turns, errands }
    }

    /// Waits until nothing is under way at the old systems any more, as long as the longest may take, which is a refresh: a process that
    /// stops in the middle of one loses the refresh token that comes back.
    pub async fn comes_to_rest(&self) {
        let timeout = self.connectors.iter().map(Connector::timeout).max().unwrap_or_default();
        self.errands.come_to_rest(longest(timeout)).await;
    }

    /// The old system that `account` comes from.
    ///
    /// # Errors
    /// When the configuration has it no more.
    pub(super) fn connector(&self, account: &Account) -> Result<&Connector, VaultError> {
        self.connectors.find(&account.connector).ok_or(VaultError::Empty)
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
        self.errands.begin(refreshing).await.map_err(broken)?
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

    /// Tokens that can be used as they are, for a last call; nothing is refreshed for it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn at_hand(&self, account: &AccountId) -> Result<Option<AtHand>, StoreError> {
        let grants = legacy_grants::list(&self.db, account).await?;
        let now = self.clock.now();
        let mut good = grants.iter().filter(|grant| grant.usable_until > now + MARGIN);
        Ok(good.find_map(|grant| {
            Some(AtHand { access: self.access(grant)?, refresh: self.refresh_token(grant) })
        }))
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

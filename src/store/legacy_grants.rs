//! Legacy grants: the sealed tokens of the vault. Every change is conditional on the generation that it was made from, so that a
//! refresh never undoes a sign-in that came between, and of two nodes one refreshes.

use crate::id::{AccountId, NodeId};
use crate::model::legacy_grant::{Lease, LegacyGrant};
use crate::store::db::{Db, Row, Sql, Tx, args};
use crate::store::error::StoreError;
use crate::time::Timestamp;

const LIST: Sql = Sql::new(
    "list legacy grants",
    "SELECT account, legacy_client, generation, access, refresh, usable_until, lease, leased_until, failures, \
         retry_at, updated_at \
     FROM legacy_grants WHERE account = $1 ORDER BY legacy_client",
);

/// A sign-in that brought no refresh token leaves the one that is there.
const PUT: Sql = Sql::new(
    "put legacy grant",
    "INSERT INTO legacy_grants (account, legacy_client, generation, access, refresh, usable_until, failures, \
         retry_at, updated_at) \
     VALUES ($1, $2, 0, $3, $4, $5, 0, 0, $6) \
     ON CONFLICT (account, legacy_client) DO UPDATE SET generation = legacy_grants.generation + 1, \
         access = excluded.access, refresh = COALESCE(excluded.refresh, legacy_grants.refresh), \
         usable_until = excluded.usable_until, lease = NULL, leased_until = NULL, failures = 0, retry_at = 0, \
         updated_at = excluded.updated_at",
);

const LEASE: Sql = Sql::new(
    "lease legacy grant",
    "UPDATE legacy_grants SET lease = $4, leased_until = $5 \
     WHERE account = $1 AND legacy_client = $2 AND generation = $3 AND (leased_until IS NULL OR leased_until <= $6)",
);

const REFRESHED: Sql = Sql::new(
    "refresh legacy grant",
    "UPDATE legacy_grants SET generation = generation + 1, access = $5, refresh = COALESCE($6, refresh), \
         usable_until = $7, lease = NULL, leased_until = NULL, failures = 0, retry_at = 0, updated_at = $8 \
     WHERE account = $1 AND legacy_client = $2 AND generation = $3 AND lease = $4",
);

const POSTPONE: Sql = Sql::new(
    "postpone legacy refresh",
    "UPDATE legacy_grants SET lease = NULL, leased_until = NULL, failures = failures + 1, retry_at = $5 \
     WHERE account = $1 AND legacy_client = $2 AND generation = $3 AND lease = $4",
);

const LOSE: Sql = Sql::new(
    "lose legacy refresh token",
    "UPDATE legacy_grants SET generation = generation + 1, refresh = NULL, usable_until = 0, lease = NULL, \
         leased_until = NULL, updated_at = $5 \
     WHERE account = $1 AND legacy_client = $2 AND generation = $3 AND lease = $4",
);

const EXPIRE_ACCESS: Sql = Sql::new(
    "expire legacy access token",
    "UPDATE legacy_grants SET usable_until = 0 WHERE account = $1 AND legacy_client = $2 AND generation = $3",
);

const BURN: Sql = Sql::new("burn legacy grants", "DELETE FROM legacy_grants WHERE account = $1");

const BURN_UNUSED: Sql = Sql::new(
    "burn unused legacy grants",
    "DELETE FROM legacy_grants WHERE account = $1 AND NOT EXISTS \
         (SELECT 1 FROM login_sessions WHERE account = $1 AND ended_at IS NULL AND expires_at > $2)",
);

/// What a change of a grant is made from.
#[derive(Clone, Debug)]
pub struct Held {
    /// Whose grant.
    pub account: AccountId,
    /// Of which legacy client.
    pub legacy_client: String,
    /// As it was read.
    pub generation: i64,
    /// Who holds the lease.
    pub node: NodeId,
}

/// Tokens as they are kept.
#[derive(Clone)]
pub struct SealedTokens {
    /// The access token.
    pub access: Vec<u8>,
    /// The refresh token, when a new one came.
    pub refresh: Option<Vec<u8>>,
    /// Until when the access token can be used.
    pub usable_until: Timestamp,
}

/// A person's grants, of every legacy client.
pub async fn list(db: &Db, account: &AccountId) -> Result<Vec<LegacyGrant>, StoreError> {
    db.fetch_all(&LIST, args![account]).await?.into_iter().map(read).collect()
}

/// Keeps what a sign-in brought. A refresh that is under way comes too late then.
pub async fn put(
    tx: &mut Tx,
    account: &AccountId,
    legacy_client: &str,
    tokens: &SealedTokens,
    now: Timestamp,
) -> Result<(), StoreError> {
    let SealedTokens { access, refresh, usable_until } = tokens;
    let args = args![account, legacy_client, access.as_slice(), refresh.as_deref(), *usable_until, now];
    tx.execute(&PUT, args).await.map(drop)
}

/// Begins a refresh. True for the one who may; until `until` nobody else begins one.
pub async fn lease(tx: &mut Tx, held: &Held, until: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
    let args = args![&held.account, &held.legacy_client, held.generation, &held.node, until, now];
    Ok(tx.execute(&LEASE, args).await? == 1)
}

/// A refresh succeeded. False when a sign-in came between: its tokens stay.
pub async fn refreshed(
    tx: &mut Tx,
    held: &Held,
    tokens: &SealedTokens,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let SealedTokens { access, refresh, usable_until } = tokens;
    let (access, refresh) = (access.as_slice(), refresh.as_deref());
    let args = args![
        &held.account,
        &held.legacy_client,
        held.generation,
        &held.node,
        access,
        refresh,
        *usable_until,
        now
    ];
    Ok(tx.execute(&REFRESHED, args).await? == 1)
}

/// A refresh met a system that does not work, or that refuses: the token stays, and may be tried again from `retry_at` on.
pub async fn postpone(tx: &mut Tx, held: &Held, retry_at: Timestamp) -> Result<bool, StoreError> {
    let args = args![&held.account, &held.legacy_client, held.generation, &held.node, retry_at];
    Ok(tx.execute(&POSTPONE, args).await? == 1)
}

/// Nobody knows what became of the refresh token, so it is not tried again.
pub async fn lose(tx: &mut Tx, held: &Held, now: Timestamp) -> Result<bool, StoreError> {
    let args = args![&held.account, &held.legacy_client, held.generation, &held.node, now];
    Ok(tx.execute(&LOSE, args).await? == 1)
}

/// The access token turned out to be dead before its time.
pub async fn expire_access(tx: &mut Tx, grant: &LegacyGrant) -> Result<bool, StoreError> {
    let args = args![&grant.account, &grant.legacy_client, grant.generation];
    Ok(tx.execute(&EXPIRE_ACCESS, args).await? == 1)
}

/// Forgets everything that is kept of a person.
pub async fn burn(tx: &mut Tx, account: &AccountId) -> Result<u64, StoreError> {
    tx.execute(&BURN, args![account]).await
}

/// The same, unless the person has a session that lives: the part of the end of a session that concerns the vault.
pub async fn burn_unused(tx: &mut Tx, account: &AccountId, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute(&BURN_UNUSED, args![account, now]).await
}

fn read(row: Row) -> Result<LegacyGrant, StoreError> {
    let lease = match (row.maybe_text("lease")?, row.maybe_time("leased_until")?) {
        (Some(node), Some(until)) => Some(Lease { node: node.into(), until }),
        _ => None,
    };
    Ok(LegacyGrant {
        account: row.text("account")?.into(),
        legacy_client: row.text("legacy_client")?,
        generation: row.int("generation")?,
        access: row.bytes("access")?,
        refresh: row.maybe_bytes("refresh")?,
        usable_until: row.time("usable_until")?,
        lease,
        failures: row.int("failures")?,
        retry_at: row.time("retry_at")?,
        updated_at: row.time("updated_at")?,
    })
}

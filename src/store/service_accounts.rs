//! What is kept of service accounts. Whoever signs one in holds the row's lease; what comes of it counts only when no operator changed
//! the password meanwhile, which the generation tells.

use crate::id::{AccountId, NodeId, ServiceAccountName};
use crate::model::legacy_grant::Lease;
use crate::model::service_account::{KeptServiceAccount, Refused, SignedIn};
use crate::store::db::{Db, Row, Sql, Tx, args};
use crate::store::error::StoreError;
use crate::time::Timestamp;

const FIND: Sql = Sql::new(
    "find service account",
    "SELECT name, password, generation, account, user_name, signed_in_at, lease, leased_until, failures, retry_at, \
         refused, refused_why, refused_at, updated_at \
     FROM service_accounts WHERE name = $1",
);

const LIST: Sql = Sql::new(
    "list service accounts",
    "SELECT name, password, generation, account, user_name, signed_in_at, lease, leased_until, failures, retry_at, \
         refused, refused_why, refused_at, updated_at \
     FROM service_accounts ORDER BY name",
);

const BEGIN: Sql = Sql::new(
    "begin service account",
    "INSERT INTO service_accounts (name, generation, failures, retry_at, updated_at) VALUES ($1, 0, 0, 0, $2) \
     ON CONFLICT (name) DO NOTHING",
);

const SET_PASSWORD: Sql = Sql::new(
    "set password of service account",
    "INSERT INTO service_accounts (name, password, generation, failures, retry_at, updated_at) \
     VALUES ($1, $2, 0, 0, 0, $3) \
     ON CONFLICT (name) DO UPDATE SET password = excluded.password, \
         generation = service_accounts.generation + 1, lease = NULL, leased_until = NULL, failures = 0, retry_at = 0, \
         refused = NULL, refused_why = NULL, refused_at = NULL, updated_at = excluded.updated_at",
);

const FORGIVE: Sql = Sql::new(
    "forgive service account",
    "UPDATE service_accounts SET generation = generation + 1, lease = NULL, leased_until = NULL, failures = 0, \
         retry_at = 0, refused = NULL, refused_why = NULL, refused_at = NULL, updated_at = $2 \
     WHERE name = $1",
);

const REMOVE: Sql = Sql::new("remove service account", "DELETE FROM service_accounts WHERE name = $1");

/// A sign-in is counted as failed until it has succeeded, so that a process that dies over each does not try the password again and
/// again.
const LEASE: Sql = Sql::new(
    "lease service account",
    "UPDATE service_accounts SET lease = $3, leased_until = $4, failures = failures + 1, retry_at = $5 \
     WHERE name = $1 AND generation = $2 AND retry_at <= $6 AND (leased_until IS NULL OR leased_until <= $6)",
);

const SIGNED_IN: Sql = Sql::new(
    "sign in service account",
    "UPDATE service_accounts SET account = $4, user_name = $5, signed_in_at = $6, lease = NULL, leased_until = NULL, \
         failures = 0, retry_at = 0, refused = NULL, refused_why = NULL, refused_at = NULL \
     WHERE name = $1 AND generation = $2 AND lease = $3",
);

const POSTPONE: Sql = Sql::new(
    "postpone service account",
    "UPDATE service_accounts SET lease = NULL, leased_until = NULL, retry_at = $4 \
     WHERE name = $1 AND generation = $2 AND lease = $3",
);

const REFUSE: Sql = Sql::new(
    "note refused password of service account",
    "UPDATE service_accounts SET lease = NULL, leased_until = NULL, failures = 0, retry_at = 0, refused = $4, \
         refused_why = $5, refused_at = $6 \
     WHERE name = $1 AND generation = $2 AND lease = $3",
);

/// What the outcome of a sign-in is written from.
#[derive(Clone, Debug)]
pub struct Held {
    /// Which account.
    pub name: ServiceAccountName,
    /// As it was read.
    pub generation: i64,
    /// Who holds the lease.
    pub node: NodeId,
}

/// What is kept of the account of this name.
pub async fn find(db: &Db, name: &ServiceAccountName) -> Result<Option<KeptServiceAccount>, StoreError> {
    db.fetch_optional(&FIND, args![name]).await?.map(read).transpose()
}

/// What is kept of all of them, in the order of their names.
pub async fn list(db: &Db) -> Result<Vec<KeptServiceAccount>, StoreError> {
    db.fetch_all(&LIST, args![]).await?.into_iter().map(read).collect()
}

/// Makes sure that there is a row to lease.
pub async fn begin(tx: &mut Tx, name: &ServiceAccountName, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(&BEGIN, args![name, now]).await.map(drop)
}

/// Keeps another password. A sign-in that is under way counts no more, and a refusal is forgotten.
pub async fn set_password(
    tx: &mut Tx,
    name: &ServiceAccountName,
    sealed: &[u8],
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(&SET_PASSWORD, args![name, sealed, now]).await.map(drop)
}

/// Forgets a refusal: the same password may be tried again. False when nothing is kept of the account.
pub async fn forgive(tx: &mut Tx, name: &ServiceAccountName, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(&FORGIVE, args![name, now]).await? == 1)
}

/// Forgets the account. False when nothing was kept of it.
pub async fn remove(tx: &mut Tx, name: &ServiceAccountName) -> Result<bool, StoreError> {
    Ok(tx.execute(&REMOVE, args![name]).await? == 1)
}

/// Begins a sign-in that has until `until`; should it not come to an end, none begins before `retry_at`. True for the one who may.
pub async fn lease(
    tx: &mut Tx,
    held: &Held,
    until: Timestamp,
    retry_at: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let args = args![&held.name, held.generation, &held.node, until, retry_at, now];
    Ok(tx.execute(&LEASE, args).await? == 1)
}

/// The account signed in. False when its password was changed meanwhile.
pub async fn signed_in(
    tx: &mut Tx,
    held: &Held,
    account: &AccountId,
    user_name: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let args = args![&held.name, held.generation, &held.node, account, user_name, now];
    Ok(tx.execute(&SIGNED_IN, args).await? == 1)
}

/// The legacy system does not work: the password is tried again at `retry_at`. False when it was changed meanwhile.
pub async fn postpone(tx: &mut Tx, held: &Held, retry_at: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(&POSTPONE, args![&held.name, held.generation, &held.node, retry_at]).await? == 1)
}

/// The legacy system refused the password. False when it was changed meanwhile.
pub async fn refuse(tx: &mut Tx, held: &Held, refused: &Refused) -> Result<bool, StoreError> {
    let Refused { password, why, at } = refused;
    let args = args![&held.name, held.generation, &held.node, password.as_slice(), why, *at];
    Ok(tx.execute(&REFUSE, args).await? == 1)
}

fn read(row: Row) -> Result<KeptServiceAccount, StoreError> {
    let account =
        row.maybe_text("account")?.zip(row.maybe_text("user_name")?).zip(row.maybe_time("signed_in_at")?);
    let lease = row.maybe_text("lease")?.zip(row.maybe_time("leased_until")?);
    let refused =
        row.maybe_bytes("refused")?.zip(row.maybe_text("refused_why")?).zip(row.maybe_time("refused_at")?);
    Ok(KeptServiceAccount {
        name: row.text("name")?.into(),
        password: row.maybe_bytes("password")?,
        generation: row.int("generation")?,
        signed_in: account.map(|((account, user_name), at)| SignedIn {
            account: account.into(),
            user_name,
            at,
        }),
        lease: lease.map(|(node, until)| Lease { node: node.into(), until }),
        failures: row.int("failures")?,
        retry_at: row.time("retry_at")?,
        refused: refused.map(|((password, why), at)| Refused { password, why, at }),
        updated_at: row.time("updated_at")?,
    })
}

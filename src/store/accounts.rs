//! Accounts: whom a legacy system knows, under the subject that was minted for them once.

use crate::id::{AccountId, ConnectorId, LegacyId};
use crate::model::account::{Account, LastHeard};
use crate::store::db::{Arg, Db, Row, Sql, Tx, args};
use crate::store::error::StoreError;

const FIND: Sql = Sql::new(
    "find account",
    "SELECT id, connector, legacy_id, user_name, claims, created_at, updated_at, alive_at, asked_at FROM accounts WHERE id = $1",
);

const FIND_BY_LEGACY_ID: Sql = Sql::new(
    "find account by legacy id",
    "SELECT id, connector, legacy_id, user_name, claims, created_at, updated_at, alive_at, asked_at FROM accounts \
     WHERE connector = $1 AND legacy_id = $2",
);

const LIST_BY_USER_NAME: Sql = Sql::new(
    "list accounts by user name",
    "SELECT id, connector, legacy_id, user_name, claims, created_at, updated_at, alive_at, asked_at FROM accounts \
     WHERE LOWER(user_name) = LOWER($1) ORDER BY id",
);

const REMEMBER: Sql = Sql::new(
    "remember account",
    "INSERT INTO accounts (id, connector, legacy_id, user_name, claims, created_at, updated_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) \
     ON CONFLICT (connector, legacy_id) DO UPDATE SET \
         updated_at = CASE WHEN accounts.user_name = excluded.user_name AND accounts.claims = excluded.claims \
                           THEN accounts.updated_at ELSE excluded.updated_at END, \
         user_name = excluded.user_name, claims = excluded.claims \
     RETURNING id, connector, legacy_id, user_name, claims, created_at, updated_at, alive_at, asked_at",
);

const HOLD: Sql = Sql::new("hold account", "UPDATE accounts SET asked_at = asked_at WHERE id = $1");

/// The account with this subject.
pub async fn find(db: &Db, id: &AccountId) -> Result<Option<Account>, StoreError> {
    db.fetch_optional(&FIND, args![id]).await?.map(read).transpose()
}

/// The account of the person whom `connector` calls `legacy_id`.
pub async fn find_by_legacy_id(
    db: &Db,
    connector: &ConnectorId,
    legacy_id: &LegacyId,
) -> Result<Option<Account>, StoreError> {
    db.fetch_optional(&FIND_BY_LEGACY_ID, args![connector, legacy_id]).await?.map(read).transpose()
}

/// Everybody who signs in with this name today, in whatever case; of several legacy systems there may be several.
pub async fn list_by_user_name(db: &Db, user_name: &str) -> Result<Vec<Account>, StoreError> {
    db.fetch_all(&LIST_BY_USER_NAME, args![user_name]).await?.into_iter().map(read).collect()
}

/// Remembers what the legacy system said of a person, and answers with the account that stands: the subject that was
/// minted first wins, also against a sign-in at the same moment elsewhere.
pub async fn remember(tx: &mut Tx, account: &Account) -> Result<Account, StoreError> {
    let claims = Arg::json("claims", &account.claims)?;
    let args = args![
        &account.id,
        &account.connector,
        &account.legacy_id,
        &account.user_name,
        claims,
        account.created_at,
        account.updated_at,
    ];
    let row = tx.fetch_optional(&REMEMBER, args).await?;
    // An upsert always returns its row.
    read(row.ok_or(StoreError::Corrupt { during: "remember account", column: "id" })?)
}

/// Holds the account until the transaction ends, for whoever changes what hangs on it and has no other change of the account itself to
/// make first. Sign-ins and ends of sessions lock an account before its sessions and grants; who locks them the other way round stands in
/// a ring with them. An update that changes nothing, since it takes the row's lock on both databases.
pub async fn hold(tx: &mut Tx, id: &AccountId) -> Result<(), StoreError> {
    tx.execute(&HOLD, args![id]).await.map(drop)
}

fn read(row: Row) -> Result<Account, StoreError> {
    Ok(Account {
        id: row.text("id")?.into(),
        connector: row.text("connector")?.into(),
        legacy_id: row.text("legacy_id")?.into(),
        user_name: row.text("user_name")?,
        claims: row.json("claims")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        heard: LastHeard { alive_at: row.maybe_time("alive_at")?, asked_at: row.maybe_time("asked_at")? },
    })
}

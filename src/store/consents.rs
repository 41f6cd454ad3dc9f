//! Consents: one row for each person and client, which only grows until it is withdrawn.

use crate::id::{AccountId, ClientId};
use crate::model::consent::Consent;
use crate::oauth::scope::Scope;
use crate::store::db::{Arg, Db, Row, Sql, Tx, args};
use crate::store::error::StoreError;

const FIND: Sql = Sql::new(
    "find consent",
    "SELECT account, client, scope, claims, granted_at, updated_at FROM consents WHERE account = $1 AND client = $2",
);

const LIST: Sql = Sql::new(
    "list consents",
    "SELECT account, client, scope, claims, granted_at, updated_at FROM consents \
     WHERE account = $1 ORDER BY granted_at, client",
);

/// The update changes nothing: it locks the row that is there, so that of two who add to it the second sees what the
/// first added.
const INSERT_OR_LOCK: Sql = Sql::new(
    "insert or lock consent",
    "INSERT INTO consents (account, client, scope, claims, granted_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (account, client) DO UPDATE SET scope = consents.scope \
     RETURNING account, client, scope, claims, granted_at, updated_at",
);

const GROW: Sql = Sql::new(
    "grow consent",
    "UPDATE consents SET scope = $3, claims = $4, updated_at = $5 WHERE account = $1 AND client = $2",
);

const REVOKE: Sql = Sql::new("revoke consent", "DELETE FROM consents WHERE account = $1 AND client = $2");

/// What `account` agreed to for `client`.
pub async fn find(db: &Db, account: &AccountId, client: &ClientId) -> Result<Option<Consent>, StoreError> {
    db.fetch_optional(&FIND, args![account, client]).await?.map(read).transpose()
}

/// Everything that `account` agreed to, oldest first.
pub async fn list(db: &Db, account: &AccountId) -> Result<Vec<Consent>, StoreError> {
    db.fetch_all(&LIST, args![account]).await?.into_iter().map(read).collect()
}

/// Adds `consent` to what was agreed before, and answers with what stands now.
pub async fn grant(tx: &mut Tx, consent: &Consent) -> Result<Consent, StoreError> {
    let args = args![
        &consent.account,
        &consent.client,
        consent.scope.to_string(),
        Arg::json("claims", &consent.claims)?,
        consent.granted_at,
        consent.updated_at,
    ];
    let row = tx.fetch_optional(&INSERT_OR_LOCK, args).await?;
    // An upsert always returns its row.
    let stands =
        read(row.ok_or(StoreError::Corrupt { during: "insert or lock consent", column: "account" })?)?;
    let grown = union(&stands, consent);
    if grown != stands {
        let claims = Arg::json("claims", &grown.claims)?;
        let scope = grown.scope.to_string();
        tx.execute(&GROW, args![&grown.account, &grown.client, scope, claims, grown.updated_at]).await?;
    }
    Ok(grown)
}

/// Forgets a consent. True when there was one.
pub async fn revoke(tx: &mut Tx, account: &AccountId, client: &ClientId) -> Result<bool, StoreError> {
    Ok(tx.execute(&REVOKE, args![account, client]).await? == 1)
}

fn union(stands: &Consent, added: &Consent) -> Consent {
    let mut grown = stands.clone();
    grown.scope = stands.scope.union(&added.scope);
    grown.claims.extend(added.claims.iter().cloned());
    grown.claims.sort();
    grown.claims.dedup();
    if grown != *stands {
        grown.updated_at = added.updated_at;
    }
    grown
}

fn read(row: Row) -> Result<Consent, StoreError> {
    Ok(Consent {
        account: row.text("account")?.into(),
        client: row.text("client")?.into(),
        scope: row.parsed("scope", |text| Scope::parse(text).ok())?,
        claims: row.json("claims")?,
        granted_at: row.time("granted_at")?,
        updated_at: row.time("updated_at")?,
    })
}

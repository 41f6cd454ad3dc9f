//! Authorization codes. That a code is redeemed once is decided here, by one conditional update.

use crate::id::FamilyId;
use crate::model::code::AuthorizationCode;
use crate::oauth::pkce::CodeChallenge;
use crate::secret::Digest;
use crate::store::db::{Arg, Db, Row, Sql, Tx, args};
use crate::store::error::StoreError;
use crate::time::Timestamp;

const INSERT: Sql = Sql::new(
    "insert code",
    "INSERT INTO codes (digest, grounds, redirect_uri, challenge, nonce, issued_at, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)",
);

const FIND: Sql = Sql::new(
    "find code",
    "SELECT digest, grounds, redirect_uri, challenge, nonce, issued_at, expires_at, redeemed_as \
     FROM codes WHERE digest = $1",
);

const REDEEM: Sql = Sql::new(
    "redeem code",
    "UPDATE codes SET redeemed_as = $2 WHERE digest = $1 AND redeemed_as IS NULL AND expires_at > $3 RETURNING digest",
);

const REDEEMED_AS: Sql =
    Sql::new("find what a code was redeemed as", "SELECT redeemed_as FROM codes WHERE digest = $1");

/// What became of an attempt to redeem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// It is yours.
    Now,
    /// Somebody was first: the family that they got is to end (RFC 6749 §4.1.2).
    Already(FamilyId),
    /// It has expired, or never was.
    Gone,
}

/// Issues a code.
pub async fn insert(tx: &mut Tx, code: &AuthorizationCode) -> Result<(), StoreError> {
    let args = args![
        code.digest,
        Arg::json("grounds", &code.authorization)?,
        code.redirect_uri.as_deref(),
        Arg::maybe_json("challenge", code.challenge.as_ref())?,
        code.nonce.as_deref(),
        code.issued_at,
        code.expires_at,
    ];
    tx.execute(&INSERT, args).await.map(drop)
}

/// The code with this digest, redeemed or not, expired or not, as long as it is kept.
pub async fn find(db: &Db, digest: &Digest) -> Result<Option<AuthorizationCode>, StoreError> {
    db.fetch_optional(&FIND, args![digest]).await?.map(read).transpose()
}

/// Redeems a code for the family `family`, which the caller makes in the same transaction. However many try at once,
/// on however many nodes, one of them hears [`Redeemed::Now`].
pub async fn redeem(
    tx: &mut Tx,
    digest: &Digest,
    family: &FamilyId,
    now: Timestamp,
) -> Result<Redeemed, StoreError> {
    if tx.fetch_optional(&REDEEM, args![digest, family, now]).await?.is_some() {
        return Ok(Redeemed::Now);
    }
    let row = tx.fetch_optional(&REDEEMED_AS, args![digest]).await?;
    let redeemed_as = row.map_or(Ok(None), |row| row.maybe_text("redeemed_as"))?;
    Ok(redeemed_as.map_or(Redeemed::Gone, |family| Redeemed::Already(family.into())))
}

fn read(row: Row) -> Result<AuthorizationCode, StoreError> {
    Ok(AuthorizationCode {
        digest: row.digest("digest")?,
        authorization: row.json("grounds")?,
        redirect_uri: row.maybe_text("redirect_uri")?,
        challenge: row.maybe_parsed("challenge", |json| serde_json::from_str::<CodeChallenge>(json).ok())?,
        nonce: row.maybe_text("nonce")?,
        issued_at: row.time("issued_at")?,
        expires_at: row.time("expires_at")?,
        redeemed_as: row.maybe_text("redeemed_as")?.map(FamilyId::from),
    })
}

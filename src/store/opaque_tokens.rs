//! Opaque access tokens. A revoked one is deleted: a token that is not found says as much as one that was revoked.
//! One of a revoked family stays here and is dead all the same; whoever looks it up asks for its family too.

use crate::id::FamilyId;
use crate::model::opaque_token::OpaqueToken;
use crate::secret::Digest;
use crate::store::db::{Arg, Db, Row, Sql, Tx, args};
use crate::store::error::StoreError;

const INSERT: Sql = Sql::new(
    "insert opaque token",
    "INSERT INTO opaque_tokens (digest, grounds, family, generation, issued_at, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6)",
);

const FIND: Sql = Sql::new(
    "find opaque token",
    "SELECT digest, grounds, family, generation, issued_at, expires_at FROM opaque_tokens WHERE digest = $1",
);

const REVOKE: Sql = Sql::new("revoke opaque token", "DELETE FROM opaque_tokens WHERE digest = $1");

/// Issues a token.
pub async fn insert(tx: &mut Tx, token: &OpaqueToken) -> Result<(), StoreError> {
    let args = args![
        token.digest,
        Arg::json("grounds", &token.authorization)?,
        token.family.as_ref(),
        token.generation,
        token.issued_at,
        token.expires_at,
    ];
    tx.execute(&INSERT, args).await.map(drop)
}

/// The token with this digest, unless it was revoked; it may have expired, and its family may have been revoked.
pub async fn find(db: &Db, digest: &Digest) -> Result<Option<OpaqueToken>, StoreError> {
    db.fetch_optional(&FIND, args![digest]).await?.map(read).transpose()
}

/// Revokes a token. True for the one call that did.
pub async fn revoke(tx: &mut Tx, digest: &Digest) -> Result<bool, StoreError> {
    Ok(tx.execute(&REVOKE, args![digest]).await? == 1)
}

fn read(row: Row) -> Result<OpaqueToken, StoreError> {
    Ok(OpaqueToken {
        digest: row.digest("digest")?,
        authorization: row.json("grounds")?,
        family: row.maybe_text("family")?.map(FamilyId::from),
        generation: row.int("generation")?,
        issued_at: row.time("issued_at")?,
        expires_at: row.time("expires_at")?,
    })
}

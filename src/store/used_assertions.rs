//! Assertions that were used: each `jti` of a client once (RFC 7523 §3, item 7), remembered until it expires. Access tokens of other
//! issuers that are good for one request stand here too: their `client` is the issuer's URL, and no client's id holds a colon.

use crate::id::ClientId;
use crate::secret::Digest;
use crate::store::db::{Sql, Tx, args};
use crate::store::error::StoreError;
use crate::time::Timestamp;

const SPEND: Sql = Sql::new(
    "spend assertion",
    "INSERT INTO used_assertions (client, jti, expires_at) VALUES ($1, $2, $3) ON CONFLICT (client, jti) DO NOTHING",
);

/// Spends an assertion. True for the one call that did. The `jti` is the client's to choose and may be longer than an index
/// takes, so its digest is kept.
pub async fn spend(
    tx: &mut Tx,
    client: &ClientId,
    jti: &str,
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&SPEND, args![client, Digest::of(jti), expires_at]).await? == 1)
}

/// Spends an access token of the issuer called `iss`. True for the one call that did.
pub async fn spend_of_issuer(
    tx: &mut Tx,
    iss: &str,
    jti: &str,
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&SPEND, args![iss, Digest::of(jti), expires_at]).await? == 1)
}

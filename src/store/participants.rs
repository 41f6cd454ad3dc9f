//! Participants: the clients that were given something in a session, and have to hear of its end.

use crate::id::{ClientId, SessionId};
use crate::store::db::{Db, Row, Sql, Tx, args};
use crate::store::error::StoreError;
use crate::time::Timestamp;

const JOIN: Sql = Sql::new(
    "join session",
    "INSERT INTO participants (session, client, since) VALUES ($1, $2, $3) ON CONFLICT (session, client) DO NOTHING",
);

const LIST: Sql = Sql::new(
    "list participants",
    "SELECT client FROM participants WHERE session = $1 ORDER BY since, client",
);

/// Notes that `client` takes part in `session`; once is enough.
pub async fn join(
    tx: &mut Tx,
    session: &SessionId,
    client: &ClientId,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(&JOIN, args![session, client, now]).await.map(drop)
}

/// Who takes part, as a part of the commit that ends the session.
pub async fn list_within(tx: &mut Tx, session: &SessionId) -> Result<Vec<ClientId>, StoreError> {
    tx.fetch_all(&LIST, args![session]).await?.iter().map(client).collect()
}

/// Who takes part.
pub async fn list(db: &Db, session: &SessionId) -> Result<Vec<ClientId>, StoreError> {
    db.fetch_all(&LIST, args![session]).await?.iter().map(client).collect()
}

fn client(row: &Row) -> Result<ClientId, StoreError> {
    row.text("client").map(ClientId::from)
}

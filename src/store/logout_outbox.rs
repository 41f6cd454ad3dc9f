//! The outbox of logout tokens: written in the commit that ends a session, emptied by whoever holds a row's lease. A lease that ran out
//! belonged to a process that died; then somebody else takes the row, and a client may be told twice, but never not at all.

use std::collections::BTreeMap;

use crate::id::{ClientId, LogoutId, NodeId, SessionId};
use crate::model::logout_notice::{LogoutNotice, NoticeOutcome};
use crate::store::db::{Db, Row, Sql, Tx, args};
use crate::store::error::StoreError;
use crate::time::Timestamp;

const INSERT: Sql = Sql::new(
    "insert logout notice",
    "INSERT INTO logout_outbox (id, client, session, account, created_at, due_at, attempts) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)",
);

/// Whoever has waited longest comes first.
const LIST_DUE: Sql = Sql::new(
    "list clients with due logout notices",
    "SELECT client, COUNT(*) AS due FROM logout_outbox \
     WHERE settled_at IS NULL AND due_at <= $1 AND (leased_until IS NULL OR leased_until <= $1) \
     GROUP BY client ORDER BY MIN(due_at), client",
);

/// The conditions stand twice: the outer ones are looked at again when another node has just changed the row.
const CLAIM_DUE: Sql = Sql::new(
    "claim due logout notices",
    "UPDATE logout_outbox SET lease = $1, leased_until = $2 \
     WHERE id IN (SELECT id FROM logout_outbox WHERE client = $4 AND settled_at IS NULL AND due_at <= $3 \
                      AND (leased_until IS NULL OR leased_until <= $3) ORDER BY due_at, id LIMIT $5) \
         AND settled_at IS NULL AND due_at <= $3 AND (leased_until IS NULL OR leased_until <= $3) \
     RETURNING id, client, session, account, created_at, due_at, attempts",
);

const CLAIM_OF_SESSION: Sql = Sql::new(
    "claim a session's logout notices",
    "UPDATE logout_outbox SET lease = $1, leased_until = $2 \
     WHERE session = $4 AND settled_at IS NULL AND (leased_until IS NULL OR leased_until <= $3) \
     RETURNING id, client, session, account, created_at, due_at, attempts",
);

const SETTLE: Sql = Sql::new(
    "settle logout notice",
    "UPDATE logout_outbox SET attempts = attempts + 1, settled_at = $3, outcome = $4, trouble = $5, \
         lease = NULL, leased_until = NULL \
     WHERE id = $1 AND lease = $2 AND settled_at IS NULL",
);

const POSTPONE: Sql = Sql::new(
    "postpone logout notice",
    "UPDATE logout_outbox SET attempts = attempts + 1, due_at = $3, trouble = $4, lease = NULL, leased_until = NULL \
     WHERE id = $1 AND lease = $2 AND settled_at IS NULL",
);

const RELEASE: Sql = Sql::new(
    "release logout notice",
    "UPDATE logout_outbox SET lease = NULL, leased_until = NULL WHERE id = $1 AND lease = $2 AND settled_at IS NULL",
);

const STANDING: Sql = Sql::new(
    "list a session's logout notices",
    "SELECT client, attempts, outcome, trouble FROM logout_outbox WHERE session = $1 ORDER BY client",
);

/// How a notice stands, for who looks after a session that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whom it is for.
    pub client: ClientId,
    /// How often it was tried.
    pub attempts: i64,
    /// What became of it; none while it is tried.
    pub outcome: Option<NoticeOutcome>,
    /// What the last try that failed met.
    pub trouble: Option<String>,
}

/// Puts a notice into the outbox.
pub async fn insert(tx: &mut Tx, notice: &LogoutNotice) -> Result<(), StoreError> {
    let args = args![
        &notice.id,
        &notice.client,
        &notice.session,
        &notice.account,
        notice.created_at,
        notice.due_at,
        notice.attempts,
    ];
    tx.execute(&INSERT, args).await.map(drop)
}

/// Takes what is due, so that nobody else delivers it before `until`: of each client as much as `share` says, which is told how many of
/// others are taken already.
pub async fn claim_due(
    tx: &mut Tx,
    node: &NodeId,
    share: impl Fn(&ClientId, usize) -> usize + Send,
    (now, until): (Timestamp, Timestamp),
) -> Result<Vec<LogoutNotice>, StoreError> {
    let (mut shares, mut taken) = (BTreeMap::new(), 0);
    for row in tx.fetch_all(&LIST_DUE, args![now]).await? {
        let (client, due) = (ClientId::from(row.text("client")?), row.int("due")?);
        let share = share(&client, taken).min(usize::try_from(due).unwrap_or(0));
        taken += share;
        shares.insert(client, i64::try_from(share).unwrap_or(0));
    }
    let mut claimed = Vec::new();
    // In the order of their names: two nodes that lock in different orders wait for one another.
    for (client, share) in shares.into_iter().filter(|(_, share)| *share > 0) {
        for row in tx.fetch_all(&CLAIM_DUE, args![node, until, now, &client, share]).await? {
            claimed.push(read(row)?);
        }
    }
    Ok(claimed)
}

/// Takes what is left of one session, due or not.
pub async fn claim_of_session(
    tx: &mut Tx,
    session: &SessionId,
    node: &NodeId,
    until: Timestamp,
    now: Timestamp,
) -> Result<Vec<LogoutNotice>, StoreError> {
    tx.fetch_all(&CLAIM_OF_SESSION, args![node, until, now, session]).await?.into_iter().map(read).collect()
}

/// The last word on a notice, by the holder of its lease. False when that is not `node` any more.
pub async fn settle(
    tx: &mut Tx,
    id: &LogoutId,
    node: &NodeId,
    (outcome, trouble): (NoticeOutcome, Option<&str>),
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&SETTLE, args![id, node, now, outcome.as_str(), trouble]).await? == 1)
}

/// It is tried again at `due_at`. False when the lease is not `node`'s any more.
pub async fn postpone(
    tx: &mut Tx,
    id: &LogoutId,
    node: &NodeId,
    due_at: Timestamp,
    trouble: &str,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&POSTPONE, args![id, node, due_at, trouble]).await? == 1)
}

/// It was not tried after all. False when the lease is not `node`'s any more.
pub async fn release(tx: &mut Tx, id: &LogoutId, node: &NodeId) -> Result<bool, StoreError> {
    Ok(tx.execute(&RELEASE, args![id, node]).await? == 1)
}

/// How the notices of a session stand.
pub async fn standing(db: &Db, session: &SessionId) -> Result<Vec<Standing>, StoreError> {
    let rows = db.fetch_all(&STANDING, args![session]).await?;
    let read = |row: Row| {
        Ok(Standing {
            client: row.text("client")?.into(),
            attempts: row.int("attempts")?,
            outcome: row.maybe_parsed("outcome", NoticeOutcome::from_word)?,
            trouble: row.maybe_text("trouble")?,
        })
    };
    rows.into_iter().map(read).collect()
}

fn read(row: Row) -> Result<LogoutNotice, StoreError> {
    Ok(LogoutNotice {
        id: row.text("id")?.into(),
        client: row.text("client")?.into(),
        session: row.text("session")?.into(),
        account: row.text("account")?.into(),
        created_at: row.time("created_at")?,
        due_at: row.time("due_at")?,
        attempts: row.int("attempts")?,
    })
}

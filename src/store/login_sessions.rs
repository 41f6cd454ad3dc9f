//! Login sessions: one person signed in with one browser. The row is found by its id or by the digest of its cookie.

use crate::id::SessionId;
use crate::model::authorization::Authenticated;
use crate::model::login_session::{EndReason, Ended, LoginSession};
use crate::secret::Digest;
use crate::store::db::{Arg, Db, Row, Sql, Tx, args};
use crate::store::error::StoreError;
use crate::store::token_families;
use crate::time::Timestamp;

const INSERT: Sql = Sql::new(
    "insert login session",
    "INSERT INTO login_sessions (id, account, cookie, auth_time, amr, acr, created_at, last_seen, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);

const FIND: Sql = Sql::new(
    "find login session",
    "SELECT id, account, cookie, auth_time, amr, acr, created_at, last_seen, expires_at, ended_at, end_reason \
     FROM login_sessions WHERE id = $1",
);

const FIND_BY_COOKIE: Sql = Sql::new(
    "find login session by cookie",
    "SELECT id, account, cookie, auth_time, amr, acr, created_at, last_seen, expires_at, ended_at, end_reason \
     FROM login_sessions WHERE cookie = $1",
);

const TOUCH: Sql = Sql::new(
    "touch login session",
    "UPDATE login_sessions SET last_seen = $2 WHERE id = $1 AND last_seen < $2 AND ended_at IS NULL",
);

const HOLD: Sql = Sql::new(
    "hold login session",
    "UPDATE login_sessions SET last_seen = last_seen WHERE id = $1 AND ended_at IS NULL AND expires_at > $2 RETURNING id",
);

const RENEW: Sql = Sql::new(
    "renew login session",
    "UPDATE login_sessions SET cookie = $2, auth_time = $3, amr = $4, acr = $5, last_seen = $6 \
     WHERE id = $1 AND account = $7 AND ended_at IS NULL AND expires_at > $6",
);

const END: Sql = Sql::new(
    "end login session",
    "UPDATE login_sessions SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL",
);

/// Begins a session. Its account must be known.
pub async fn insert(tx: &mut Tx, session: &LoginSession) -> Result<(), StoreError> {
    let args = args![
        &session.id,
        &session.account,
        session.cookie,
        session.auth_time,
        Arg::json("amr", &session.amr)?,
        &session.acr,
        session.created_at,
        session.last_seen,
        session.expires_at,
    ];
    tx.execute(&INSERT, args).await.map(drop)
}

/// The session with this `sid`, live or not.
pub async fn find(db: &Db, id: &SessionId) -> Result<Option<LoginSession>, StoreError> {
    db.fetch_optional(&FIND, args![id]).await?.map(read).transpose()
}

/// The session whose cookie has this digest, live or not.
pub async fn find_by_cookie(db: &Db, cookie: &Digest) -> Result<Option<LoginSession>, StoreError> {
    db.fetch_optional(&FIND_BY_COOKIE, args![cookie]).await?.map(read).transpose()
}

/// Notes that the session was used. A commit for every page would be dear: callers do it once a minute.
pub async fn touch(tx: &mut Tx, id: &SessionId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(&TOUCH, args![id, now]).await.map(drop)
}

/// Whether the session has neither ended nor expired; if so it cannot end before this transaction does. What is made to end with a
/// session is made behind this: otherwise a session that ends meanwhile would leave it behind, alive.
///
/// An update that changes nothing, since it takes the row's lock on both databases.
pub async fn hold(tx: &mut Tx, id: &SessionId, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.fetch_optional(&HOLD, args![id, now]).await?.is_some())
}

/// The same person proved themselves again: the session `person.session` keeps its id and its absolute end, and has a new cookie
/// (the old one finds nothing any more). False when it is not that person's, has ended or expired: then a new one begins.
pub async fn renew(
    tx: &mut Tx,
    person: &Authenticated,
    cookie: Digest,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let amr = Arg::json("amr", &person.amr)?;
    let args = args![&person.session, cookie, person.auth_time, amr, &person.acr, now, &person.account];
    Ok(tx.execute(&RENEW, args).await? == 1)
}

/// Ends a session and revokes the families bound to it; offline ones live on (OpenID Connect Core §11). True for the one call
/// that ended it.
pub async fn end(tx: &mut Tx, id: &SessionId, reason: EndReason, now: Timestamp) -> Result<bool, StoreError> {
    if tx.execute(&END, args![id, now, reason.as_str()]).await? == 0 {
        return Ok(false);
    }
    token_families::revoke_bound_to(tx, id, now).await?;
    Ok(true)
}

fn read(row: Row) -> Result<LoginSession, StoreError> {
    let ended = match row.maybe_time("ended_at")? {
        Some(at) => Some(Ended { at, reason: row.parsed("end_reason", EndReason::from_word)? }),
        None => None,
    };
    Ok(LoginSession {
        id: row.text("id")?.into(),
        account: row.text("account")?.into(),
        cookie: row.digest("cookie")?,
        auth_time: row.time("auth_time")?,
        amr: row.json("amr")?,
        acr: row.text("acr")?,
        created_at: row.time("created_at")?,
        last_seen: row.time("last_seen")?,
        expires_at: row.time("expires_at")?,
        ended,
    })
}

//! Login sessions: one person signed in with one browser. The row is found by its id or by the digest of its cookie.

use crate::id::{AccountId, SessionId};
use crate::model::login_session::{EndReason, Ended, LoginSession, Whereabouts};
use crate::secret::Digest;
use crate::store::db::{Arg, Db, Row, Sql, Tx, args};
use crate::store::error::StoreError;
use crate::store::token_families;
use crate::time::Timestamp;

const INSERT: Sql = Sql::new(
    "insert login session",
    "INSERT INTO login_sessions (id, account, cookie, auth_time, amr, acr, created_at, last_seen, expires_at, \
         agent, address) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
);

const FIND: Sql = Sql::new(
    "find login session",
    "SELECT id, account, cookie, auth_time, amr, acr, created_at, last_seen, expires_at, agent, address, ended_at, \
         end_reason \
     FROM login_sessions WHERE id = $1",
);

const FIND_BY_COOKIE: Sql = Sql::new(
    "find login session by cookie",
    "SELECT id, account, cookie, auth_time, amr, acr, created_at, last_seen, expires_at, agent, address, ended_at, \
         end_reason \
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
    "UPDATE login_sessions SET cookie = $2, auth_time = $3, amr = $4, acr = $5, last_seen = $6, \
         agent = $8, address = $9 \
     WHERE id = $1 AND account = $7 AND ended_at IS NULL AND expires_at > $6",
);

const HOLD_OWNER: Sql = Sql::new(
    "hold login session's account",
    "UPDATE accounts SET asked_at = asked_at WHERE id = (SELECT account FROM login_sessions WHERE id = $1)",
);

const END: Sql = Sql::new(
    "end login session",
    "UPDATE login_sessions SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL \
     RETURNING account",
);

const LIST_OF_ACCOUNT: Sql = Sql::new(
    "list an account's login sessions",
    "SELECT id, account, cookie, auth_time, amr, acr, created_at, last_seen, expires_at, agent, address, ended_at, \
         end_reason \
     FROM login_sessions WHERE account = $1 AND ended_at IS NULL AND expires_at > $2 AND last_seen > $3 \
     ORDER BY last_seen DESC, id",
);

const LIST_OVER: Sql = Sql::new(
    "list expired login sessions",
    "SELECT id FROM login_sessions WHERE ended_at IS NULL AND (expires_at <= $1 OR last_seen <= $2) \
     ORDER BY id LIMIT 50",
);

const LIST_UNENDED: Sql = Sql::new(
    "list an account's unended login sessions",
    "SELECT id FROM login_sessions WHERE account = $1 AND ended_at IS NULL ORDER BY id",
);

const LIST_TO_ASK_ABOUT: Sql = Sql::new(
    "list accounts to revalidate",
    "SELECT id FROM accounts WHERE id > $4 AND (asked_at IS NULL OR asked_at <= $1) AND id IN \
         (SELECT account FROM login_sessions WHERE ended_at IS NULL AND expires_at > $2 AND last_seen > $3) \
     ORDER BY id LIMIT 50",
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
        session.whereabouts.agent.as_deref(),
        session.whereabouts.address.as_deref(),
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

/// The sessions of `account` that live at `now`, where one that nobody used since `used_after` does not; the last used first.
pub async fn list(
    db: &Db,
    account: &AccountId,
    now: Timestamp,
    used_after: Timestamp,
) -> Result<Vec<LoginSession>, StoreError> {
    db.fetch_all(&LIST_OF_ACCOUNT, args![account, now, used_after]).await?.into_iter().map(read).collect()
}

/// The sessions of `account` that nobody has ended yet, as a part of a commit that ends them.
pub async fn list_within(tx: &mut Tx, account: &AccountId) -> Result<Vec<SessionId>, StoreError> {
    let rows = tx.fetch_all(&LIST_UNENDED, args![account]).await?;
    rows.into_iter().map(|row| row.text("id").map(SessionId::from)).collect()
}

/// Sessions whose time is over at `now`, or that nobody used since `used_after`, and that nobody has ended yet; a few at a time.
pub async fn list_over(db: &Db, now: Timestamp, used_after: Timestamp) -> Result<Vec<SessionId>, StoreError> {
    let rows = db.fetch_all(&LIST_OVER, args![now, used_after]).await?;
    rows.into_iter().map(|row| row.text("id").map(SessionId::from)).collect()
}

/// Accounts behind `behind` with a living session about which the legacy system was not asked since `asked_before`, and those whom there is
/// cause to ask about; a few at a time, in the order of their ids.
pub async fn list_to_ask_about(
    db: &Db,
    behind: &AccountId,
    asked_before: Option<Timestamp>,
    now: Timestamp,
    used_after: Timestamp,
) -> Result<Vec<AccountId>, StoreError> {
    let args = args![asked_before, now, used_after, behind];
    let rows = db.fetch_all(&LIST_TO_ASK_ABOUT, args).await?;
    rows.into_iter().map(|row| row.text("id").map(AccountId::from)).collect()
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

/// The same person proved themselves again: `session` keeps its id and its absolute end, and has a new cookie
/// (the old one finds nothing any more). False when it is not that person's, has ended or expired: then a new one begins.
pub async fn renew(tx: &mut Tx, session: &LoginSession, now: Timestamp) -> Result<bool, StoreError> {
    let args = args![
        &session.id,
        session.cookie,
        session.auth_time,
        Arg::json("amr", &session.amr)?,
        &session.acr,
        now,
        &session.account,
        session.whereabouts.agent.as_deref(),
        session.whereabouts.address.as_deref(),
    ];
    Ok(tx.execute(&RENEW, args).await? == 1)
}

/// Ends a session and revokes the families bound to it; offline ones live on (OpenID Connect Core §11). Whose it was, for the one call
/// that ended it.
///
/// The account's row is locked first, as a sign-in does it: of an end and a sign-in at the same moment the later one sees what the earlier
/// one did, and the tokens that a sign-in has just brought are not burnt with the session before it.
pub async fn end(
    tx: &mut Tx,
    id: &SessionId,
    reason: EndReason,
    now: Timestamp,
) -> Result<Option<AccountId>, StoreError> {
    tx.execute(&HOLD_OWNER, args![id]).await?;
    let Some(row) = tx.fetch_optional(&END, args![id, now, reason.as_str()]).await? else { return Ok(None) };
    token_families::revoke_bound_to(tx, id, now).await?;
    row.text("account").map(|account| Some(account.into()))
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
        whereabouts: Whereabouts { agent: row.maybe_text("agent")?, address: row.maybe_text("address")? },
        ended,
    })
}

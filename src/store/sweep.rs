//! Removes rows that nobody will ask for any more, a few at a time: deleting a thousand at once makes every other writer wait.
//! A job calls [`once`] again and again until it answers that little was left.
//!
//! What must outlive what:
//! * a redeemed code stays until it would have expired, so that showing it again ends what came of it;
//! * a family, revoked or not, stays until its absolute end and the longest life of an access token after that: as long as a
//!   JWT can name it, it can say that it was revoked;
//! * a session stays as long as its owner says after it was ended, so that a late logout can still be told what it was; one whose time
//!   is over is ended by a job first, so that everybody is told;
//! * a logout notice stays as long as that after the last word on it;
//! * everything else goes when it expires.

use std::time::Duration;

use crate::store::db::{Db, Sql, args};
use crate::store::error::StoreError;
use crate::time::Timestamp;

/// How long rows stay after their own end, because others point at them.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// The longest life of any access token that has a family: one that speaks for a person.
    pub longest_access_token: Duration,
    /// How long an ended session stays.
    pub ended_sessions: Duration,
}

/// How many rows one statement deletes at most: the LIMIT in each.
pub const AT_A_TIME: u64 = 50;

const CODES: Sql = Sql::new(
    "sweep codes",
    "DELETE FROM codes WHERE digest IN \
     (SELECT digest FROM codes WHERE expires_at <= $1 ORDER BY expires_at LIMIT 50)",
);

const TOKEN_FAMILIES: Sql = Sql::new(
    "sweep token families",
    "DELETE FROM token_families WHERE id IN \
     (SELECT id FROM token_families WHERE expires_at <= $1 ORDER BY expires_at LIMIT 50)",
);

const OPAQUE_TOKENS: Sql = Sql::new(
    "sweep opaque tokens",
    "DELETE FROM opaque_tokens WHERE digest IN \
     (SELECT digest FROM opaque_tokens WHERE expires_at <= $1 ORDER BY expires_at LIMIT 50)",
);

const REVOKED_TOKENS: Sql = Sql::new(
    "sweep revoked tokens",
    "DELETE FROM revoked_tokens WHERE jti IN \
     (SELECT jti FROM revoked_tokens WHERE expires_at <= $1 ORDER BY expires_at LIMIT 50)",
);

const USED_ASSERTIONS: Sql = Sql::new(
    "sweep used assertions",
    "DELETE FROM used_assertions WHERE (client, jti) IN \
     (SELECT client, jti FROM used_assertions WHERE expires_at <= $1 ORDER BY expires_at LIMIT 50)",
);

const ATTEMPTS: Sql = Sql::new(
    "sweep attempts",
    "DELETE FROM attempts WHERE subject IN \
     (SELECT subject FROM attempts WHERE expires_at <= $1 ORDER BY expires_at LIMIT 50)",
);

const ENDED_SESSIONS: Sql = Sql::new(
    "sweep ended login sessions",
    "DELETE FROM login_sessions WHERE id IN \
     (SELECT id FROM login_sessions WHERE ended_at <= $1 ORDER BY ended_at LIMIT 50)",
);

const HANDOVERS: Sql = Sql::new(
    "sweep hand-overs",
    "DELETE FROM handovers WHERE digest IN \
     (SELECT digest FROM handovers WHERE expires_at <= $1 ORDER BY expires_at LIMIT 50)",
);

const LOGOUT_NOTICES: Sql = Sql::new(
    "sweep logout notices",
    "DELETE FROM logout_outbox WHERE id IN \
     (SELECT id FROM logout_outbox WHERE settled_at <= $1 ORDER BY settled_at LIMIT 50)",
);

/// Deletes at most [`AT_A_TIME`] rows of each kind, each kind in a write of its own so that others come in between.
/// Answers how many went.
pub async fn once(db: &Db, now: Timestamp, keep: Keep) -> Result<u64, StoreError> {
    let mut gone = 0;
    for (sql, ended_by) in [
        (CODES, now),
        (OPAQUE_TOKENS, now),
        (REVOKED_TOKENS, now),
        (USED_ASSERTIONS, now),
        (ATTEMPTS, now),
        (HANDOVERS, now),
        (LOGOUT_NOTICES, now - keep.ended_sessions),
        (TOKEN_FAMILIES, now - keep.longest_access_token),
        (ENDED_SESSIONS, now - keep.ended_sessions),
    ] {
        gone += db.write(move |tx| Box::pin(async move { tx.execute(&sql, args![ended_by]).await })).await?;
    }
    Ok(gone)
}

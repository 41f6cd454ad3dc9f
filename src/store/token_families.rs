//! Token families: everything that came of one redeemed code. Rotation and revocation are conditional updates, so that of
//! two who hold the same refresh token one is first, and nobody rotates what was revoked.

use crate::id::{AccountId, ClientId, FamilyId, SessionId};
use crate::model::token_family::{Binding, RefreshState, RevocationReason, Revoked, TokenFamily};
use crate::secret::Digest;
use crate::store::db::{Arg, Db, Row, Sql, Tx, args};
use crate::store::error::StoreError;
use crate::time::Timestamp;

const INSERT: Sql = Sql::new(
    "insert token family",
    "INSERT INTO token_families (id, grounds, client, account, session, bound_to, refresh_handle, refresh_current, \
         refresh_previous, generation, rotated_at, idle_expires_at, successor, successor_used, created_at, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
);

const FIND: Sql = Sql::new(
    "find token family",
    "SELECT id, grounds, bound_to, refresh_handle, refresh_current, refresh_previous, generation, rotated_at, \
         idle_expires_at, successor, successor_used, created_at, expires_at, revoked_at, revocation_reason \
     FROM token_families WHERE id = $1",
);

/// One question instead of two: it is asked for each token that is presented.
const FIND_FOR_TOKEN: Sql = Sql::new(
    "find token family for a token",
    "SELECT id, grounds, bound_to, refresh_handle, refresh_current, refresh_previous, generation, rotated_at, \
         idle_expires_at, successor, successor_used, created_at, expires_at, revoked_at, revocation_reason, \
         (SELECT jti FROM revoked_tokens WHERE jti = $2) AS revoked_token \
     FROM token_families WHERE id = $1",
);

const FIND_BY_HANDLE: Sql = Sql::new(
    "find token family by handle",
    "SELECT id, grounds, bound_to, refresh_handle, refresh_current, refresh_previous, generation, rotated_at, \
         idle_expires_at, successor, successor_used, created_at, expires_at, revoked_at, revocation_reason \
     FROM token_families WHERE refresh_handle = $1",
);

const ROTATE: Sql = Sql::new(
    "rotate refresh token",
    "UPDATE token_families SET refresh_current = $3, refresh_previous = $4, generation = $5, rotated_at = $6, \
         idle_expires_at = $7, successor = $8, successor_used = $9 \
     WHERE id = $1 AND refresh_current = $2 AND revoked_at IS NULL RETURNING id",
);

const MARK_SUCCESSOR_USED: Sql = Sql::new(
    "mark successor used",
    "UPDATE token_families SET successor_used = $3, successor = $4 \
     WHERE id = $1 AND generation = $2 AND NOT successor_used AND revoked_at IS NULL",
);

const REVOKE: Sql = Sql::new(
    "revoke token family",
    "UPDATE token_families SET revoked_at = $2, revocation_reason = $3, successor = $4 \
     WHERE id = $1 AND revoked_at IS NULL",
);

const REVOKE_OF_CLIENT: Sql = Sql::new(
    "revoke a client's token families",
    "UPDATE token_families SET revoked_at = $3, revocation_reason = $4, successor = $5 \
     WHERE account = $1 AND client = $2 AND revoked_at IS NULL",
);

const REVOKE_OF_SESSION: Sql = Sql::new(
    "revoke a session's token families",
    "UPDATE token_families SET revoked_at = $2, revocation_reason = $3, successor = $4 \
     WHERE session = $1 AND bound_to = $5 AND revoked_at IS NULL",
);

const REVOKE_OF_ACCOUNT: Sql = Sql::new(
    "revoke an account's token families",
    "UPDATE token_families SET revoked_at = $2, revocation_reason = $3, successor = $4 \
     WHERE account = $1 AND revoked_at IS NULL",
);

const LIST_OF_ACCOUNT: Sql = Sql::new(
    "list an account's token families",
    "SELECT id, grounds, bound_to, refresh_handle, refresh_current, refresh_previous, generation, rotated_at, \
         idle_expires_at, successor, successor_used, created_at, expires_at, revoked_at, revocation_reason \
     FROM token_families WHERE account = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY created_at, id",
);

/// A sealed token that will never be handed out again is not kept.
const NO_SUCCESSOR: Option<&[u8]> = None;

/// Begins a family.
pub async fn insert(tx: &mut Tx, family: &TokenFamily) -> Result<(), StoreError> {
    let grounds = &family.authorization;
    let person = grounds.person.as_ref();
    let refresh = family.refresh.as_ref();
    let args = args![
        &family.id,
        Arg::json("grounds", grounds)?,
        &grounds.client,
        person.map(|person| &person.account),
        person.map(|person| &person.session),
        binding_word(family.bound_to),
        refresh.map(|refresh| refresh.handle),
        refresh.map(|refresh| refresh.current),
        refresh.and_then(|refresh| refresh.previous),
        refresh.map_or(0, |refresh| refresh.generation),
        refresh.map_or(family.created_at, |refresh| refresh.rotated_at),
        refresh.map_or(family.expires_at, |refresh| refresh.idle_expires_at),
        refresh.and_then(|refresh| refresh.successor.as_deref()),
        refresh.is_some_and(|refresh| refresh.successor_used),
        family.created_at,
        family.expires_at,
    ];
    tx.execute(&INSERT, args).await.map(drop)
}

/// The family with this id, in whatever state.
pub async fn find(db: &Db, id: &FamilyId) -> Result<Option<TokenFamily>, StoreError> {
    db.fetch_optional(&FIND, args![id]).await?.map(read).transpose()
}

/// The family with this id, in whatever state, and whether its token `jti` was revoked alone.
pub async fn find_for_token(
    db: &Db,
    id: &FamilyId,
    jti: &str,
) -> Result<Option<(TokenFamily, bool)>, StoreError> {
    let Some(row) = db.fetch_optional(&FIND_FOR_TOKEN, args![id, jti]).await? else { return Ok(None) };
    let revoked = row.maybe_text("revoked_token")?.is_some();
    Ok(Some((read(row)?, revoked)))
}

/// The family that a refresh token belongs to, by the part that all its tokens share.
pub async fn find_by_handle(db: &Db, handle: &Digest) -> Result<Option<TokenFamily>, StoreError> {
    db.fetch_optional(&FIND_BY_HANDLE, args![handle]).await?.map(read).transpose()
}

/// Replaces the refresh token whose digest is `from` by `next`. False when it is not the current one any more, or the
/// family was revoked: somebody was first. The handle stays what it was.
pub async fn rotate(
    tx: &mut Tx,
    id: &FamilyId,
    from: &Digest,
    next: &RefreshState,
) -> Result<bool, StoreError> {
    let args = args![
        id,
        from,
        next.current,
        next.previous,
        next.generation,
        next.rotated_at,
        next.idle_expires_at,
        next.successor.as_deref(),
        next.successor_used,
    ];
    Ok(tx.fetch_optional(&ROTATE, args).await?.is_some())
}

/// Notes that a token of the answer `generation` was seen in use, so that this answer is known to have arrived; the sealed
/// copy of its refresh token is forgotten. True for the one call that noted it.
pub async fn mark_successor_used(tx: &mut Tx, id: &FamilyId, generation: i64) -> Result<bool, StoreError> {
    Ok(tx.execute(&MARK_SUCCESSOR_USED, args![id, generation, true, NO_SUCCESSOR]).await? == 1)
}

/// Revokes a family. True for the one call that did.
pub async fn revoke(
    tx: &mut Tx,
    id: &FamilyId,
    reason: RevocationReason,
    now: Timestamp,
) -> Result<bool, StoreError> {
    tx.note_ending();
    Ok(tx.execute(&REVOKE, args![id, now, reason.as_str(), NO_SUCCESSOR]).await? == 1)
}

/// Revokes every family that a person gave a client, offline ones too. Answers how many.
pub async fn revoke_all(
    tx: &mut Tx,
    account: &AccountId,
    client: &ClientId,
    reason: RevocationReason,
    now: Timestamp,
) -> Result<u64, StoreError> {
    tx.note_ending();
    tx.execute(&REVOKE_OF_CLIENT, args![account, client, now, reason.as_str(), NO_SUCCESSOR]).await
}

/// Revokes every family of a person, of whatever client and offline ones too: the person is out. Answers how many.
pub async fn revoke_of_account(
    tx: &mut Tx,
    account: &AccountId,
    reason: RevocationReason,
    now: Timestamp,
) -> Result<u64, StoreError> {
    tx.note_ending();
    tx.execute(&REVOKE_OF_ACCOUNT, args![account, now, reason.as_str(), NO_SUCCESSOR]).await
}

/// The families of a person that give access at `now`, the oldest first.
pub async fn list_of_account(
    db: &Db,
    account: &AccountId,
    now: Timestamp,
) -> Result<Vec<TokenFamily>, StoreError> {
    db.fetch_all(&LIST_OF_ACCOUNT, args![account, now]).await?.into_iter().map(read).collect()
}

/// Revokes the families that end with a session: the part of [`super::login_sessions::end`] that concerns them.
pub(super) async fn revoke_bound_to(
    tx: &mut Tx,
    session: &SessionId,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let reason = RevocationReason::SessionEnded.as_str();
    let args = args![session, now, reason, NO_SUCCESSOR, binding_word(Binding::Session)];
    tx.note_ending();
    tx.execute(&REVOKE_OF_SESSION, args).await
}

fn binding_word(binding: Binding) -> &'static str {
    match binding {
        Binding::Session => "session",
        Binding::Offline => "offline",
    }
}

fn read(row: Row) -> Result<TokenFamily, StoreError> {
    let bound_to = row.parsed("bound_to", |word| {
        [Binding::Session, Binding::Offline].into_iter().find(|binding| binding_word(*binding) == word)
    })?;
    let revoked = match row.maybe_time("revoked_at")? {
        Some(at) => {
            Some(Revoked { at, reason: row.parsed("revocation_reason", RevocationReason::from_word)? })
        }
        None => None,
    };
    Ok(TokenFamily {
        id: row.text("id")?.into(),
        authorization: row.json("grounds")?,
        bound_to,
        refresh: read_refresh(&row)?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        revoked,
    })
}

fn read_refresh(row: &Row) -> Result<Option<RefreshState>, StoreError> {
    let Some(handle) = row.maybe_digest("refresh_handle")? else { return Ok(None) };
    Ok(Some(RefreshState {
        handle,
        current: row.digest("refresh_current")?,
        previous: row.maybe_digest("refresh_previous")?,
        generation: row.int("generation")?,
        rotated_at: row.time("rotated_at")?,
        idle_expires_at: row.time("idle_expires_at")?,
        successor: row.maybe_bytes("successor")?,
        successor_used: row.bool("successor_used")?,
    }))
}

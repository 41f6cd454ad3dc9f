//! What a token request changes, in one commit with the record of an opaque token: all of it is durable before anybody is answered,
//! or nothing of it happened.

use crate::id::{FamilyId, SessionId};
use crate::model::opaque_token::OpaqueToken;
use crate::model::token_family::{RefreshState, RevocationReason, TokenFamily};
use crate::secret::Digest;
use crate::store::codes::Redeemed;
use crate::store::db::{Db, Tx};
use crate::store::error::StoreError;
use crate::store::{codes, login_sessions, opaque_tokens, token_families};
use crate::time::Timestamp;

/// What a grant changes.
#[derive(Clone, Debug)]
pub enum Settlement {
    /// Nothing: a client for itself, or an answer that is given again.
    Nothing,
    /// A code becomes a family.
    Redeem {
        /// The code.
        code: Digest,
        /// The family that begins.
        family: Box<TokenFamily>,
        /// The session in which the code was granted, which must still be there.
        session: SessionId,
    },
    /// A refresh token is replaced.
    Rotate {
        /// Of which family.
        family: FamilyId,
        /// The token that was shown.
        from: Digest,
        /// What stands then.
        next: Box<RefreshState>,
        /// The session that was used by it, when the family is bound to one.
        touches: Option<SessionId>,
    },
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is done.
    Done,
    /// The code was redeemed before; the family that came of it has just been revoked.
    CodeSpent,
    /// The session ended in this moment.
    SessionOver,
    /// The code expired in this moment.
    CodeGone,
    /// Another request rotated the token in this moment.
    Raced,
}

impl Settlement {
    /// Commits it together with `record`.
    ///
    /// # Errors
    /// When the database does not answer: then nothing happened, or nobody knows.
    pub async fn commit(
        self,
        db: &Db,
        record: Option<OpaqueToken>,
        now: Timestamp,
    ) -> Result<Settled, StoreError> {
        // A JWT for a client itself costs no write at all.
        if matches!(self, Self::Nothing) && record.is_none() {
            return Ok(Settled::Done);
        }
        db.write(move |tx| {
            Box::pin(async move {
                let settled = self.apply(tx, now).await?;
                if let (Settled::Done, Some(record)) = (settled, &record) {
                    opaque_tokens::insert(tx, record).await?;
                }
                Ok(settled)
            })
        })
        .await
    }

    async fn apply(self, tx: &mut Tx, now: Timestamp) -> Result<Settled, StoreError> {
        match self {
            Self::Nothing => Ok(Settled::Done),
            Self::Redeem { code, family, session } => {
                if !login_sessions::hold(tx, &session, now).await? {
                    return Ok(Settled::SessionOver);
                }
                redeem(tx, &code, &family, now).await
            }
            Self::Rotate { family, from, next, touches } => {
                // The session first, as whoever ends it does: two who lock in different orders wait for one another.
                if let Some(session) = touches {
                    login_sessions::touch(tx, &session, now).await?;
                }
                let rotated = token_families::rotate(tx, &family, &from, &next).await?;
                Ok(if rotated { Settled::Done } else { Settled::Raced })
            }
        }
    }
}

async fn redeem(
    tx: &mut Tx,
    code: &Digest,
    family: &TokenFamily,
    now: Timestamp,
) -> Result<Settled, StoreError> {
    match codes::redeem(tx, code, &family.id, now).await? {
        Redeemed::Now => {
            token_families::insert(tx, family).await?;
            Ok(Settled::Done)
        }
        Redeemed::Already(earlier) => {
            token_families::revoke(tx, &earlier, RevocationReason::CodeReplayed, now).await?;
            Ok(Settled::CodeSpent)
        }
        Redeemed::Gone => Ok(Settled::CodeGone),
    }
}

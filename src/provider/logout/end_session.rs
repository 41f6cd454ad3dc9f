//! The one way a session ends, whoever ends it. In one commit it ends, what hangs on it is revoked, the legacy tokens that nobody lives
//! on any more are burnt, and everybody who has to hear of it stands in the outbox.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tracing::info;

use crate::id::{AccountId, ClientId, LogoutId, SessionId};
use crate::model::login_session::EndReason;
use crate::model::logout_notice::LogoutNotice;
use crate::model::registry::Registry;
use crate::model::token_family::RevocationReason;
use crate::secret::Chance;
use crate::store::db::{Db, Tx};
use crate::store::error::StoreError;
use crate::store::{accounts, legacy_grants, login_sessions, logout_outbox, participants, token_families};
use crate::time::Timestamp;

/// Ends sessions.
#[derive(Clone, Debug)]
pub struct EndSession {
    /// Where they are.
    pub db: Db,
    /// Which clients have to be told.
    pub registry: Registry,
    /// For the ids of what is told.
    pub chance: Chance,
    /// Wakes whoever delivers.
    pub wake: Arc<Notify>,
}

/// A session that has just ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedSession {
    /// Which.
    pub id: SessionId,
    /// Whose it was.
    pub account: AccountId,
    /// Who took part in it.
    pub participants: Vec<ClientId>,
}

impl EndSession {
    /// Ends the session `id` and what is bound to it; its cookie finds nothing from then on. What ended, for the one call that ended it.
    ///
    /// # Errors
    /// When it could not be written: then it did not end, or nobody knows.
    pub async fn end(
        &self,
        id: &SessionId,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<Option<EndedSession>, StoreError> {
        self.end_with_head_start(id, reason, Duration::ZERO, now).await
    }

    /// The same for a caller that tells the apps itself: the jobs, here and on other nodes, leave them alone for `head_start`.
    ///
    /// # Errors
    /// As [`EndSession::end`].
    pub async fn end_with_head_start(
        &self,
        id: &SessionId,
        reason: EndReason,
        head_start: Duration,
        now: Timestamp,
    ) -> Result<Option<EndedSession>, StoreError> {
        let (flow, session) = (self.clone(), id.clone());
        let end = self.db.write(move |tx| {
            Box::pin(async move { flow.end_within(tx, &session, reason, (now, now + head_start)).await })
        });
        let ended = end.await?;
        self.wake.notify_one();
        Ok(ended)
    }

    /// Ends every session of `account` but `except`.
    ///
    /// # Errors
    /// As [`EndSession::end`]: all of them ended, or none did.
    pub async fn end_all(
        &self,
        account: &AccountId,
        except: Option<&SessionId>,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<Vec<EndedSession>, StoreError> {
        let (flow, account, except) = (self.clone(), account.clone(), except.cloned());
        let end = self.db.write(move |tx| {
            Box::pin(async move { flow.all_within(tx, &account, except.as_ref(), reason, now).await })
        });
        let ended = end.await?;
        self.wake.notify_one();
        Ok(ended)
    }

    /// Ends all that `account` has here: every session, the tokens that outlive sessions (offline access was lent by the same person), and
    /// the legacy tokens that are kept.
    ///
    /// # Errors
    /// As [`EndSession::end`]: all of it ended, or nothing did.
    pub async fn end_everything(
        &self,
        account: &AccountId,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<Vec<EndedSession>, StoreError> {
        let (flow, account) = (self.clone(), account.clone());
        let revoked = match reason {
            EndReason::LegacyRefused => RevocationReason::LegacyRefused,
            _ => RevocationReason::Operator,
        };
        let end = self.db.write(move |tx| {
            Box::pin(async move {
                let ended = flow.all_within(tx, &account, None, reason, now).await?;
                token_families::revoke_of_account(tx, &account, revoked, now).await?;
                legacy_grants::burn(tx, &account).await?;
                Ok(ended)
            })
        });
        let ended = end.await?;
        self.wake.notify_one();
        Ok(ended)
    }

    async fn all_within(
        &self,
        tx: &mut Tx,
        account: &AccountId,
        except: Option<&SessionId>,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<Vec<EndedSession>, StoreError> {
        // A sign-in beside this is before it or behind it, with its session as with its tokens.
        accounts::hold(tx, account).await?;
        let mut ended = Vec::new();
        for session in login_sessions::list_within(tx, account).await? {
            if Some(&session) != except {
                ended.extend(self.within(tx, &session, reason, now).await?);
            }
        }
        Ok(ended)
    }

    /// The same as a part of a commit that does more: a sign-in that replaces somebody else's session.
    pub(in crate::provider) async fn within(
        &self,
        tx: &mut Tx,
        id: &SessionId,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<Option<EndedSession>, StoreError> {
        self.end_within(tx, id, reason, (now, now)).await
    }

    async fn end_within(
        &self,
        tx: &mut Tx,
        id: &SessionId,
        reason: EndReason,
        (now, due_at): (Timestamp, Timestamp),
    ) -> Result<Option<EndedSession>, StoreError> {
        let Some(account) = login_sessions::end(tx, id, reason, now).await? else { return Ok(None) };
        let participants = participants::list_within(tx, id).await?;
        for client in participants.iter().filter(|client| self.has_to_be_told(client)) {
            let notice = LogoutNotice {
                id: LogoutId::mint(now, &self.chance),
                client: client.clone(),
                session: id.clone(),
                account: account.clone(),
                created_at: now,
                due_at,
                attempts: 0,
            };
            logout_outbox::insert(tx, &notice).await?;
        }
        legacy_grants::burn_unused(tx, &account, now).await?;
        info!(
            session.id = %id, account.id = %account, reason = reason.as_str(),
            participants = participants.len(), "session {id} ends: {}", reason.as_str()
        );
        Ok(Some(EndedSession { id: id.clone(), account, participants }))
    }

    fn has_to_be_told(&self, client: &ClientId) -> bool {
        self.registry.client(client).is_some_and(|client| client.backchannel_logout_uri.is_some())
    }
}

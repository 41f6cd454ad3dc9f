//! `refresh_token` (RFC 6749 §6) with rotation and reuse detection; `rules::rotation` says what a token that is shown means.

use std::time::Duration;

use tracing::{info, warn};

use crate::keys::seal::Sealer;
use crate::model::client::Client;
use crate::model::token_family::{Binding, RefreshState, RevocationReason, TokenFamily};
use crate::oauth::token_request::RefreshRequest;
use crate::provider::grant::granted::{Granted, Person};
use crate::provider::grant::settlement::Settlement;
use crate::provider::liveness::{Liveness, Standing};
use crate::provider::token_error::TokenError;
use crate::rules::rotation::{Decision, decide};
use crate::secret::{Chance, Digest};
use crate::store::db::Db;
use crate::store::{accounts, login_sessions, token_families};
use crate::time::Timestamp;
use crate::tokens::refresh;

/// The grant.
#[derive(Clone)]
pub struct RefreshGrant {
    /// Families, sessions, accounts.
    pub db: Db,
    /// Seals the newest token while its answer may have been lost.
    pub sealer: Sealer,
    /// For refresh tokens.
    pub chance: Chance,
    /// How long an answer may be given again.
    pub replay_window: Duration,
    /// After how long a session that nobody uses is over.
    pub session_idle: Duration,
    /// Asks the legacy system whether the person is still good.
    pub liveness: Liveness,
}

impl RefreshGrant {
    /// What the refresh token stands for, and what replaces it.
    ///
    /// # Errors
    /// When it is not good any more, or never was.
    pub async fn authorize(
        &self,
        client: &Client,
        request: &RefreshRequest,
        now: Timestamp,
    ) -> Result<Granted, TokenError> {
        let shown = request.refresh_token.expose();
        let handle = refresh::handle_of(shown).ok_or(TokenError::RefreshUnknown)?;
        let family = token_families::find_by_handle(&self.db, &handle).await?;
        let family = family.ok_or(TokenError::RefreshUnknown)?;
        let digest = Digest::of(shown);
        match decide(&family, &client.id, &digest, self.replay_window, now) {
            Decision::WrongClient => Err(TokenError::RefreshOfAnotherClient),
            Decision::Revoked => Err(TokenError::RefreshRevoked),
            Decision::Expired => Err(TokenError::RefreshExpired),
            Decision::Reuse => Err(self.stolen(&family, now).await?),
            Decision::Rotate => self.rotate(client, family, shown, now).await,
            Decision::Replay => self.replay(family, now).await,
        }
    }

    async fn rotate(
        &self,
        client: &Client,
        family: TokenFamily,
        shown: &str,
        now: Timestamp,
    ) -> Result<Granted, TokenError> {
        let stands = family.refresh.as_ref().ok_or(TokenError::RefreshRevoked)?;
        let minted = refresh::successor(shown, &self.chance).ok_or(TokenError::RefreshUnknown)?;
        let next = RefreshState {
            handle: stands.handle,
            current: minted.digest,
            previous: Some(stands.current),
            generation: stands.generation.saturating_add(1),
            rotated_at: now,
            idle_expires_at: family.expires_at.min(now + client.lifetimes.refresh_token_idle),
            successor: Some(refresh::seal(&self.sealer, &family.id, &minted.token, &self.chance)),
            successor_used: false,
        };
        let person = self.person(&family, next.generation, now).await?;
        let touches = (family.bound_to == Binding::Session).then(|| person.authenticated.session.clone());
        Ok(Granted {
            person: Some(person),
            nonce: None,
            refresh_token: Some(minted.token),
            settlement: Settlement::Rotate {
                family: family.id.clone(),
                from: stands.current,
                next: Box::new(next),
                touches,
            },
            authorization: family.authorization,
        })
    }

    /// The answer was lost: the same successor is handed out again, with fresh tokens beside it.
    async fn replay(&self, family: TokenFamily, now: Timestamp) -> Result<Granted, TokenError> {
        let stands = family.refresh.as_ref().ok_or(TokenError::RefreshRevoked)?;
        let sealed = stands.successor.as_deref().ok_or(TokenError::RefreshRevoked)?;
        let token = refresh::open(&self.sealer, &family.id, sealed).ok_or(TokenError::RefreshRevoked)?;
        let person = self.person(&family, stands.generation, now).await?;
        info!(family.id = %family.id, "gave the answer of a refresh again");
        Ok(Granted {
            person: Some(person),
            nonce: None,
            refresh_token: Some(token),
            settlement: Settlement::Nothing,
            authorization: family.authorization,
        })
    }

    async fn stolen(&self, family: &TokenFamily, now: Timestamp) -> Result<TokenError, TokenError> {
        let id = family.id.clone();
        warn!(
            family.id = %id, client.id = %family.authorization.client,
            "a spent refresh token came back: revoking family {id}"
        );
        let revoke = self.db.write(move |tx| {
            Box::pin(async move {
                token_families::revoke(tx, &id, RevocationReason::RefreshTokenReused, now).await
            })
        });
        revoke.await?;
        Ok(TokenError::RefreshReused)
    }

    /// The person, who must still be there; and the session too, when the family hangs on it.
    async fn person(
        &self,
        family: &TokenFamily,
        generation: i64,
        now: Timestamp,
    ) -> Result<Person, TokenError> {
        let authenticated = family.authorization.person.clone().ok_or(TokenError::AccountGone)?;
        if family.bound_to == Binding::Session {
            let session = login_sessions::find(&self.db, &authenticated.session).await?;
            if !session.is_some_and(|session| session.is_live(now, self.session_idle)) {
                return Err(TokenError::SessionOver);
            }
        }
        let account = accounts::find(&self.db, &authenticated.account).await?;
        let account = account.ok_or(TokenError::AccountGone)?;
        match self.liveness.of(&account, now).await? {
            Standing::Good => {}
            Standing::Over => return Err(TokenError::LegacyRefused),
            Standing::Stale => return Err(TokenError::LegacySilent),
            Standing::Unasked => return Err(TokenError::SignInNeeded),
        }
        Ok(Person { account, authenticated, family: family.id.clone(), generation })
    }
}

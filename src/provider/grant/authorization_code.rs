//! `authorization_code` (RFC 6749 §4.1.3): a code, proven to belong to whoever shows it, becomes a token family.
//!
//! A code that is shown again by its own client with its own proof ends what came of it (RFC 6749 §4.1.2, RFC 9700 §4.5.3). Somebody
//! who merely saw the code can neither redeem it nor do that: the proof comes first.

use std::time::Duration;

use tracing::warn;

use crate::id::FamilyId;
use crate::model::client::{Client, RefreshBinding};
use crate::model::code::AuthorizationCode;
use crate::model::login_session::LoginSession;
use crate::model::token_family::{Binding, RefreshState, RevocationReason, TokenFamily};
use crate::oauth::grant_type::GrantType;
use crate::oauth::scope::OFFLINE_ACCESS;
use crate::oauth::token_request::CodeRequest;
use crate::provider::grant::granted::{Granted, Person};
use crate::provider::grant::settlement::Settlement;
use crate::provider::token_error::TokenError;
use crate::rules;
use crate::secret::{Chance, Digest};
use crate::store::db::Db;
use crate::store::{accounts, codes, login_sessions, token_families};
use crate::time::Timestamp;
use crate::tokens::refresh;

/// The grant.
#[derive(Clone, Debug)]
pub struct CodeGrant {
    /// Codes, sessions, accounts, families.
    pub db: Db,
    /// For ids and refresh tokens.
    pub chance: Chance,
    /// After how long a session that nobody uses is over.
    pub session_idle: Duration,
}

impl CodeGrant {
    /// What the code stands for.
    ///
    /// # Errors
    /// When it is not good for this client and this request.
    pub async fn authorize(
        &self,
        client: &Client,
        request: &CodeRequest,
        now: Timestamp,
    ) -> Result<Granted, TokenError> {
        let digest = Digest::of(request.code.expose());
        let code = codes::find(&self.db, &digest).await?.ok_or(TokenError::CodeUnknown)?;
        rules::code::check(&code, &client.id, request, now)?;
        if let Some(family) = code.redeemed_as {
            return Err(self.shown_again(family, now).await?);
        }
        let person = code.authorization.person.clone().ok_or(TokenError::AccountGone)?;
        let session = login_sessions::find(&self.db, &person.session).await?;
        let session = session.filter(|session| session.is_live(now, self.session_idle));
        let session = session.ok_or(TokenError::SessionOver)?;
        let account = accounts::find(&self.db, &person.account).await?.ok_or(TokenError::AccountGone)?;
        let refresh = may_refresh(client).then(|| refresh::first(&self.chance));
        let family = self.family(client, &code, &session, refresh.as_ref(), now);
        Ok(Granted {
            authorization: code.authorization,
            person: Some(Person { account, authenticated: person, family: family.id.clone(), generation: 0 }),
            nonce: code.nonce,
            refresh_token: refresh.map(|refresh| refresh.token),
            settlement: Settlement::Redeem { code: digest, family: Box::new(family), session: session.id },
        })
    }

    async fn shown_again(&self, family: FamilyId, now: Timestamp) -> Result<TokenError, TokenError> {
        warn!(family.id = %family, "a code was shown a second time: revoking what came of it, family {family}");
        let revoke = self.db.write(move |tx| {
            Box::pin(
                async move { token_families::revoke(tx, &family, RevocationReason::CodeReplayed, now).await },
            )
        });
        revoke.await?;
        Ok(TokenError::CodeSpent)
    }

    /// OpenID Connect Core §11: with `offline_access` it lives on without the session; without, it ends with it.
    fn family(
        &self,
        client: &Client,
        code: &AuthorizationCode,
        session: &LoginSession,
        refresh: Option<&refresh::MintedRefresh>,
        now: Timestamp,
    ) -> TokenFamily {
        let offline = match client.refresh_tokens {
            RefreshBinding::ByScope => code.authorization.scope.contains(OFFLINE_ACCESS),
            RefreshBinding::Session => false,
            RefreshBinding::Standalone => true,
        };
        let lifetimes = &client.lifetimes;
        let expires_at = match (refresh, offline) {
            // It only carries what was issued with it.
            (None, _) => now + lifetimes.access_token,
            (Some(_), true) => now + lifetimes.refresh_token_absolute,
            (Some(_), false) => session.expires_at.min(now + lifetimes.refresh_token_absolute),
        };
        TokenFamily {
            id: FamilyId::mint(now, &self.chance),
            authorization: code.authorization.clone(),
            bound_to: if offline { Binding::Offline } else { Binding::Session },
            refresh: refresh.map(|refresh| RefreshState {
                handle: refresh.handle,
                current: refresh.digest,
                previous: None,
                generation: 0,
                rotated_at: now,
                idle_expires_at: expires_at.min(now + lifetimes.refresh_token_idle),
                successor: None,
                successor_used: false,
            }),
            created_at: now,
            expires_at,
            revoked: None,
        }
    }
}

fn may_refresh(client: &Client) -> bool {
    client.grant_types.contains(&GrantType::RefreshToken)
}

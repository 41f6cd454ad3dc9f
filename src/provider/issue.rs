//! A code for a person who may have one: made by the dispatcher, and let out once it is durable.

use std::time::Duration;

use tracing::info;

use crate::id::SessionId;
use crate::model::authorization::Authorization;
use crate::model::code::AuthorizationCode;
use crate::model::login_session::LoginSession;
use crate::oauth::response::Outcome;
use crate::oauth::scope::OPENID;
use crate::provider::admission::Admitted;
use crate::provider::step::Answer;
use crate::secret::{Chance, Digest};
use crate::store::db::{Db, Tx};
use crate::store::error::StoreError;
use crate::store::{codes, login_sessions, participants};
use crate::time::Timestamp;
use crate::tokens::session_state::session_state;

/// A code that counts once it is committed.
pub(super) struct Issue {
    pub(super) code: AuthorizationCode,
    pub(super) answer: Answer,
}

impl Issue {
    /// A code for whoever is signed in to `session`, good for `lifetime`.
    pub(super) fn new(
        admitted: &Admitted,
        session: &LoginSession,
        lifetime: Duration,
        issuer: &str,
        chance: &Chance,
        now: Timestamp,
    ) -> Self {
        let Admitted { client, redirect, checked } = admitted;
        let code = chance.secret();
        let mut answer = admitted.answer(&Outcome::Code(&code), issuer);
        // Session Management §2 speaks of OpenID Connect requests only.
        if checked.scope.contains(OPENID)
            && let Some(state) = session_state(&client.id, redirect.as_str(), &session.id, chance)
        {
            answer.response = answer.response.with_session_state(state);
            answer.session = Some(session.id.clone());
        }
        let record = AuthorizationCode {
            digest: Digest::of(code.expose()),
            authorization: Authorization {
                client: client.id.clone(),
                person: Some(session.authenticated()),
                scope: checked.scope.clone(),
                audiences: checked.audiences.clone(),
                claims: checked.claims.clone(),
            },
            redirect_uri: redirect.to_repeat().map(str::to_owned),
            challenge: checked.challenge.clone(),
            nonce: checked.nonce.clone(),
            issued_at: now,
            expires_at: now + lifetime,
            redeemed_as: None,
        };
        Self { code: record, answer }
    }

    /// Commits it, notes the use of the session `touched`, and lets it go out.
    pub(super) async fn commit(
        self,
        db: &Db,
        touched: Option<SessionId>,
        now: Timestamp,
    ) -> Result<Answer, StoreError> {
        let Self { code, answer } = self;
        let granted = code.authorization.clone();
        db.write(move |tx| {
            Box::pin(async move {
                if let Some(session) = touched {
                    login_sessions::touch(tx, &session, now).await?;
                }
                keep(tx, &code).await
            })
        })
        .await?;
        issued(&granted);
        Ok(answer)
    }
}

/// Keeps the code, and the client as a participant of the session: it has to hear of its end.
pub(super) async fn keep(tx: &mut Tx, code: &AuthorizationCode) -> Result<(), StoreError> {
    if let Some(person) = &code.authorization.person {
        participants::join(tx, &person.session, &code.authorization.client, code.issued_at).await?;
    }
    codes::insert(tx, code).await
}

/// The audit line of a code that was committed.
pub(super) fn issued(granted: &Authorization) {
    if let Some(person) = &granted.person {
        info!(
            client.id = %granted.client, account.id = %person.account, session.id = %person.session,
            scope = %granted.scope, "issued a code to {}", granted.client
        );
    }
}

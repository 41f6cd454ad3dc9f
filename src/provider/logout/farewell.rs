//! What belongs to a sign-out that a person waits for: the session ends, the apps are told while the page is prepared, and the page says
//! which of them have heard.

use std::sync::Arc;
use std::time::Duration;

use tracing::{Instrument as _, Span, warn};

use crate::id::{AccountId, SessionId};
use crate::legacy::connector::Connector;
use crate::model::client::Client;
use crate::model::login_session::{EndReason, LoginSession};
use crate::model::logout_notice::NoticeOutcome;
use crate::model::registry::Registry;
use crate::oauth::response::append_query;
use crate::provider::logout::back_channel::BackChannel;
use crate::provider::logout::end_session::{EndSession, EndedSession};
use crate::store::error::StoreError;
use crate::store::{accounts, legacy_grants, logout_outbox, participants};
use crate::time::Timestamp;
use crate::vault::custody::{AtHand, Vault};

/// So long the person waits for apps; the others are told behind their back.
const PATIENCE: Duration = Duration::from_millis(2000);

/// Ends sessions for people.
#[derive(Clone)]
pub struct Farewell {
    /// Ends the session.
    pub end_session: EndSession,
    /// Tells the apps.
    pub back_channel: BackChannel,
    /// For the last call to the legacy system, where the configuration wants one.
    pub vault: Vault,
    /// Who the apps are.
    pub registry: Registry,
    /// `iss` in frames.
    pub issuer: Arc<str>,
}

/// Which apps know of the end of a session.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// These have heard.
    pub heard: Vec<Arc<Client>>,
    /// These have not heard yet; it is tried further.
    pub unreached: Vec<Arc<Client>>,
    /// These cannot be told: whoever uses them signs out there.
    pub silent: Vec<Arc<Client>>,
    /// What the page shows in frames, so that apps hear through the browser (OpenID Connect Front-Channel Logout §2).
    pub frames: Vec<String>,
}

impl Farewell {
    /// Ends `session` and tells everybody who can be told in a moment. False when somebody else ended it before.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn end(
        &self,
        session: &LoginSession,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let connector = self.told_there(&session.account).await?;
        let tokens = match &connector {
            Some(_) => self.vault.at_hand(&session.account).await?,
            None => None,
        };
        // Otherwise the jobs may take what is told here, and the page would say that nobody has heard.
        let end = self.end_session.end_with_head_start(&session.id, reason, PATIENCE, now);
        let Some(ended) = end.await? else { return Ok(false) };
        // While another session of the person lives, the tokens do too.
        let burnt = legacy_grants::list(&self.end_session.db, &session.account).await?.is_empty();
        self.tell(ended, connector.zip(tokens.filter(|_| burnt))).await;
        Ok(true)
    }

    /// The old system of `account`, when it is told of sign-outs.
    async fn told_there(&self, account: &AccountId) -> Result<Option<Connector>, StoreError> {
        let mut systems = self.vault.connectors.iter();
        if !systems.any(Connector::wants_sign_out) {
            return Ok(None);
        }
        let account = accounts::find(&self.end_session.db, account).await?;
        let connector = account.and_then(|account| self.vault.connectors.find(&account.connector));
        Ok(connector.filter(|connector| connector.wants_sign_out()).cloned())
    }

    /// Goes on when the browser hangs up, and when the person has waited long enough.
    async fn tell(&self, ended: EndedSession, there: Option<(Connector, AtHand)>) {
        let channel = self.back_channel.clone();
        let telling = async move {
            let legacy = async {
                if let Some((connector, tokens)) = there
                    && let Err(refusal) = connector.sign_out(&tokens.access, tokens.refresh.as_ref()).await
                {
                    warn!(session.id = %ended.id, "the legacy system did not hear of a sign-out: {refusal}");
                }
            };
            let (told, ()) = tokio::join!(channel.deliver_of(&ended.id), legacy);
            if let Err(error) = told {
                warn!(session.id = %ended.id, "the apps of a session are told later: {error}");
            }
        };
        // When time is over the task goes on by itself.
        let _ = tokio::time::timeout(PATIENCE, tokio::spawn(telling.instrument(Span::current()))).await;
    }

    /// Which apps know by now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn told(&self, session: &SessionId) -> Result<Told, StoreError> {
        let standing = logout_outbox::standing(&self.end_session.db, session).await?;
        let mut told = Told::default();
        for id in participants::list(&self.end_session.db, session).await? {
            let Some(client) = self.registry.client(&id) else { continue };
            let noted = |standing: &&logout_outbox::Standing| standing.client == id;
            match (standing.iter().find(noted), &client.frontchannel_logout_uri) {
                (Some(note), _) if note.outcome == Some(NoticeOutcome::Delivered) => told.heard.push(client),
                (Some(_), None) => told.unreached.push(client),
                (_, Some(uri)) => {
                    told.frames.push(self.frame(uri, &client, session));
                    told.heard.push(client);
                }
                (None, None) => told.silent.push(client),
            }
        }
        Ok(told)
    }

    /// OpenID Connect Front-Channel Logout §3: `iss` and `sid` together, where the client wants them.
    fn frame(&self, uri: &str, client: &Client, session: &SessionId) -> String {
        if client.frontchannel_logout_session_required {
            append_query(uri, &[("iss", self.issuer.to_string()), ("sid", session.to_string())])
        } else {
            uri.to_owned()
        }
    }
}

//! What a person sees and does about their own sessions and apps. Every change is made by a form that was sealed for this person and this
//! browser; somebody else's session is never found by its id.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tracing::info;

use crate::i18n::Sentence;
use crate::id::{AccountId, ClientId, SessionId};
use crate::keys::seal::Purpose;
use crate::model::account::Account;
use crate::model::client::Client;
use crate::model::login_session::{EndReason, LoginSession};
use crate::model::token_family::RevocationReason;
use crate::oauth::scope::Scope;
use crate::provider::authorize::Authorize;
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::logout::farewell::Farewell;
use crate::provider::step::{Destination, Step};
use crate::provider::visitor::Visitor;
use crate::store::{consents, login_sessions, participants, token_families};
use crate::time::Timestamp;

/// Part of what the page's forms are bound to.
const LABEL: &str = "account";

/// The flow.
#[derive(Clone)]
pub struct AccountPages {
    /// Who is signed in, and the words for scopes.
    pub authorize: Authorize,
    /// Ends sessions.
    pub farewell: Farewell,
}

/// What comes next for the browser.
pub enum AccountStep {
    /// The page.
    Overview(Box<Overview>),
    /// A sign-in first.
    First(Step),
}

/// What the page needs.
pub struct Overview {
    /// Whose.
    pub account: Account,
    /// Their sessions, this browser's first.
    pub sessions: Vec<OwnSession>,
    /// The apps that see something of them.
    pub apps: Vec<ConnectedApp>,
    /// What every form of the page carries, sealed.
    pub request: String,
}

/// A session of the person.
pub struct OwnSession {
    /// The session.
    pub session: LoginSession,
    /// Whether it is this browser's.
    pub is_this: bool,
    /// The apps that take part in it.
    pub apps: Vec<Arc<Client>>,
}

/// An app that sees something of the person.
pub struct ConnectedApp {
    /// The app.
    pub client: Arc<Client>,
    /// What it may see: scopes with the words of the configuration where it has some.
    pub scopes: Vec<(String, Option<Sentence>)>,
    /// Since when.
    pub since: Timestamp,
}

/// What the person wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountAction {
    /// One session ends.
    EndSession(SessionId),
    /// All but this one end.
    EndOthers,
    /// An app sees nothing any more.
    Disconnect(ClientId),
}

/// What every form carries: nobody else's form counts.
#[derive(Serialize, Deserialize)]
struct Own {
    account: AccountId,
}

impl AccountPages {
    /// The page, or what has to come before it.
    ///
    /// # Errors
    /// What only a page may tell.
    pub async fn show(&self, visitor: &Visitor, now: Timestamp) -> Result<AccountStep, AuthorizeError> {
        let step = self.authorize.visit(Destination::Account, visitor, now).await?;
        let found = match step {
            Step::Account => self.authorize.signed_in(visitor, now).await?,
            step => return Ok(AccountStep::First(step)),
        };
        // It ended between two looks.
        let Some((session, account)) = found else {
            return Err(AuthorizeError::Crossed);
        };
        Ok(AccountStep::Overview(Box::new(self.overview(&session, account, visitor, now).await?)))
    }

    /// Does what the person wants.
    ///
    /// # Errors
    /// What only a page may tell; a form that was not made for this person and browser changes nothing.
    pub async fn act(
        &self,
        action: AccountAction,
        sealed: &str,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<(), AuthorizeError> {
        let bound = visitor.bound(LABEL);
        let own: Own = self.authorize.sealer.open_form(Purpose::Browser, &bound, sealed, now)?;
        let found = self.authorize.signed_in(visitor, now).await?;
        let Some((mine, account)) = found.filter(|(_, account)| account.id == own.account) else {
            return Ok(());
        };
        match action {
            // This browser signs out by the page that is there for it.
            AccountAction::EndSession(id) if id == mine.id => {}
            AccountAction::EndSession(id) => {
                let session = login_sessions::find(&self.authorize.db, &id).await?;
                if let Some(session) = session.filter(|session| session.account == account.id) {
                    self.farewell.end(&session, EndReason::EndedElsewhere, now).await?;
                }
            }
            AccountAction::EndOthers => {
                let end = &self.farewell.end_session;
                end.end_all(&account.id, Some(&mine.id), EndReason::EndedElsewhere, now).await?;
            }
            AccountAction::Disconnect(client) => self.disconnect(&account.id, client, now).await?,
        }
        Ok(())
    }

    async fn disconnect(
        &self,
        account: &AccountId,
        client: ClientId,
        now: Timestamp,
    ) -> Result<(), AuthorizeError> {
        info!(account.id = %account, client.id = %client, "{account} disconnects {client}");
        let account = account.clone();
        let write = self.authorize.db.write(move |tx| {
            Box::pin(async move {
                consents::revoke(tx, &account, &client).await?;
                let reason = RevocationReason::Disconnected;
                token_families::revoke_all(tx, &account, &client, reason, now).await.map(drop)
            })
        });
        Ok(write.await?)
    }

    async fn overview(
        &self,
        mine: &LoginSession,
        account: Account,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Overview, AuthorizeError> {
        let (db, settings) = (&self.authorize.db, &self.authorize.settings);
        let mut sessions = Vec::new();
        for session in login_sessions::list(db, &account.id, now, now - settings.session_idle).await? {
            let ids = participants::list(db, &session.id).await?;
            let apps = ids.iter().filter_map(|id| self.authorize.registry.client(id)).collect();
            sessions.push(OwnSession { is_this: session.id == mine.id, session, apps });
        }
        sessions.sort_by_key(|own| !own.is_this);
        let own = Own { account: account.id.clone() };
        let (bound, until) = (visitor.bound(LABEL), now + settings.pending);
        let sealer = &self.authorize.sealer;
        let sealed = sealer.seal_form(Purpose::Browser, &bound, &own, until, &self.authorize.chance);
        Ok(Overview {
            apps: self.apps(&account.id, now).await?,
            request: sealed.map_err(|_| AuthorizeError::Unsealable)?,
            account,
            sessions,
        })
    }

    /// From what was agreed to and from what gives access now: an app of the organisation's own was never asked for.
    async fn apps(&self, account: &AccountId, now: Timestamp) -> Result<Vec<ConnectedApp>, AuthorizeError> {
        let db = &self.authorize.db;
        let mut found: BTreeMap<ClientId, (Scope, Timestamp)> = BTreeMap::new();
        let agreed = consents::list(db, account).await?;
        let agreed = agreed.into_iter().map(|consent| (consent.client, consent.scope, consent.granted_at));
        let given = token_families::list_of_account(db, account, now).await?;
        let given = given
            .into_iter()
            .map(|family| (family.authorization.client, family.authorization.scope, family.created_at));
        for (client, scope, since) in agreed.chain(given) {
            let entry = found.entry(client).or_insert_with(|| (Scope::default(), since));
            entry.0 = entry.0.union(&scope);
            entry.1 = entry.1.min(since);
        }
        let app = |(id, (scope, since)): (ClientId, (Scope, Timestamp))| {
            let client = self.authorize.registry.client(&id)?;
            let words = |token: &str| (token.to_owned(), self.authorize.words(token));
            Some(ConnectedApp { client, scopes: scope.iter().map(words).collect(), since })
        };
        Ok(found.into_iter().filter_map(app).collect())
    }
}

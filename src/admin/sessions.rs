//! The operator's view of what people have here: their sessions and the tokens that outlive them, listed and ended. A bridge that runs
//! tells the apps within seconds.

use std::time::Duration;

use serde::Serialize;

use crate::id::{AccountId, ClientId, FamilyId, SessionId};
use crate::model::account::Account;
use crate::model::login_session::EndReason;
use crate::model::token_family::Binding;
use crate::provider::logout::end_session::EndSession;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::{accounts, login_sessions, participants, token_families};
use crate::time::Timestamp;

/// What a person has, as an operator sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The living sessions.
    pub sessions: Vec<ListedSession>,
    /// What lives on without them.
    pub offline: Vec<OfflineAccess>,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedSession {
    /// `sid`.
    pub id: SessionId,
    /// Whose: `sub`.
    pub account: AccountId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_seen: Timestamp,
    /// Where from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The clients that take part in it.
    pub clients: Vec<ClientId>,
}

/// Tokens of a client that end with no session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfflineAccess {
    /// Which.
    pub id: FamilyId,
    /// Whose: `sub`.
    pub account: AccountId,
    /// Who has them.
    pub client: ClientId,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when at most.
    pub expires_at: Timestamp,
}

/// Who is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Everybody who has this user name today, of whatever legacy system.
    UserName(String),
    /// One person.
    Account(AccountId),
}

/// How much ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Sessions, and what hangs on them.
    Sessions,
    /// All that apps and the bridge hold of the person.
    Everything,
}

/// People's sessions in an operator's hand.
#[derive(Clone, Debug)]
pub struct Sessions {
    /// Where they are.
    pub db: Db,
    /// Ends them.
    pub end_session: EndSession,
    /// After how long a session that nobody uses is over.
    pub session_idle: Duration,
}

impl Sessions {
    /// What they have.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list(&self, whom: &Whom, now: Timestamp) -> Result<Held, StoreError> {
        let mut held = Held::default();
        for account in self.accounts(whom).await? {
            self.add(&account.id, &mut held, now).await?;
        }
        Ok(held)
    }

    /// Ends it as far as `reach` says; answers with what ended.
    ///
    /// # Errors
    /// When the database does not answer; what people before in the list had has ended.
    pub async fn end(&self, whom: &Whom, reach: Reach, now: Timestamp) -> Result<Held, StoreError> {
        let mut ended = Held::default();
        for account in self.accounts(whom).await? {
            self.add(&account.id, &mut ended, now).await?;
            match reach {
                Reach::Sessions => {
                    self.end_session.end_all(&account.id, None, EndReason::Operator, now).await?
                }
                Reach::Everything => {
                    self.end_session.end_everything(&account.id, EndReason::Operator, now).await?
                }
            };
        }
        if reach == Reach::Sessions {
            ended.offline.clear();
        }
        Ok(ended)
    }

    async fn accounts(&self, whom: &Whom) -> Result<Vec<Account>, StoreError> {
        match whom {
            Whom::UserName(name) => accounts::list_by_user_name(&self.db, name).await,
            Whom::Account(id) => Ok(accounts::find(&self.db, id).await?.into_iter().collect()),
        }
    }

    async fn add(&self, account: &AccountId, held: &mut Held, now: Timestamp) -> Result<(), StoreError> {
        for session in login_sessions::list(&self.db, account, now, now - self.session_idle).await? {
            held.sessions.push(ListedSession {
                clients: participants::list(&self.db, &session.id).await?,
                id: session.id,
                account: session.account,
                created_at: session.created_at,
                last_seen: session.last_seen,
                address: session.whereabouts.address,
            });
        }
        let families = token_families::list_of_account(&self.db, account, now).await?;
        held.offline.extend(families.into_iter().filter(|family| family.bound_to == Binding::Offline).map(
            |family| OfflineAccess {
                id: family.id,
                account: account.clone(),
                client: family.authorization.client,
                created_at: family.created_at,
                expires_at: family.expires_at,
            },
        ));
        Ok(())
    }
}

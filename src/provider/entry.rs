//! The one way into a session, however the person proved who they are: account, session, legacy tokens and, when nothing else is wanted, a
//! code become durable in one commit, and only then is anybody let in.

use tracing::info;

use crate::id::{AccountId, SessionId};
use crate::legacy::identity::Identity;
use crate::legacy::tokens::Arrival;
use crate::model::account::{Account, LastHeard};
use crate::model::code::AuthorizationCode;
use crate::model::login_session::{EndReason, LoginSession, Whereabouts};
use crate::provider::authorize::{Authorize, Decided, Person};
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::issue::{self, Issue, issued};
use crate::provider::logout::end_session::EndSession;
use crate::provider::pending::Pending;
use crate::provider::step::Step;
use crate::provider::throttle::succeeded;
use crate::provider::visitor::Visitor;
use crate::secret::{Digest, Secret};
use crate::store::cookies::new_cookie;
use crate::store::db::Tx;
use crate::store::error::StoreError;
use crate::store::legacy_grants::SealedTokens;
use crate::store::{accounts, handovers, legacy_grants, life, login_sessions};
use crate::time::Timestamp;
use crate::vault::custody::Vault;

/// How often a sign-in is settled again because another one of the same person or browser came between.
const TRIES: usize = 3;

/// Lets people in.
#[derive(Clone)]
pub struct Entry {
    /// The dispatcher.
    pub authorize: Authorize,
    /// Keeps what the legacy system gave for them.
    pub vault: Vault,
    /// Ends the session of whoever was signed in with this browser before.
    pub end_session: EndSession,
}

/// Somebody who has just proved who they are.
pub(super) struct Entering {
    pub(super) arrival: Arrival,
    pub(super) by: By,
}

/// How they proved it.
#[derive(Clone)]
pub(super) enum By {
    /// With a password; its counter of failures is cleared.
    Password { counter: String, second: bool },
    /// With a hand-over of the legacy site, which counts once.
    Handover { handle: Digest },
}

/// Somebody who is in.
pub(super) struct Entered {
    /// The new value of the session cookie.
    pub(super) cookie: Secret,
    /// What comes next.
    pub(super) step: Step,
}

/// A sign-in that is ready to be committed.
struct Prepared {
    account: Account,
    session: LoginSession,
    /// What the legacy system gave, sealed, by the client that it was given to.
    tokens: Option<(String, SealedTokens)>,
    /// The session of the same person in this browser, which goes on.
    renews: bool,
    /// The session of somebody else in this browser, which ends.
    replaces: Option<LoginSession>,
    by: By,
}

/// What the commit found.
enum Committed {
    Done,
    /// The same person's first sign-in elsewhere was first: this account stands.
    AccountStands(Box<Account>),
    /// The session to be renewed ended meanwhile.
    SessionGone,
    /// The hand-over was used before, or waited for too long.
    HandoverGone,
}

impl Entry {
    /// Makes account, session and what comes next durable, and only then lets them out.
    pub(super) async fn settle(
        &self,
        entering: Entering,
        pending: Pending,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Entered, AuthorizeError> {
        let Entering { arrival: Arrival { identity, tokens }, by } = entering;
        let mut account = self.account(identity, now).await?;
        for _ in 0..TRIES {
            let (cookie, digest) = new_cookie(&self.authorize.chance);
            let live = self.authorize.signed_in(visitor, now).await?.map(|(session, _)| session);
            let mine = live.clone().filter(|session| session.account == account.id);
            let prepared = Prepared {
                session: self.session(&account, mine.as_ref(), (digest, &by), visitor, now),
                renews: mine.is_some(),
                replaces: live.filter(|session| session.account != account.id),
                tokens: tokens.as_ref().map(|tokens| {
                    (tokens.legacy_client.clone(), self.vault.sealed(&account.id, tokens, now))
                }),
                account: account.clone(),
                by: by.clone(),
            };
            let (id, session_id) = (account.id.clone(), prepared.session.id.clone());
            let pending = pending.clone().signed_in(&prepared.session);
            let person = Person { session: &prepared.session, account: &account };
            let (step, issue) =
                match self.authorize.decide(&pending, Some(person), None, visitor, now).await? {
                    Decided::Step(step) => (step, None),
                    Decided::Issue(issue) => {
                        let Issue { code, answer } = *issue;
                        (Step::Answer(Box::new(answer)), Some(code))
                    }
                };
            let granted = issue.as_ref().map(|code| code.authorization.clone());
            match self.commit(prepared, issue, now).await? {
                Committed::Done => {
                    info!(
                        client.id = %pending.client(), account.id = %id, session.id = %session_id,
                        address = %visitor.address, "{id} signed in"
                    );
                    if let Some(granted) = &granted {
                        issued(granted);
                    }
                    return Ok(Entered { cookie, step });
                }
                Committed::AccountStands(stands) => account = *stands,
                Committed::SessionGone => {}
                Committed::HandoverGone => return Err(AuthorizeError::HandoverGone),
            }
        }
        Err(AuthorizeError::Crossed)
    }

    /// The account as it will stand: with the subject that was minted for this person before, or a new one.
    async fn account(&self, identity: Identity, now: Timestamp) -> Result<Account, StoreError> {
        let Identity { connector, legacy_id, user_name, claims } = identity;
        let known = accounts::find_by_legacy_id(&self.authorize.db, &connector, &legacy_id).await?;
        let (id, created_at, updated_at) = match &known {
            Some(known) => {
                let same = known.user_name == user_name && known.claims == claims;
                (known.id.clone(), known.created_at, if same { known.updated_at } else { now })
            }
            None => (AccountId::mint(&self.authorize.chance), now, now),
        };
        let heard = LastHeard::shown_at(now);
        Ok(Account { id, connector, legacy_id, user_name, claims, created_at, updated_at, heard })
    }

    fn session(
        &self,
        account: &Account,
        mine: Option<&LoginSession>,
        (cookie, by): (Digest, &By),
        visitor: &Visitor,
        now: Timestamp,
    ) -> LoginSession {
        let settings = &self.authorize.settings;
        LoginSession {
            // OpenID Connect Back-Channel Logout §2.1: `sid` names a session, which goes on when its person signs in again.
            id: mine
                .map_or_else(|| SessionId::mint(now, &self.authorize.chance), |session| session.id.clone()),
            account: account.id.clone(),
            cookie,
            auth_time: now,
            amr: match by {
                // RFC 8176 §2: a password, and perhaps a code.
                By::Password { second: false, .. } => vec!["pwd".to_owned()],
                By::Password { second: true, .. } => {
                    vec!["pwd".to_owned(), "otp".to_owned(), "mfa".to_owned()]
                }
                // How the legacy site found out who it is, it does not say.
                By::Handover { .. } => Vec::new(),
            },
            acr: settings.acr.first().cloned().unwrap_or_default(),
            created_at: mine.map_or(now, |session| session.created_at),
            last_seen: now,
            expires_at: mine.map_or(now + settings.session_absolute, |session| session.expires_at),
            whereabouts: Whereabouts {
                agent: visitor.agent.clone(),
                address: Some(visitor.address.to_string()),
            },
            ended: None,
        }
    }

    async fn commit(
        &self,
        prepared: Prepared,
        code: Option<AuthorizationCode>,
        now: Timestamp,
    ) -> Result<Committed, StoreError> {
        let end_session = self.end_session.clone();
        let committed = self
            .authorize
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let replaces = prepared.replaces.clone();
                    // Two accounts are locked in the order of their ids: two browsers in which two people replace each other would stand
                    // in a ring otherwise.
                    if let Some(other) = replaces.as_ref().filter(|other| other.account < prepared.account.id)
                    {
                        accounts::hold(tx, &other.account).await?;
                    }
                    let stands = accounts::remember(tx, &prepared.account).await?;
                    if stands.id != prepared.account.id {
                        return Ok(Committed::AccountStands(Box::new(stands)));
                    }
                    let session = &prepared.session.id;
                    if prepared.renews && !login_sessions::hold(tx, session, now).await? {
                        return Ok(Committed::SessionGone);
                    }
                    // Before anything is changed: a hand-over that is spent lets nobody in.
                    if let By::Handover { handle } = &prepared.by
                        && handovers::take(tx, handle, now).await?.is_none()
                    {
                        return Ok(Committed::HandoverGone);
                    }
                    if !prepared.begin(tx, now).await? {
                        return Ok(Committed::SessionGone);
                    }
                    if let Some(other) = replaces {
                        end_session.within(tx, &other.id, EndReason::Replaced, now).await?;
                    }
                    if let Some(code) = code {
                        issue::keep(tx, &code).await?;
                    }
                    Ok(Committed::Done)
                })
            })
            .await?;
        self.end_session.wake.notify_one();
        Ok(committed)
    }
}

impl Prepared {
    /// The session, and what comes with it. False when the one to be renewed has ended.
    async fn begin(self, tx: &mut Tx, now: Timestamp) -> Result<bool, StoreError> {
        let Self { account, session, tokens, renews, by, .. } = self;
        if !renews {
            login_sessions::insert(tx, &session).await?;
        } else if !login_sessions::renew(tx, &session, now).await? {
            return Ok(false);
        }
        if let Some((legacy_client, tokens)) = &tokens {
            legacy_grants::put(tx, &account.id, legacy_client, tokens, now).await?;
        }
        life::note_alive(tx, &account.id, now).await?;
        if let By::Password { counter, .. } = &by {
            succeeded(tx, counter).await?;
        }
        Ok(true)
    }
}

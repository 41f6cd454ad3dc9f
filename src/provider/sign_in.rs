//! A sign-in with user name and password: the old system is asked once, and what it says becomes an account, a session and, when
//! nothing else is wanted, a code: in one commit.

use tracing::{Instrument as _, Span, info};

use crate::id::{AccountId, SessionId};
use crate::legacy::connector::Connector;
use crate::legacy::identity::Identity;
use crate::legacy::refusal::Refusal;
use crate::model::account::Account;
use crate::model::code::AuthorizationCode;
use crate::model::login_session::{EndReason, LoginSession};
use crate::provider::authorize::{Authorize, Decided, Person};
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::issue::{Issue, issued};
use crate::provider::logout::end_session::end_within;
use crate::provider::pending::Pending;
use crate::provider::step::{SignInPrompt, SignInRefusal, Step};
use crate::provider::throttle::{Throttle, succeeded};
use crate::provider::visitor::Visitor;
use crate::rules::interaction::SignInReason;
use crate::secret::{Digest, Secret};
use crate::store::cookies::new_cookie;
use crate::store::error::StoreError;
use crate::store::{accounts, codes, login_sessions};
use crate::time::Timestamp;

/// How often a sign-in is settled again because another one of the same person or browser came between.
const TRIES: usize = 3;

/// The flow.
#[derive(Clone)]
pub struct SignIn {
    /// The dispatcher.
    pub authorize: Authorize,
    /// The old system.
    pub connector: Connector,
    /// Holds back guessers.
    pub throttle: Throttle,
}

/// What was typed.
#[derive(Clone, Debug)]
pub struct Typed {
    /// The user name, which people mistake for the password field: it is not logged.
    pub user_name: Secret,
    /// The password: passed through, never kept.
    pub password: Secret,
}

/// What came of it.
#[derive(Debug)]
pub enum SignInOutcome {
    /// The browser has a session now.
    SignedIn {
        /// The new value of its cookie.
        cookie: Secret,
        /// What comes next.
        step: Step,
    },
    /// The page again, with what went wrong.
    Again(Box<SignInPrompt>),
    /// The request does not hold any more, since its client was changed: no password was tried, and the app is told.
    Refused(Step),
}

/// A sign-in that is ready to be committed.
struct Prepared {
    account: Account,
    session: LoginSession,
    /// The session of the same person in this browser, which goes on.
    renews: bool,
    /// The session of somebody else in this browser, which ends.
    replaces: Option<SessionId>,
    /// The counter to clear.
    counter: String,
}

/// What the commit found.
enum Committed {
    Done,
    /// The same person's first sign-in elsewhere was first: this account stands.
    AccountStands(Box<Account>),
    /// The session to be renewed ended meanwhile.
    SessionGone,
}

impl SignIn {
    /// Tries what was typed for the pending request `sealed`.
    ///
    /// # Errors
    /// What only a page may tell.
    pub async fn submit(
        &self,
        typed: Typed,
        sealed: &str,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<SignInOutcome, AuthorizeError> {
        let pending = self.authorize.open(sealed, visitor, now)?;
        let page = match self.authorize.sign_in_again(&pending, visitor)? {
            Step::SignIn(page) => page,
            step @ (Step::Consent(_) | Step::Answer(_)) => return Ok(SignInOutcome::Refused(step)),
        };
        if typed.user_name.expose().trim().is_empty() || typed.password.expose().is_empty() {
            return Ok(again(page, &typed, SignInRefusal::Legacy(Refusal::WrongCredentials)));
        }
        // What the old system hears of is brought to its end and counted, also when the browser hangs up meanwhile: otherwise a guesser
        // who always hangs up would never be held back.
        let (flow, visitor) = (self.clone(), visitor.clone());
        let tried = async move { flow.try_once(typed, page, pending, &visitor, now).await };
        let tried = tokio::spawn(tried.instrument(Span::current()));
        tried.await.map_err(|_| AuthorizeError::BrokenOff)?
    }

    /// Asks the old system, once, unless too many tries went before.
    async fn try_once(
        &self,
        typed: Typed,
        page: Box<SignInPrompt>,
        pending: Pending,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<SignInOutcome, AuthorizeError> {
        let user_name = typed.user_name.expose();
        let attempt = match self.throttle.admit(user_name, visitor.address, now).await? {
            Ok(attempt) => attempt,
            Err(until) => {
                info!(
                    client.id = %pending.client(), address = %visitor.address,
                    "held back a sign-in: too many tries"
                );
                return Ok(again(page, &typed, SignInRefusal::Throttled { until }));
            }
        };
        match self.connector.sign_in(user_name, &typed.password).await {
            Ok(identity) => self.settle(identity, attempt.account(), pending, visitor, now).await,
            Err(Refusal::NoImmutableId { why }) => Err(AuthorizeError::NoImmutableId { why }),
            Err(refusal) => {
                info!(
                    client.id = %pending.client(), address = %visitor.address,
                    "refused a sign-in: {refusal}"
                );
                // A system that does not answer says nothing about a password.
                if matches!(refusal, Refusal::WrongCredentials | Refusal::Unknown { .. }) {
                    self.throttle.failed(attempt, now).await?;
                }
                Ok(again(page, &typed, SignInRefusal::Legacy(refusal)))
            }
        }
    }

    /// Makes account, session and what comes next durable, and only then lets them out.
    async fn settle(
        &self,
        identity: Identity,
        counter: String,
        pending: Pending,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<SignInOutcome, AuthorizeError> {
        let mut account = self.account(identity, now).await?;
        for _ in 0..TRIES {
            let (cookie, digest) = new_cookie(&self.authorize.chance);
            let live = self.authorize.signed_in(visitor, now).await?.map(|(session, _)| session);
            let mine = live.clone().filter(|session| session.account == account.id);
            let prepared = Prepared {
                session: self.session(&account, mine.as_ref(), digest, now),
                renews: mine.is_some(),
                replaces: live.filter(|session| session.account != account.id).map(|session| session.id),
                account: account.clone(),
                counter: counter.clone(),
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
                    return Ok(SignInOutcome::SignedIn { cookie, step });
                }
                Committed::AccountStands(stands) => account = *stands,
                Committed::SessionGone => {}
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
        Ok(Account { id, connector, legacy_id, user_name, claims, created_at, updated_at })
    }

    fn session(
        &self,
        account: &Account,
        mine: Option<&LoginSession>,
        cookie: Digest,
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
            // RFC 8176 §2: a password.
            amr: vec!["pwd".to_owned()],
            acr: settings.acr.first().cloned().unwrap_or_default(),
            created_at: mine.map_or(now, |session| session.created_at),
            last_seen: now,
            expires_at: mine.map_or(now + settings.session_absolute, |session| session.expires_at),
            ended: None,
        }
    }

    async fn commit(
        &self,
        prepared: Prepared,
        code: Option<AuthorizationCode>,
        now: Timestamp,
    ) -> Result<Committed, StoreError> {
        self.authorize
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let Prepared { account, session, renews, replaces, counter } = prepared;
                    let stands = accounts::remember(tx, &account).await?;
                    if stands.id != account.id {
                        return Ok(Committed::AccountStands(Box::new(stands)));
                    }
                    if renews {
                        let person = session.authenticated();
                        if !login_sessions::renew(tx, &person, session.cookie, now).await? {
                            return Ok(Committed::SessionGone);
                        }
                    } else {
                        login_sessions::insert(tx, &session).await?;
                    }
                    if let Some(other) = replaces {
                        end_within(tx, &other, EndReason::Replaced, now).await?;
                    }
                    if let Some(code) = code {
                        codes::insert(tx, &code).await?;
                    }
                    succeeded(tx, &counter).await?;
                    Ok(Committed::Done)
                })
            })
            .await
    }
}

/// The page once more, with what was typed but the password.
fn again(mut page: Box<SignInPrompt>, typed: &Typed, refusal: SignInRefusal) -> SignInOutcome {
    typed.user_name.expose().clone_into(&mut page.user_name);
    page.reason = SignInReason::NobodySignedIn;
    page.refusal = Some(refusal);
    SignInOutcome::Again(page)
}

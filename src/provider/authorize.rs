//! The authorization endpoint's flow and its one dispatcher: from the pending request, the session and the consents it decides what
//! comes next. Steps never route to one another; each comes back here.

use std::sync::Arc;
use std::time::Duration;

use tracing::info;

use crate::id::{AccountId, SessionId};
use crate::keys::keyring::Keyring;
use crate::keys::seal::Sealer;
use crate::model::account::Account;
use crate::model::authorization::Authorization;
use crate::model::claim_scopes::ClaimScopes;
use crate::model::client::{Client, SubjectKind};
use crate::model::code::AuthorizationCode;
use crate::model::login_session::LoginSession;
use crate::model::registry::Registry;
use crate::oauth::authorization_request::AuthorizationRequest;
use crate::oauth::error::ErrorCode;
use crate::oauth::params::{DuplicateParameter, MalformedParams, Params};
use crate::oauth::response::Outcome;
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::pending::Pending;
use crate::provider::step::{Answer, ConsentPrompt, SignInPrompt, Step};
use crate::provider::visitor::Visitor;
use crate::rules::authorization::{CheckedRequest, check, refusal_mode};
use crate::rules::authorization_refusal::AuthorizationRefusal;
use crate::rules::consent::standing;
use crate::rules::interaction::{self, ConsentAnswer, Facts, Next, SignInReason, SignedIn};
use crate::rules::redirect_uri::{TrustedRedirect, trust};
use crate::secret::{Chance, Digest};
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::{accounts, codes, consents, login_sessions};
use crate::time::Timestamp;
use crate::tokens::hint::hint;

/// A session is noted as used no more often than this: each note is a commit.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// What the configuration says of sign-in.
#[derive(Clone, Debug)]
pub struct AuthorizeSettings {
    /// After how long a session that nobody uses is over.
    pub session_idle: Duration,
    /// After how long every session is over.
    pub session_absolute: Duration,
    /// How long a request may wait on the pages.
    pub pending: Duration,
    /// How long a code is good for.
    pub code: Duration,
    /// The `acr` values that a sign-in here reaches, the first being what it says.
    pub acr: Vec<String>,
}

/// The flow.
#[derive(Clone)]
pub struct Authorize {
    /// Sessions, accounts, consents, codes.
    pub db: Db,
    /// Who may ask.
    pub registry: Registry,
    /// Which scope stands for which claims.
    pub claim_scopes: Arc<ClaimScopes>,
    /// Verifies hints.
    pub keyring: Keyring,
    /// Seals pending requests.
    pub sealer: Sealer,
    /// For codes.
    pub chance: Chance,
    /// `iss` (RFC 9207).
    pub issuer: Arc<str>,
    /// Lifetimes.
    pub settings: Arc<AuthorizeSettings>,
}

/// A live session and whose it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person<'a> {
    pub(super) session: &'a LoginSession,
    pub(super) account: &'a Account,
}

/// What the dispatcher decided; an issue still has to be committed.
pub(super) enum Decided {
    /// Something to show or to send.
    Step(Step),
    /// A code, and the answer that carries it.
    Issue(Box<Issue>),
}

/// A code that counts once it is committed.
pub(super) struct Issue {
    pub(super) code: AuthorizationCode,
    pub(super) answer: Answer,
}

/// A request whose client, redirect and parameters hold.
struct Admitted {
    client: Arc<Client>,
    redirect: TrustedRedirect,
    checked: CheckedRequest,
}

impl Authorize {
    /// A new request.
    ///
    /// # Errors
    /// What only a page may tell.
    pub async fn start(
        &self,
        params: Result<Params, MalformedParams>,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Step, AuthorizeError> {
        let request = match params {
            Ok(params) => AuthorizationRequest::from_params(&params),
            Err(MalformedParams::Duplicate(duplicate)) => return self.refuse_duplicate(duplicate),
            Err(malformed) => return Err(malformed.into()),
        };
        self.next(Pending::new(request, now), visitor, None, now).await
    }

    /// A request that waits on a page: what comes next for it now.
    ///
    /// # Errors
    /// What only a page may tell.
    pub async fn resume(
        &self,
        sealed: &str,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Step, AuthorizeError> {
        self.next(self.open(sealed, visitor, now)?, visitor, None, now).await
    }

    /// The sign-in page for a waiting request, whoever is signed in: "use another account".
    ///
    /// # Errors
    /// What only a page may tell.
    pub fn another_account(
        &self,
        sealed: &str,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Step, AuthorizeError> {
        self.sign_in_again(&self.open(sealed, visitor, now)?, visitor)
    }

    /// The sign-in page, unless the request does not hold any more.
    pub(super) fn sign_in_again(&self, pending: &Pending, visitor: &Visitor) -> Result<Step, AuthorizeError> {
        match self.admit(&pending.request)? {
            Ok(admitted) => self.sign_in_page(pending, &admitted, SignInReason::ChooseAccount, None, visitor),
            Err(step) => Ok(step),
        }
    }

    pub(super) fn open(
        &self,
        sealed: &str,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Pending, AuthorizeError> {
        Ok(Pending::open(&self.sealer, visitor, sealed, now)?)
    }

    /// The dispatcher with the session of the browser's cookie.
    pub(super) async fn next(
        &self,
        pending: Pending,
        visitor: &Visitor,
        answer: Option<ConsentAnswer>,
        now: Timestamp,
    ) -> Result<Step, AuthorizeError> {
        let found = self.signed_in(visitor, now).await?;
        let person = found.as_ref().map(|(session, account)| Person { session, account });
        match self.decide(&pending, person, answer, visitor, now).await? {
            Decided::Step(step) => Ok(step),
            Decided::Issue(issue) => {
                let touched = person.filter(|person| now.since(person.session.last_seen) >= TOUCH_EVERY);
                let touched = touched.map(|person| person.session.id.clone());
                self.commit(*issue, touched, now).await
            }
        }
    }

    /// The live session of this browser.
    pub(super) async fn signed_in(
        &self,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Option<(LoginSession, Account)>, StoreError> {
        let Some(id) = &visitor.session else { return Ok(None) };
        let session = login_sessions::find(&self.db, id).await?;
        let Some(session) = session.filter(|session| session.is_live(now, self.settings.session_idle)) else {
            return Ok(None);
        };
        let account = accounts::find(&self.db, &session.account).await?;
        Ok(account.map(|account| (session, account)))
    }

    /// Decides for a person who is signed in, or for nobody. Writes nothing.
    pub(super) async fn decide(
        &self,
        pending: &Pending,
        person: Option<Person<'_>>,
        answer: Option<ConsentAnswer>,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Decided, AuthorizeError> {
        let admitted = match self.admit(&pending.request)? {
            Ok(admitted) => admitted,
            Err(step) => return Ok(Decided::Step(step)),
        };
        let Ok(hinted) = self.hinted(&admitted, person) else {
            let refusal = AuthorizationRefusal::Hint;
            return Ok(Decided::Step(admitted.refuse(refusal.code(), &refusal.description(), &self.issuer)));
        };
        let consent = match person {
            Some(person) => consents::find(&self.db, &person.account.id, &admitted.client.id).await?,
            None => None,
        };
        let checked = &admitted.checked;
        let facts = Facts {
            prompts: &checked.prompts,
            max_age: checked.max_age,
            session: person.map(|person| SignedIn {
                account: &person.account.id,
                auth_time: person.session.auth_time,
                occasion: pending.occasion(person.session),
            }),
            hinted: hinted.as_ref(),
            consent: standing(&admitted.client, &checked.scope, &checked.claims, consent.as_ref()),
            answer,
            now,
        };
        match (interaction::next(&facts), person) {
            (Next::SignIn(reason), _) => {
                self.sign_in_page(pending, &admitted, reason, person, visitor).map(Decided::Step)
            }
            (Next::Consent, Some(person)) => {
                self.consent_page(pending, &admitted, person, visitor).map(Decided::Step)
            }
            (Next::Issue, Some(person)) => Ok(Decided::Issue(Box::new(self.issue(&admitted, person, now)))),
            (Next::Refuse(refusal), _) => {
                Ok(Decided::Step(admitted.refuse(refusal.code(), &refusal.to_string(), &self.issuer)))
            }
            // The rules ask for consent and issue only when somebody is signed in.
            (Next::Consent | Next::Issue, None) => {
                let reason = SignInReason::NobodySignedIn;
                self.sign_in_page(pending, &admitted, reason, None, visitor).map(Decided::Step)
            }
        }
    }

    /// Commits a code and lets it go out.
    pub(super) async fn commit(
        &self,
        issue: Issue,
        touched: Option<SessionId>,
        now: Timestamp,
    ) -> Result<Step, AuthorizeError> {
        let Issue { code, answer } = issue;
        let granted = code.authorization.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(session) = touched {
                        login_sessions::touch(tx, &session, now).await?;
                    }
                    codes::insert(tx, &code).await
                })
            })
            .await?;
        issued(&granted);
        Ok(Step::Answer(Box::new(answer)))
    }

    /// Client, redirect, then the rest. The first two may only fail on a page; the rest travels back by redirect.
    fn admit(&self, request: &AuthorizationRequest) -> Result<Result<Admitted, Step>, AuthorizeError> {
        let (client, redirect) = self.redirect(request)?;
        match check(request, &client, self.registry.apis(), &self.settings.acr) {
            Ok(checked) => Ok(Ok(Admitted { client, redirect, checked })),
            Err(refusal) => Ok(Err(self.refuse(&redirect, request, &refusal))),
        }
    }

    fn redirect(
        &self,
        request: &AuthorizationRequest,
    ) -> Result<(Arc<Client>, TrustedRedirect), AuthorizeError> {
        let id = request.client_id.as_ref().ok_or(AuthorizeError::ClientMissing)?;
        let client = self.registry.client(id);
        let client = client.ok_or_else(|| AuthorizeError::UnknownClient { sent: id.to_string() })?;
        match trust(&client, request.redirect_uri.as_deref(), request.scope.as_deref()) {
            Ok(redirect) => Ok((client, redirect)),
            Err(refusal) => {
                Err(AuthorizeError::Redirect { client, refusal, sent: request.redirect_uri.clone() })
            }
        }
    }

    fn refuse(
        &self,
        redirect: &TrustedRedirect,
        request: &AuthorizationRequest,
        refusal: &AuthorizationRefusal,
    ) -> Step {
        let description = refusal.description();
        info!(
            client.id = %request.client_id.as_ref().map_or("", |id| id.as_str()),
            error = %refusal.code(), "refused an authorization request: {refusal}"
        );
        let outcome = Outcome::Error(refusal.code(), &description);
        let response =
            redirect.answer(refusal_mode(request), &outcome, request.state.as_deref(), &self.issuer);
        let ui_locales = request.ui_locales.as_deref().unwrap_or_default();
        let ui_locales = ui_locales.split(' ').map(str::to_owned).collect();
        Step::Answer(Box::new(Answer { response, ui_locales }))
    }

    /// RFC 6749 §3.1: a repeated parameter is an error, told by redirect when client and redirect are beyond doubt. A redirect URI that
    /// is not among the single parameters may be one that stands twice, so it does not count as left out here.
    fn refuse_duplicate(&self, duplicate: DuplicateParameter) -> Result<Step, AuthorizeError> {
        let request = AuthorizationRequest::from_params(&duplicate.single);
        match self.redirect(&request) {
            Ok((_, redirect)) if request.redirect_uri.is_some() => {
                Ok(self.refuse(&redirect, &request, &duplicate.into()))
            }
            Ok(_) | Err(_) => Err(MalformedParams::from(duplicate).into()),
        }
    }

    /// Whom the client means, by `id_token_hint` or a requested `sub`.
    fn hinted(&self, admitted: &Admitted, person: Option<Person<'_>>) -> Result<Option<AccountId>, ()> {
        let checked = &admitted.checked;
        let by_hint = match &checked.id_token_hint {
            None => None,
            Some(text) => {
                let hint = hint(&self.keyring, &self.issuer, text);
                Some(hint.filter(|hint| hint.audiences.contains(&admitted.client.id)).ok_or(())?.subject)
            }
        };
        let meant = checked.claims.requested_subject().map(str::to_owned).or(by_hint);
        Ok(meant.map(|subject| match (admitted.client.subject, person) {
            // Such a client knows people by their user names; one that is not this person's is nobody's account id either.
            (SubjectKind::LegacyUserName, Some(person)) if person.account.user_name == subject => {
                person.account.id.clone()
            }
            _ => AccountId::from(subject),
        }))
    }

    fn sign_in_page(
        &self,
        pending: &Pending,
        admitted: &Admitted,
        reason: SignInReason,
        person: Option<Person<'_>>,
        visitor: &Visitor,
    ) -> Result<Step, AuthorizeError> {
        let checked = &admitted.checked;
        // Who only has to show once more that it is them need not type their name again.
        let again = matches!(reason, SignInReason::Asked | SignInReason::TooLongAgo);
        let known = person.filter(|_| again).map(|person| person.account.user_name.clone());
        Ok(Step::SignIn(Box::new(SignInPrompt {
            request: self.seal(pending, visitor)?,
            client: admitted.client.clone(),
            redirect_uri: admitted.redirect.as_str().to_owned(),
            user_name: checked.login_hint.clone().or(known).unwrap_or_default(),
            reason,
            refusal: None,
            ui_locales: checked.ui_locales.clone(),
        })))
    }

    fn consent_page(
        &self,
        pending: &Pending,
        admitted: &Admitted,
        person: Person<'_>,
        visitor: &Visitor,
    ) -> Result<Step, AuthorizeError> {
        let checked = &admitted.checked;
        let asks = pending.asked_of(&person.account.id);
        Ok(Step::Consent(Box::new(ConsentPrompt {
            request: self.seal(&asks, visitor)?,
            client: admitted.client.clone(),
            redirect_uri: admitted.redirect.as_str().to_owned(),
            account_name: person.account.user_name.clone(),
            scopes: self.told(admitted),
            ui_locales: checked.ui_locales.clone(),
        })))
    }

    /// What the person is told that the app will have: its scopes, and those that stand for the claims it asks for by name.
    fn told(&self, admitted: &Admitted) -> Vec<(String, Option<String>)> {
        let Admitted { client, checked, .. } = admitted;
        let mut told: Vec<&str> = checked.scope.iter().collect();
        for claim in checked.claims.names() {
            let mut standing =
                self.claim_scopes.standing_for(&claim).filter(|scope| client.scope.contains(scope));
            if let Some(scope) = standing.next().filter(|scope| !told.contains(scope)) {
                told.push(scope);
            }
        }
        let of_apis = |token: &str| {
            let scopes = self.registry.apis().iter().flat_map(|api| &api.scopes);
            scopes.filter(|scope| scope.token == token).find_map(|scope| scope.description.clone())
        };
        let described =
            |token: &str| self.claim_scopes.description(token).map(str::to_owned).or_else(|| of_apis(token));
        told.into_iter().map(|token| (token.to_owned(), described(token))).collect()
    }

    fn issue(&self, admitted: &Admitted, person: Person<'_>, now: Timestamp) -> Issue {
        let Admitted { client, redirect, checked } = admitted;
        let code = self.chance.secret();
        let outcome = Outcome::Code(&code);
        let response =
            redirect.answer(checked.response_mode, &outcome, checked.state.as_deref(), &self.issuer);
        let record = AuthorizationCode {
            digest: Digest::of(code.expose()),
            authorization: Authorization {
                client: client.id.clone(),
                person: Some(person.session.authenticated()),
                scope: checked.scope.clone(),
                audiences: checked.audiences.clone(),
                claims: checked.claims.clone(),
            },
            redirect_uri: redirect.to_repeat().map(str::to_owned),
            challenge: checked.challenge.clone(),
            nonce: checked.nonce.clone(),
            issued_at: now,
            expires_at: now + self.settings.code,
            redeemed_as: None,
        };
        Issue { code: record, answer: Answer { response, ui_locales: checked.ui_locales.clone() } }
    }

    pub(super) fn seal(&self, pending: &Pending, visitor: &Visitor) -> Result<String, AuthorizeError> {
        pending
            .seal(&self.sealer, visitor, self.settings.pending, &self.chance)
            .map_err(|_| AuthorizeError::Unsealable)
    }

    /// What was asked for, for a consent that is about to be remembered.
    pub(super) fn asked(&self, pending: &Pending) -> Option<(Arc<Client>, CheckedRequest)> {
        let admitted = self.admit(&pending.request).ok()?.ok()?;
        Some((admitted.client, admitted.checked))
    }
}

impl Admitted {
    fn refuse(&self, code: ErrorCode, description: &str, issuer: &str) -> Step {
        info!(client.id = %self.client.id, error = %code, "refused an authorization request: {description}");
        let checked = &self.checked;
        let outcome = Outcome::Error(code, description);
        let response =
            self.redirect.answer(checked.response_mode, &outcome, checked.state.as_deref(), issuer);
        Step::Answer(Box::new(Answer { response, ui_locales: checked.ui_locales.clone() }))
    }
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

//! The authorization endpoint's flow and its one dispatcher: from the pending request, the session and the consents it decides what
//! comes next. Steps never route to one another; each comes back here.

use std::sync::Arc;
use std::time::Duration;

use crate::keys::keyring::Keyring;
use crate::keys::seal::Sealer;
use crate::legacy::connector::Connector;
use crate::legacy::site::SiteDescription;
use crate::model::account::Account;
use crate::model::claim_scopes::ClaimScopes;
use crate::model::client::Client;
use crate::model::login_session::LoginSession;
use crate::model::registry::Registry;
use crate::oauth::authorization_request::AuthorizationRequest;
use crate::oauth::params::{MalformedParams, Params};
use crate::provider::admission::{Admission, Admitted};
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::issue::Issue;
use crate::provider::launch::Launches;
use crate::provider::legacy_visit::asks_anew;
use crate::provider::liveness::{Liveness, Standing};
use crate::provider::pending::{Pending, Wanted};
use crate::provider::step::{ConsentPrompt, Destination, Realm, SignInPrompt, Step};
use crate::provider::visitor::Visitor;
use crate::rules::authorization::CheckedRequest;
use crate::rules::authorization_refusal::AuthorizationRefusal;
use crate::rules::consent::standing;
use crate::rules::interaction::{self, ConsentAnswer, Facts, Next, SignInReason, SignedIn};
use crate::secret::Chance;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::{accounts, consents, login_sessions};
use crate::time::Timestamp;

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
    /// Where people sign in.
    pub method: SignInMethod,
    /// Where the legacy site sends the browser back to.
    pub return_url: String,
}

/// Where people sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInMethod {
    /// On the bridge's own page.
    Form,
    /// At the legacy site.
    LegacySite,
    /// As they like.
    Both,
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
    /// The legacy system's own site.
    pub site: Option<Arc<SiteDescription>>,
    /// Asks the legacy system whether a person is still good.
    pub liveness: Liveness,
    /// Where destinations that are not ours are.
    pub launches: Launches,
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
            Err(MalformedParams::Duplicate(duplicate)) => {
                return self.admission().refuse_duplicate(duplicate);
            }
            Err(malformed) => return Err(malformed.into()),
        };
        self.next(Pending::new(Wanted::Authorization(Box::new(request)), now), visitor, None, now).await
    }

    /// A visitor who wants to go somewhere that needs a session.
    ///
    /// # Errors
    /// What only a page may tell.
    pub async fn visit(
        &self,
        destination: Destination,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Step, AuthorizeError> {
        self.next(Pending::new(Wanted::Place(destination), now), visitor, None, now).await
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
        let reason = SignInReason::ChooseAccount;
        match &pending.wanted {
            Wanted::Place(_) => self.sign_in_page(pending, None, reason, None, visitor),
            Wanted::Authorization(request) => match self.admission().admit(request)? {
                Ok(admitted) => self.sign_in_page(pending, Some(&admitted), reason, None, visitor),
                Err(step) => Ok(step),
            },
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
        let found = self.still_good(visitor, now).await?;
        let person = found.as_ref().map(|(session, account)| Person { session, account });
        match self.decide(&pending, person, answer, visitor, now).await? {
            Decided::Step(step) => Ok(step),
            Decided::Issue(issue) => {
                let touched = person.filter(|person| now.since(person.session.last_seen) >= TOUCH_EVERY);
                let touched = touched.map(|person| person.session.id.clone());
                Ok(Step::Answer(Box::new(issue.commit(&self.db, touched, now).await?)))
            }
        }
    }

    /// The live session of this browser, when the legacy system does not say that its person is out.
    async fn still_good(
        &self,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Option<(LoginSession, Account)>, StoreError> {
        let Some((session, account)) = self.signed_in(visitor, now).await? else { return Ok(None) };
        match self.liveness.of(&account, now).await? {
            Standing::Good => Ok(Some((session, account))),
            // Nothing ended, but nobody gets anything for an old word alone: the person signs in.
            Standing::Over | Standing::Stale => Ok(None),
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
        let request = match &pending.wanted {
            Wanted::Authorization(request) => request,
            Wanted::Place(destination) => {
                return self.arrive(pending, destination, person, visitor).map(Decided::Step);
            }
        };
        let admitted = match self.admission().admit(request)? {
            Ok(admitted) => admitted,
            Err(step) => return Ok(Decided::Step(step)),
        };
        // Whoever is signed in from another old system than the app's is nobody to it.
        let person = person.filter(|person| admitted.client.is_open_to(&person.account.connector));
        let account = person.map(|person| person.account);
        let Ok(hinted) = admitted.hinted(&self.keyring, &self.issuer, account) else {
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
                self.sign_in_page(pending, Some(&admitted), reason, person, visitor).map(Decided::Step)
            }
            (Next::Consent, Some(person)) => {
                self.consent_page(pending, &admitted, person, visitor).map(Decided::Step)
            }
            (Next::Issue, Some(person)) => {
                let (lifetime, issuer) = (self.settings.code, &self.issuer);
                let issue = Issue::new(&admitted, person.session, lifetime, issuer, &self.chance, now);
                Ok(Decided::Issue(Box::new(issue)))
            }
            (Next::Refuse(refusal), _) => {
                Ok(Decided::Step(admitted.refuse(refusal.code(), &refusal.to_string(), &self.issuer)))
            }
            // The rules ask for consent and issue only when somebody is signed in.
            (Next::Consent | Next::Issue, None) => {
                let reason = SignInReason::NobodySignedIn;
                self.sign_in_page(pending, Some(&admitted), reason, None, visitor).map(Decided::Step)
            }
        }
    }

    /// For what wants nothing but a session.
    fn arrive(
        &self,
        pending: &Pending,
        destination: &Destination,
        person: Option<Person<'_>>,
        visitor: &Visitor,
    ) -> Result<Step, AuthorizeError> {
        let step = match destination {
            Destination::Account => Step::Account,
            Destination::Launch(name) => {
                Step::Launch(self.launches.location(name).ok_or(AuthorizeError::UnknownLaunch)?)
            }
        };
        if person.is_some() {
            return Ok(step);
        }
        // The link stands at the legacy site, which knows the person already.
        if matches!(step, Step::Launch(_))
            && self.settings.method == SignInMethod::Both
            && let Ok(visit) = self.legacy_visit(pending.clone(), false, visitor)
        {
            return visit;
        }
        self.sign_in_page(pending, None, SignInReason::NobodySignedIn, None, visitor)
    }

    fn sign_in_page(
        &self,
        pending: &Pending,
        admitted: Option<&Admitted>,
        reason: SignInReason,
        person: Option<Person<'_>>,
        visitor: &Visitor,
    ) -> Result<Step, AuthorizeError> {
        let checked = admitted.map(|admitted| &admitted.checked);
        // Whoever is signed in over there would come back at once, without a word to the person.
        let anew = reason != SignInReason::NobodySignedIn || checked.is_some_and(asks_anew);
        let at_site = self.site_is_open_to(admitted.map(|admitted| &*admitted.client));
        if self.settings.method == SignInMethod::LegacySite
            && at_site
            && let Ok(step) = self.legacy_visit(pending.clone(), anew, visitor)
        {
            return step;
        }
        // Who only has to show once more that it is them need not type their name again.
        let again = matches!(reason, SignInReason::Asked | SignInReason::TooLongAgo);
        let known = person.filter(|_| again).map(|person| person.account.user_name.clone());
        let request = self.seal(pending, visitor)?;
        let may_choose = self.settings.method == SignInMethod::Both && at_site;
        let legacy_site = may_choose && self.can_go_there(anew, &request);
        Ok(Step::SignIn(Box::new(SignInPrompt {
            request,
            client: admitted.map(|admitted| admitted.client.clone()),
            redirect_uri: self.redirect_of(pending),
            realms: self.realms(admitted.map(|admitted| &*admitted.client)),
            legacy_site,
            user_name: checked.and_then(|checked| checked.login_hint.clone()).or(known).unwrap_or_default(),
            reason,
            refusal: None,
            ui_locales: checked.map(|checked| checked.ui_locales.clone()).unwrap_or_default(),
        })))
    }

    /// The old systems that people of the app may choose from; none where there is no choice.
    fn realms(&self, client: Option<&Client>) -> Vec<Realm> {
        let open = self.open_to(client);
        let realm = |(index, connector): (usize, &&Connector)| Realm {
            id: connector.id().clone(),
            title: connector.title().unwrap_or(connector.id().as_str()).to_owned(),
            chosen: index == 0,
        };
        if open.len() > 1 { open.iter().enumerate().map(realm).collect() } else { Vec::new() }
    }

    /// The old systems whose people may use the app.
    pub(super) fn open_to(&self, client: Option<&Client>) -> Vec<&Connector> {
        let names = client.map(|client| client.realms.as_slice()).unwrap_or_default();
        self.liveness.vault.connectors.among(names)
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
        told.into_iter().map(|token| (token.to_owned(), self.words(token))).collect()
    }

    /// What the configuration says that the scope `token` means.
    pub(super) fn words(&self, token: &str) -> Option<String> {
        let of_apis = || {
            let scopes = self.registry.apis().iter().flat_map(|api| &api.scopes);
            scopes.filter(|scope| scope.token == token).find_map(|scope| scope.description.clone())
        };
        self.claim_scopes.description(token).map(str::to_owned).or_else(of_apis)
    }

    pub(super) fn seal(&self, pending: &Pending, visitor: &Visitor) -> Result<String, AuthorizeError> {
        pending
            .seal(&self.sealer, visitor, self.settings.pending, &self.chance)
            .map_err(|_| AuthorizeError::Unsealable)
    }

    /// What was asked for, for a consent that is about to be remembered.
    pub(super) fn asked(&self, pending: &Pending) -> Option<(Arc<Client>, CheckedRequest)> {
        let Wanted::Authorization(request) = &pending.wanted else { return None };
        let admitted = self.admission().admit(request).ok()?.ok()?;
        Some((admitted.client, admitted.checked))
    }

    /// Where the browser will go in the end, when that is not here.
    pub(super) fn redirect_of(&self, pending: &Pending) -> Option<String> {
        match &pending.wanted {
            Wanted::Authorization(request) => {
                let admitted = self.admission().admit(request).ok()?.ok()?;
                Some(admitted.redirect.as_str().to_owned())
            }
            Wanted::Place(Destination::Launch(name)) => self.launches.location(name),
            Wanted::Place(Destination::Account) => None,
        }
    }

    pub(super) fn admission(&self) -> Admission<'_> {
        Admission { registry: &self.registry, acr: &self.settings.acr, issuer: &self.issuer }
    }
}

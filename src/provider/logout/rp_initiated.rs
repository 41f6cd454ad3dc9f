//! Signing out at the wish of an app, or of the person alone (OpenID Connect RP-Initiated Logout §2). `rules::logout` decides.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, SessionId};
use crate::keys::form::FormError;
use crate::keys::keyring::Keyring;
use crate::keys::seal::{Purpose, Sealer};
use crate::legacy::site::SiteDescription;
use crate::model::account::Account;
use crate::model::client::Client;
use crate::model::login_session::{EndReason, LoginSession};
use crate::model::registry::Registry;
use crate::oauth::end_session_request::EndSessionRequest;
use crate::oauth::params::{MalformedParams, Params};
use crate::provider::logout::farewell::{Farewell, Told};
use crate::provider::visitor::Visitor;
use crate::rules::logout::{self, Facts, Hint, HintClaims, LogoutRefusal, Then, TrustedPostLogoutRedirect};
use crate::secret::Chance;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::{accounts, login_sessions};
use crate::time::Timestamp;
use crate::tokens::hint::hint;

/// Part of what a sealed request is bound to.
const LABEL: &str = "sign-out";
/// The same for what waits while the browser is at the legacy site's sign-out page.
const LEAVING: &str = "leaving";

/// What comes next for the browser.
#[derive(Clone, Debug)]
pub enum SignOutStep {
    /// The person is asked.
    Ask(Box<SignOutPrompt>),
    /// It is done, or there was nothing to do.
    Done(Box<SignedOut>),
}

/// What the page that asks needs.
#[derive(Clone)]
pub struct SignOutPrompt {
    /// The request, sealed.
    pub request: String,
    /// The app that asks, when one does.
    pub client: Option<Arc<Client>>,
    /// The person, by the name that they sign in with.
    pub account_name: Option<String>,
    /// Where the browser may go afterwards: forms that lead there must be allowed to.
    pub redirect: Option<String>,
    /// The language that the app asked for.
    pub ui_locales: Vec<String>,
}

impl std::fmt::Debug for SignOutPrompt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignOutPrompt")
            .field("client", &self.client.as_ref().map(|client| &client.id))
            .finish_non_exhaustive()
    }
}

/// Where the browser goes.
#[derive(Clone, Debug)]
pub struct SignedOut {
    /// To the app, with `state`; the signed-out page where none.
    pub location: Option<String>,
    /// The app, for a way back from the page.
    pub client: Option<Arc<Client>>,
    /// Whether a session ended, so that the cookie can go.
    pub ended: bool,
    /// Which apps have heard.
    pub told: Told,
    /// The legacy site's sign-out page, when the browser goes there first; then the page comes afterwards.
    pub legacy: Option<LegacyLeave>,
    /// The language that the app asked for.
    pub ui_locales: Vec<String>,
}

/// A visit to the legacy site's sign-out page.
#[derive(Clone)]
pub struct LegacyLeave {
    /// Where.
    pub location: String,
    /// What the page afterwards has to know, sealed, for a cookie.
    pub leaving: String,
    /// How long that waits.
    pub waits: Duration,
}

impl std::fmt::Debug for LegacyLeave {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LegacyLeave").field("location", &self.location).finish_non_exhaustive()
    }
}

/// What the page has to know that comes after the legacy site's.
#[derive(Serialize, Deserialize)]
struct Leaving {
    session: SessionId,
    location: Option<String>,
    client: Option<ClientId>,
    ui_locales: Vec<String>,
}

/// What can only be told on a page; the session stays.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SignOutError {
    /// The parameters cannot be read.
    #[error(transparent)]
    Malformed(#[from] MalformedParams),
    /// Client, hint or redirect do not fit.
    #[error("{refusal}")]
    Refused {
        /// Which check failed.
        refusal: LogoutRefusal,
        /// The client as it was named.
        client: Option<String>,
        /// The redirect as it was sent.
        sent: Option<String>,
        /// The redirects that are registered.
        registered: Vec<String>,
    },
    /// The sealed request is another browser's, was changed, or is too old.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The request could not be sealed.
    #[error("the request could not be sealed")]
    Unsealable,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the person pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignOutAnswer {
    /// Sign out.
    SignOut,
    /// Stay signed in.
    Stay,
}

/// The flow.
#[derive(Clone)]
pub struct RpInitiatedLogout {
    /// Sessions and accounts.
    pub db: Db,
    /// Who may ask.
    pub registry: Registry,
    /// Verifies hints.
    pub keyring: Keyring,
    /// Seals requests while the person is asked.
    pub sealer: Sealer,
    /// For seals.
    pub chance: Chance,
    /// `iss` of our ID tokens.
    pub issuer: Arc<str>,
    /// Ends the session, and tells the apps.
    pub farewell: Farewell,
    /// The legacy system's own site.
    pub site: Option<Arc<SiteDescription>>,
    /// Where the legacy site's sign-out page sends the browser back to.
    pub return_url: String,
    /// After how long a session that nobody uses is over.
    pub session_idle: Duration,
    /// How long the person may think about it.
    pub pending: Duration,
}

/// A request, and what the rules say of it.
struct Weighed {
    then: Then,
    redirect: Option<TrustedPostLogoutRedirect>,
    client: Option<Arc<Client>>,
}

impl RpInitiatedLogout {
    /// A new request.
    ///
    /// # Errors
    /// [`SignOutError`].
    pub async fn start(
        &self,
        params: Result<Params, MalformedParams>,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<SignOutStep, SignOutError> {
        self.begin(EndSessionRequest::from_params(&params?), visitor, now).await
    }

    /// The same for a request that is read already.
    pub(super) async fn begin(
        &self,
        request: EndSessionRequest,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<SignOutStep, SignOutError> {
        let session = self.session(visitor, now).await?;
        let weighed = self.weigh(&request, session.as_ref().map(|(session, _)| session))?;
        match (weighed.then, session) {
            (Then::Ask, Some((_, account))) => self.ask(request, weighed, account, visitor, now),
            (Then::EndNow, Some((session, _))) => self.end(&session, &request, weighed, visitor, now).await,
            (Then::NothingToEnd | Then::Ask | Then::EndNow, _) => Ok(done(&request, weighed)),
        }
    }

    /// The browser's session ends without a question: whoever calls this knows that the person wants it.
    pub(super) async fn end_at_once(
        &self,
        reason: EndReason,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<SignOutStep, SignOutError> {
        let request = EndSessionRequest::default();
        let weighed = Weighed { then: Then::NothingToEnd, redirect: None, client: None };
        let Some((session, _)) = self.session(visitor, now).await? else {
            return Ok(done(&request, weighed));
        };
        self.farewell.end(&session, reason, now).await?;
        let told = self.farewell.told(&session.id).await?;
        Ok(finished(&request, weighed, (true, told), None))
    }

    /// The browser is back from the legacy site's sign-out page. Without what it was given on the way, it is a farewell to nobody.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn back_from_legacy_site(
        &self,
        sealed: Option<&str>,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<SignedOut, SignOutError> {
        let bound = visitor.bound(LEAVING);
        let opened = sealed
            .and_then(|sealed| self.sealer.open_form::<Leaving>(Purpose::Browser, &bound, sealed, now).ok());
        let Some(leaving) = opened else {
            return Ok(SignedOut {
                location: None,
                client: None,
                ended: false,
                told: Told::default(),
                legacy: None,
                ui_locales: Vec::new(),
            });
        };
        Ok(SignedOut {
            location: leaving.location,
            client: leaving.client.and_then(|id| self.registry.client(&id)),
            ended: true,
            told: self.farewell.told(&leaving.session).await?,
            legacy: None,
            ui_locales: leaving.ui_locales,
        })
    }

    /// The person's answer.
    ///
    /// # Errors
    /// [`SignOutError`]; a form that was not made for this browser changes nothing.
    pub async fn answer(
        &self,
        answer: SignOutAnswer,
        sealed: &str,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<SignOutStep, SignOutError> {
        let request: EndSessionRequest =
            self.sealer.open_form(Purpose::Browser, &visitor.bound(LABEL), sealed, now)?;
        let session = self.session(visitor, now).await?;
        let weighed = self.weigh(&request, session.as_ref().map(|(session, _)| session))?;
        match (answer, session) {
            (SignOutAnswer::SignOut, Some((session, _))) => {
                self.end(&session, &request, weighed, visitor, now).await
            }
            (SignOutAnswer::SignOut, None) | (SignOutAnswer::Stay, _) => Ok(done(&request, weighed)),
        }
    }

    async fn session(
        &self,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Option<(LoginSession, Option<Account>)>, StoreError> {
        let Some(id) = &visitor.session else { return Ok(None) };
        let session = login_sessions::find(&self.db, id).await?;
        let Some(session) = session.filter(|session| session.is_live(now, self.session_idle)) else {
            return Ok(None);
        };
        let account = accounts::find(&self.db, &session.account).await?;
        Ok(Some((session, account)))
    }

    fn weigh(
        &self,
        request: &EndSessionRequest,
        session: Option<&LoginSession>,
    ) -> Result<Weighed, SignOutError> {
        let hint = match request.id_token_hint.as_deref() {
            None => Hint::Absent,
            Some(text) => match hint(&self.keyring, &self.issuer, text) {
                None => Hint::Unverifiable,
                Some(hint) => Hint::Ours(HintClaims {
                    audiences: hint.audiences,
                    authorized_party: hint.authorized_party,
                    session: hint.session,
                }),
            },
        };
        let named = logout::named_client(&hint, request.client_id.as_ref());
        let client = named.as_ref().ok().and_then(Option::as_ref).and_then(|id| self.registry.client(id));
        let refused = |refusal| SignOutError::Refused {
            refusal,
            client: request
                .client_id
                .as_ref()
                .or(client.as_ref().map(|client| &client.id))
                .map(ToString::to_string),
            sent: request.post_logout_redirect_uri.clone(),
            registered: client
                .as_ref()
                .map(|client| client.post_logout_redirect_uris.clone())
                .unwrap_or_default(),
        };
        let facts = Facts {
            hint: &hint,
            client: client.as_deref(),
            post_logout_redirect_uri: request.post_logout_redirect_uri.as_deref(),
            session: session.map(|session| &session.id),
        };
        let decision = named.and_then(|named| logout::decide(named.as_ref(), &facts)).map_err(refused)?;
        Ok(Weighed { then: decision.then, redirect: decision.redirect, client })
    }

    fn ask(
        &self,
        request: EndSessionRequest,
        weighed: Weighed,
        account: Option<Account>,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<SignOutStep, SignOutError> {
        let bound = visitor.bound(LABEL);
        let sealed =
            self.sealer.seal_form(Purpose::Browser, &bound, &request, now + self.pending, &self.chance);
        Ok(SignOutStep::Ask(Box::new(SignOutPrompt {
            request: sealed.map_err(|_| SignOutError::Unsealable)?,
            client: weighed.client,
            account_name: account.map(|account| account.user_name),
            redirect: weighed.redirect.map(|redirect| redirect.as_str().to_owned()),
            ui_locales: ui_locales(&request),
        })))
    }

    async fn end(
        &self,
        session: &LoginSession,
        request: &EndSessionRequest,
        weighed: Weighed,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<SignOutStep, SignOutError> {
        self.farewell.end(session, EndReason::SignedOut, now).await?;
        let legacy = self.by_way_of_legacy_site(session, request, &weighed, visitor, now)?;
        // What is told is looked up for the page that shows it.
        let told = match legacy {
            Some(_) => Told::default(),
            None => self.farewell.told(&session.id).await?,
        };
        Ok(finished(request, weighed, (true, told), legacy))
    }

    fn by_way_of_legacy_site(
        &self,
        session: &LoginSession,
        request: &EndSessionRequest,
        weighed: &Weighed,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<Option<LegacyLeave>, SignOutError> {
        let site = self.site.as_deref();
        let Some(location) = site.and_then(|site| site.sign_out(&self.return_url)) else { return Ok(None) };
        let leaving = Leaving {
            session: session.id.clone(),
            location: location_of(weighed, request),
            client: weighed.client.as_ref().map(|client| client.id.clone()),
            ui_locales: ui_locales(request),
        };
        let bound = visitor.bound(LEAVING);
        let sealed =
            self.sealer.seal_form(Purpose::Browser, &bound, &leaving, now + self.pending, &self.chance);
        let leaving = sealed.map_err(|_| SignOutError::Unsealable)?;
        Ok(Some(LegacyLeave { location, leaving, waits: self.pending }))
    }
}

fn done(request: &EndSessionRequest, weighed: Weighed) -> SignOutStep {
    finished(request, weighed, (false, Told::default()), None)
}

fn finished(
    request: &EndSessionRequest,
    weighed: Weighed,
    (ended, told): (bool, Told),
    legacy: Option<LegacyLeave>,
) -> SignOutStep {
    SignOutStep::Done(Box::new(SignedOut {
        location: location_of(&weighed, request),
        client: weighed.client,
        ended,
        told,
        legacy,
        ui_locales: ui_locales(request),
    }))
}

fn location_of(weighed: &Weighed, request: &EndSessionRequest) -> Option<String> {
    weighed.redirect.as_ref().map(|redirect| redirect.to_location(request.state.as_deref()))
}

fn ui_locales(request: &EndSessionRequest) -> Vec<String> {
    let words = request.ui_locales.as_deref().unwrap_or_default().split(' ');
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

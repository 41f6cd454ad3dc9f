//! A sign-in at the legacy site: its page hands a refresh token over, which is redeemed at once and once; what came of it waits under a
//! one-time handle until the browser comes back with its own cookies. `rules::handover` decides what it means then.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tracing::info;

use crate::id::AccountId;
use crate::keys::form::FormError;
use crate::keys::seal::{Purpose, Sealer};
use crate::legacy::connector::Connector;
use crate::legacy::refusal::Refusal;
use crate::legacy::site::{Handover, SiteDescription, Source, Unsolicited};
use crate::legacy::tokens::Arrival;
use crate::model::account::Account;
use crate::model::client::Client;
use crate::provider::authorize::Authorize;
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::entry::{By, Entered, Entering, Entry};
use crate::provider::handover_error::HandoverError;
use crate::provider::pending::{Pending, Wanted};
use crate::provider::step::{Destination, Step};
use crate::provider::throttle::{Throttle, Try};
use crate::provider::visitor::Visitor;
use crate::rules::handover::{self, Bound, Facts, SignedIn, Verdict};
use crate::secret::{Chance, Digest, Secret};
use crate::store::db::Db;
use crate::store::{accounts, handovers};
use crate::time::Timestamp;
use crate::vault::errands::Errands;
use crate::vault::sealing::Waiting;

/// A browser comes back at once; a person who is asked thinks for a moment.
pub const WAITS: Duration = Duration::from_mins(5);
/// Part of what the question's form is bound to.
const LABEL: &str = "hand-over";
/// What a told refusal is bound to: that it is one.
const TOLD: &[u8] = b"refused hand-over";

/// The flow.
#[derive(Clone)]
pub struct Handovers {
    /// The dispatcher.
    pub authorize: Authorize,
    /// Lets people in.
    pub entry: Entry,
    /// Redeems.
    pub connector: Connector,
    /// Holds back those who make tokens up: each would be a call to the legacy system.
    pub throttle: Throttle,
    /// Where what was redeemed waits.
    pub db: Db,
    /// Seals it.
    pub sealer: Sealer,
    /// For handles.
    pub chance: Chance,
    /// Bring to its end what was begun.
    pub errands: Errands,
}

/// A request that may hand something over.
#[derive(Clone, Debug)]
pub struct Brought {
    /// The way it came.
    pub by: Handover,
    /// The token.
    pub token: Option<Secret>,
    /// `Origin`.
    pub origin: Option<String>,
    /// `Referer`.
    pub referer: Option<String>,
    /// `state` of the return URL.
    pub state: Option<String>,
    /// Whether a picture or a frame of another page asked, and not the person.
    pub embedded: bool,
    /// Where its browser is.
    pub address: IpAddr,
}

/// What a browser comes back with.
#[derive(Clone, Debug)]
pub struct Back {
    /// The handle of what waits.
    pub handle: Secret,
    /// The requests that wait for one, sealed; the last one first.
    pub pending: Vec<String>,
}

/// What comes next for the browser.
#[derive(Debug)]
pub enum HandoverStep {
    /// It has a session now.
    SignedIn {
        /// The new value of its cookie.
        cookie: Secret,
        /// What comes next.
        step: Step,
        /// The request that was waiting for it, sealed.
        answered: Option<String>,
    },
    /// The person is asked.
    Ask(Box<HandoverPrompt>),
}

/// What the page that asks needs.
#[derive(Clone)]
pub struct HandoverPrompt {
    /// The question, sealed.
    pub request: String,
    /// Who was handed over, by the name that they sign in with.
    pub user_name: String,
    /// Who is signed in with this browser, when it is somebody else.
    pub instead_of: Option<String>,
    /// The app that waits, when one does.
    pub client: Option<Arc<Client>>,
    /// Where its answer will go: forms that lead there must be allowed to.
    pub redirect_uri: Option<String>,
    /// The language that the app asked for.
    pub ui_locales: Vec<String>,
}

impl std::fmt::Debug for HandoverPrompt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HandoverPrompt")
            .field("client", &self.client.as_ref().map(|client| &client.id))
            .finish_non_exhaustive()
    }
}

/// The question on its way through the browser. The handle in it is of use to nobody but the browser that it is sealed for.
#[derive(Serialize, Deserialize)]
struct Question {
    handle: String,
    pending: Option<String>,
    /// Whom it says that they would sign out.
    instead_of: Option<AccountId>,
}

/// A hand-over whose browser is back.
struct Came {
    waiting: Waiting,
    handle: Secret,
    /// The request that waits for it,
    sealed: Option<String>,
    /// and what it holds.
    pending: Option<Pending>,
}

impl Handovers {
    /// Takes what a request brings: checks where it comes from, redeems it once, and keeps what came of it. Answers with the handle.
    ///
    /// # Errors
    /// [`HandoverError`].
    pub async fn take(&self, brought: Brought, now: Timestamp) -> Result<Secret, HandoverError> {
        let site = self.site()?;
        if site.handover != brought.by {
            return Err(HandoverError::NotConfigured);
        }
        let source = site.source(brought.origin.as_deref(), brought.referer.as_deref());
        if brought.embedded {
            return Err(HandoverError::Embedded);
        }
        if source == Source::Elsewhere {
            let from = brought.origin.or(brought.referer).unwrap_or_default();
            return Err(HandoverError::Elsewhere { from });
        }
        let token = brought.token.filter(|token| !token.expose().is_empty()).ok_or(HandoverError::NoToken)?;
        let attempt = self.throttle.admit_handover(brought.address, now).await?;
        let attempt = attempt.map_err(|until| HandoverError::Throttled { until })?;
        // Brought to its end also when the browser hangs up: the token is spent by then.
        let flow = self.clone();
        let redeem = async move {
            let arrival = flow.redeem(&token, attempt, now).await?;
            let waiting = Waiting { arrival, from_site: source == Source::Site, state: brought.state };
            flow.keep(&waiting, now).await
        };
        let broken = |_| HandoverError::Authorize(AuthorizeError::BrokenOff);
        self.errands.begin(redeem).await.map_err(broken)?
    }

    /// Seals what is told of a refusal, for an address that does not hold the token.
    pub fn seal_told(&self, told: &impl Serialize, now: Timestamp) -> String {
        let sealed = self.sealer.seal_form(Purpose::Browser, TOLD, told, now + WAITS, &self.chance);
        // What cannot be sealed is told as something that nobody sealed.
        sealed.unwrap_or_default()
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`FormError`].
    pub fn open_told<T: DeserializeOwned>(&self, sealed: &str, now: Timestamp) -> Result<T, FormError> {
        self.sealer.open_form(Purpose::Browser, TOLD, sealed, now)
    }

    async fn redeem(
        &self,
        token: &Secret,
        attempt: Try<1>,
        now: Timestamp,
    ) -> Result<Arrival, HandoverError> {
        match self.connector.redeem(token).await {
            Ok(arrival) => Ok(arrival),
            Err(refusal) => {
                // A system that does not answer says nothing about a token. One that answers what no rule explains did not take it.
                if matches!(refusal, Refusal::HandoverRefused { .. } | Refusal::Unknown { .. }) {
                    self.throttle.failed(attempt, now).await?;
                }
                Err(HandoverError::Legacy(refusal))
            }
        }
    }

    async fn keep(&self, waiting: &Waiting, now: Timestamp) -> Result<Secret, HandoverError> {
        let handle = self.chance.secret();
        let digest = Digest::of(handle.expose());
        let sealed = waiting.seal(&self.sealer, &digest, &self.chance).ok_or(HandoverError::Unsealable)?;
        let insert = self.db.write(move |tx| {
            Box::pin(async move { handovers::insert(tx, &digest, &sealed, now + WAITS).await })
        });
        insert.await?;
        Ok(handle)
    }

    /// The browser that brought it comes back.
    ///
    /// # Errors
    /// [`HandoverError`].
    pub async fn resume(
        &self,
        back: Back,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<HandoverStep, HandoverError> {
        let waiting = self.waiting(&back.handle, now).await?;
        let (sealed, pending) = self.awaited(back.pending, &waiting, visitor, now).unzip();
        let (signed_in, live) = self.signed_in(&waiting, visitor, now).await?;
        let facts = Facts {
            awaited: pending.is_some(),
            bound: bound(&waiting, pending.as_ref()),
            signed_in,
            unsolicited: unsolicited(self.site()?.unsolicited),
        };
        let came = Came { waiting, handle: back.handle, sealed, pending };
        match handover::decide(&facts) {
            Verdict::Refuse => Err(HandoverError::Unsolicited),
            Verdict::SignIn => self.enter(came, visitor, now).await,
            Verdict::Ask => self.ask(came, live, visitor, now),
        }
    }

    /// The person said no: the request that the hand-over would have answered, sealed. What was handed over is forgotten by itself.
    pub fn declined(&self, sealed: &str, visitor: &Visitor, now: Timestamp) -> Option<String> {
        let question = self.sealer.open_form(Purpose::Browser, &visitor.bound(LABEL), sealed, now);
        question.ok().and_then(|question: Question| question.pending)
    }

    /// The person said yes.
    ///
    /// # Errors
    /// [`HandoverError`]; a form that was not made for this browser changes nothing.
    pub async fn confirm(
        &self,
        sealed: &str,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<HandoverStep, HandoverError> {
        let Question { handle, pending: sealed, instead_of } =
            self.sealer.open_form(Purpose::Browser, &visitor.bound(LABEL), sealed, now)?;
        let handle = Secret::from(handle);
        let waiting = self.waiting(&handle, now).await?;
        // A request that waited too long, or in another browser, is none.
        let pending = sealed.as_deref().and_then(|sealed| self.authorize.open(sealed, visitor, now).ok());
        let (signed_in, live) = self.signed_in(&waiting, visitor, now).await?;
        let came = Came { waiting, handle, sealed, pending };
        // Somebody has signed in since, of whom the question said nothing.
        let unasked = live.as_ref().map(|account| &account.id) != instead_of.as_ref();
        if signed_in == SignedIn::AnotherPerson && unasked {
            return self.ask(came, live, visitor, now);
        }
        self.enter(came, visitor, now).await
    }

    fn site(&self) -> Result<&SiteDescription, HandoverError> {
        self.connector
            .site()
            .filter(|_| self.connector.rotation().is_some())
            .ok_or(HandoverError::NotConfigured)
    }

    async fn waiting(&self, handle: &Secret, now: Timestamp) -> Result<Waiting, HandoverError> {
        let digest = Digest::of(handle.expose());
        let sealed = handovers::find(&self.db, &digest, now).await?.ok_or(HandoverError::NothingWaits)?;
        Waiting::open(&self.sealer, &digest, &sealed).ok_or(HandoverError::NothingWaits)
    }

    /// The request that the hand-over answers: the one whose `state` came back, or else the last that began. One that waited too long, or
    /// in another browser, is none.
    fn awaited(
        &self,
        sealed: Vec<String>,
        waiting: &Waiting,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Option<(String, Pending)> {
        let open = |sealed: String| {
            let pending = self.authorize.open(&sealed, visitor, now).ok()?;
            Some((sealed, pending))
        };
        let mut open: Vec<_> = sealed.into_iter().filter_map(open).collect();
        let meant =
            |(_, pending): &(String, Pending)| waiting.state.is_some() && pending.state == waiting.state;
        let index = open.iter().position(meant).unwrap_or_default();
        (index < open.len()).then(|| open.swap_remove(index))
    }

    /// Who is signed in with this browser, beside the person who was handed over.
    async fn signed_in(
        &self,
        waiting: &Waiting,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<(SignedIn, Option<Account>), HandoverError> {
        let Some((_, live)) = self.authorize.signed_in(visitor, now).await? else {
            return Ok((SignedIn::Nobody, None));
        };
        let identity = &waiting.arrival.identity;
        let known = accounts::find_by_legacy_id(&self.db, &identity.connector, &identity.legacy_id).await?;
        let same = known.is_some_and(|known| known.id == live.id);
        Ok((if same { SignedIn::SamePerson } else { SignedIn::AnotherPerson }, Some(live)))
    }

    async fn enter(
        &self,
        came: Came,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<HandoverStep, HandoverError> {
        let Came { waiting, handle, sealed, pending } = came;
        info!(
            address = %visitor.address, awaited = pending.is_some(), from_site = waiting.from_site,
            "the legacy site hands somebody over"
        );
        let answered = sealed.filter(|_| pending.is_some());
        let pending = self.wanted(pending, now)?;
        let by = By::Handover { handle: Digest::of(handle.expose()) };
        let entering = Entering { arrival: waiting.arrival, by };
        let Entered { cookie, step } = self.entry.settle(entering, pending, visitor, now).await?;
        Ok(HandoverStep::SignedIn { cookie, step, answered })
    }

    /// What is wanted: what waits, or the place for those whom nobody expects.
    fn wanted(&self, pending: Option<Pending>, now: Timestamp) -> Result<Pending, HandoverError> {
        let landing = self.site()?.landing.clone().map_or(Destination::Account, Destination::Launch);
        Ok(pending.unwrap_or_else(|| Pending::new(Wanted::Place(landing), now)))
    }

    /// Asks. `live` is whose session there is.
    fn ask(
        &self,
        came: Came,
        live: Option<Account>,
        visitor: &Visitor,
        now: Timestamp,
    ) -> Result<HandoverStep, HandoverError> {
        let Came { waiting, handle, sealed, pending } = came;
        let identity = &waiting.arrival.identity;
        let another = |account: &Account| {
            account.connector != identity.connector || account.legacy_id != identity.legacy_id
        };
        let instead_of = live.filter(another);
        let question = Question {
            handle: handle.expose().to_owned(),
            pending: sealed,
            instead_of: instead_of.as_ref().map(|account| account.id.clone()),
        };
        let bound = visitor.bound(LABEL);
        let sealed = self.sealer.seal_form(Purpose::Browser, &bound, &question, now + WAITS, &self.chance);
        let pending = self.wanted(pending, now)?;
        let (client, checked) = self.authorize.asked(&pending).unzip();
        Ok(HandoverStep::Ask(Box::new(HandoverPrompt {
            request: sealed.map_err(|_| HandoverError::Unsealable)?,
            user_name: waiting.arrival.identity.user_name.clone(),
            instead_of: instead_of.map(|account| account.user_name),
            redirect_uri: self.authorize.redirect_of(&pending),
            client,
            ui_locales: checked.map(|checked| checked.ui_locales).unwrap_or_default(),
        })))
    }
}

fn bound(waiting: &Waiting, pending: Option<&Pending>) -> Bound {
    let awaited = pending.and_then(|pending| pending.state.as_deref());
    match (&waiting.state, awaited) {
        (Some(came), Some(awaited)) if came == awaited => Bound::ByState,
        (Some(_), Some(_)) => Bound::ToAnother,
        _ if waiting.from_site => Bound::BySource,
        _ => Bound::Not,
    }
}

fn unsolicited(written: Unsolicited) -> handover::Unsolicited {
    match written {
        Unsolicited::Deny => handover::Unsolicited::Deny,
        Unsolicited::Confirm => handover::Unsolicited::Confirm,
        Unsolicited::Allow => handover::Unsolicited::Allow,
    }
}

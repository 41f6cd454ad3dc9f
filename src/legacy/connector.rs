//! The old system, ready to be asked: a password or a refresh token goes there once, and what comes back becomes an identity with its
//! tokens. Behind a circuit breaker, so that a dead system holds nobody. Keeps no person's secret.

mod arriving;
mod layer;
mod logging_in;
mod refreshing;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use self::layer::{Carried, configured};
use super::answer::{Format, unavailable};
use super::breaker::{Breaker, Ended};
use super::description::{Description, Login, TokenEndpoint};
use super::exchange::{Exchange, Watch};
use super::facts::Facts;
use super::grant_call::GrantCall;
use super::probe::Life;
use super::refresh::{Class, RefreshRequest, RefreshTrouble, Rotation};
use super::refusal::Refusal;
use super::service_token::ServiceToken;
use super::site::SiteDescription;
use super::steps::Steps;
use super::tokens::{Arrival, Refreshed};
use crate::id::ConnectorId;
use crate::model::account::Account;
use crate::secret::Secret;
use crate::time::Clock;

/// What an open breaker says.
const OPEN: &str = "it failed several times in a row and is left alone for a while";

/// One old system, ready to be asked. Clones share it.
#[derive(Clone)]
pub struct Connector(Arc<Parts>);

struct Parts {
    description: Description,
    /// What requests may use of the configuration: the bridge's client, the named secrets and the tables.
    configured: Map<String, Value>,
    login: Option<GrantCall>,
    refresh: Option<GrantCall>,
    steps: Steps,
    service: ServiceToken,
    exchange: Exchange,
    clock: Clock,
    breaker: Breaker,
    turns: Semaphore,
}

/// What somebody typed.
#[derive(Clone, Copy, Debug)]
pub struct Typed<'t> {
    /// The user name, as it was typed.
    pub user_name: &'t str,
    /// The password; none where only a second factor is asked for.
    pub password: Option<&'t Secret>,
    /// The second factor, with what the old system wants back.
    pub second: Option<Second<'t>>,
    /// Where from.
    pub address: Option<IpAddr>,
}

/// A second factor.
#[derive(Clone, Copy, Debug)]
pub struct Second<'t> {
    /// What was typed.
    pub code: &'t Secret,
    /// What was kept of the challenge.
    pub kept: &'t Secret,
}

impl Connector {
    /// A connector that speaks through `http`, which follows no redirect.
    pub fn new(description: Description, http: reqwest::Client, clock: Clock) -> Self {
        Self::made(description, http, clock, None)
    }

    /// The same, while somebody watches all that is said.
    pub fn watched(
        description: Description,
        http: reqwest::Client,
        clock: Clock,
        watch: Arc<dyn Watch>,
    ) -> Self {
        Self::made(description, http, clock, Some(watch))
    }

    fn made(
        description: Description,
        http: reqwest::Client,
        clock: Clock,
        watch: Option<Arc<dyn Watch>>,
    ) -> Self {
        let exchange = Exchange {
            base_url: description.base_url.as_str().into(),
            largest_answer: description.largest_answer,
            origins: description.origins.clone(),
            forward_address: description.forward_address.clone(),
            http,
            watch,
        };
        let login = match &description.login {
            Login::Grant(endpoint) => Some(GrantCall::new(TokenEndpoint::clone(endpoint), exchange.clone())),
            Login::Request(..) => None,
        };
        let refresh = description.refresh.as_ref().and_then(|refresh| match &refresh.call {
            RefreshRequest::Grant(endpoint) => {
                Some(GrantCall::new(TokenEndpoint::clone(endpoint), exchange.clone()))
            }
            RefreshRequest::Request(..) => None,
        });
        let steps = Steps {
            exchange: exchange.clone(),
            before: description.before.clone(),
            profile: description.profile.clone(),
            errors: description.step_errors.clone(),
            clock: clock.clone(),
            kept: std::sync::Mutex::default(),
        };
        Self(Arc::new(Parts {
            configured: configured(&description),
            turns: Semaphore::new(description.transport.concurrency),
            service: ServiceToken::default(),
            breaker: Breaker::default(),
            login,
            refresh,
            steps,
            exchange,
            clock,
            description,
        }))
    }

    /// Which old system.
    pub fn id(&self) -> &ConnectorId {
        &self.0.description.id
    }

    /// What people call it.
    pub fn title(&self) -> Option<&str> {
        self.0.description.title.as_deref()
    }

    /// Whether a user name belongs here by its ending.
    pub fn claims_user_name(&self, user_name: &str) -> bool {
        let name = user_name.trim().to_lowercase();
        self.0.description.suffixes.iter().any(|suffix| name.ends_with(suffix))
    }

    /// Its own site.
    pub fn site(&self) -> Option<&SiteDescription> {
        self.0.description.site.as_ref()
    }

    /// How long one of its calls may take.
    pub fn timeout(&self) -> Duration {
        self.0.description.timeout
    }

    /// How it treats refresh tokens; `None` when the bridge cannot refresh there.
    pub fn rotation(&self) -> Option<Rotation> {
        self.0.description.refresh.as_ref().map(|refresh| refresh.rotation)
    }

    /// The user name that is sent when `typed` is: spellings of one name are one name, for whoever counts tries.
    pub fn user_name(&self, typed: &str) -> Option<String> {
        let Some(formula) = &self.0.description.user_name else { return Some(typed.to_owned()) };
        let document = json!({ "typed": { "user_name": typed } });
        formula.text(&Facts::of(&document))
    }

    /// Asks the old system whether `password` is this person's, once, and who they are.
    ///
    /// # Errors
    /// [`Refusal`]; [`Refusal::Unavailable`] at the latest when the configured time is over.
    pub async fn sign_in(&self, user_name: &str, password: &Secret) -> Result<Arrival, Refusal> {
        self.let_in(Typed { user_name, password: Some(password), second: None, address: None }).await
    }

    /// Asks the old system whether what was typed is this person's, once, and who they are.
    ///
    /// # Errors
    /// [`Refusal`]; [`Refusal::Unavailable`] at the latest when the configured time is over.
    pub async fn let_in(&self, typed: Typed<'_>) -> Result<Arrival, Refusal> {
        let ask = async {
            let (granted, known) = self.log_in(typed).await?;
            self.arrival(granted.tokens, known, Some(typed)).await
        };
        self.guarded(ask).await
    }

    /// Redeems a refresh token that the legacy site handed over, once, and takes the person from the answer alone.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn redeem(&self, handed_over: &Secret) -> Result<Arrival, Refusal> {
        let ask = async {
            let Refreshed { tokens, known } = self.spend(handed_over, None).await.map_err(refused)?;
            self.arrival(Some(tokens), known, None).await
        };
        self.guarded(ask).await
    }

    /// Asks whether `account` is still good; `None` when the configuration names no probe.
    pub async fn life(&self, token: &Secret, account: &Account) -> Option<Life> {
        let probe = self.0.description.alive.as_ref()?;
        let Some(leave) = self.0.breaker.ask() else { return Some(Life::NoAnswer(OPEN.to_owned())) };
        let layer = self.layer(Carried { access_token: Some(token), ..Carried::default() });
        let ask = async {
            let turn = self.0.turns.acquire().await;
            let life =
                probe.ask(&self.0.exchange, &layer, account.legacy_id.as_str(), &account.user_name).await;
            drop(turn);
            life
        };
        let life = tokio::time::timeout(self.timeout(), ask).await;
        let life = life.unwrap_or_else(|_| Life::NoAnswer("no answer in time".to_owned()));
        leave.tell(if matches!(life, Life::NoAnswer(_)) { Ended::Failed } else { Ended::Answered });
        Some(life)
    }

    /// Whether there is a probe at all.
    pub fn can_be_asked(&self) -> bool {
        self.0.description.alive.is_some()
    }

    /// Whether there is any way to find out whether a person is still good.
    pub fn tells_of_life(&self) -> bool {
        self.can_be_asked() || self.rotation().is_some()
    }

    /// Whether [`Connector::sign_out`] calls anybody.
    pub fn wants_sign_out(&self) -> bool {
        self.0.description.sign_out.is_some()
    }

    /// Tells the old system that the person has signed out, once. A token that outlives it does no harm: it is forgotten here.
    ///
    /// # Errors
    /// Why it was not heard, for the log.
    pub async fn sign_out(
        &self,
        access_token: &Secret,
        refresh_token: Option<&Secret>,
    ) -> Result<(), Refusal> {
        let Some(request) = &self.0.description.sign_out else { return Ok(()) };
        let layer =
            self.layer(Carried { access_token: Some(access_token), refresh_token, ..Carried::default() });
        let call = async {
            let answer = self.0.exchange.ask("sign_out", request, &Facts::of(&layer), Format::Auto).await?;
            match answer.status {
                200..300 => Ok(()),
                status => Err(unavailable(format!("status {status} from the sign-out call"))),
            }
        };
        self.guarded(call).await
    }

    /// Whether a person can choose a new password here.
    pub fn can_change_passwords(&self) -> bool {
        self.0.description.change_password.is_some()
    }

    /// The bridge's client over there; empty where it has none. A refresh token is good for the client that it was given to, and for no
    /// other (RFC 6749 §6).
    pub fn legacy_client(&self) -> &str {
        self.0.description.client.as_ref().map_or("", |client| &client.id)
    }

    /// Asks leave of the breaker, waits for a turn, bounds the time, and tells the breaker what came of it.
    async fn guarded<T>(&self, call: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
        let leave = self.0.breaker.ask().ok_or_else(|| unavailable(OPEN.to_owned()))?;
        let in_turn = async {
            let turn = self.0.turns.acquire().await;
            let result = call.await;
            drop(turn);
            result
        };
        let result = tokio::time::timeout(self.timeout(), in_turn).await;
        let result = result.unwrap_or_else(|_| Err(unavailable("no answer in time".to_owned())));
        leave.tell(match result {
            Err(Refusal::Unavailable { .. }) => Ended::Failed,
            Ok(_) | Err(_) => Ended::Answered,
        });
        result
    }
}

/// A hand-over that was not redeemed, in the words of a sign-in.
fn refused(trouble: RefreshTrouble) -> Refusal {
    match trouble.class {
        Class::Fatal => Refusal::HandoverRefused { why: trouble.why },
        // It answered, and did not take the token: whoever makes tokens up closes the old system to nobody.
        Class::Transient | Class::Unknown if trouble.works => Refusal::Unknown { why: trouble.why },
        Class::Transient | Class::Unknown => unavailable(trouble.why),
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connector({})", self.id())
    }
}

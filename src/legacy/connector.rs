//! The old system, ready to be asked: a password or a refresh token goes there once, and what comes back becomes an identity with its
//! tokens. Behind a circuit breaker, so that a dead system holds nobody. Keeps no person's secret.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::answer::{Answer, Format, NoAnswer, unavailable};
use super::breaker::{Breaker, Ended};
use super::description::{Description, Login, Mapping, TokenEndpoint, With};
use super::error_rule::{Judging, classify};
use super::exchange::{Exchange, Watch};
use super::facts::Facts;
use super::grant_call::GrantCall;
use super::identity::Identity;
use super::probe::Life;
use super::refresh::{Class, RefreshRequest, RefreshTrouble, Rotation, class_of};
use super::refusal::{Challenge, Refusal};
use super::service_token::ServiceToken;
use super::site::SiteDescription;
use super::steps::{Known, Steps};
use super::token_answer::{Granted, TokenAnswer, Unread};
use super::tokens::{Arrival, LegacyTokens, Owner, Refreshed};
use crate::id::{ConnectorId, LegacyId};
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

/// Secrets that one request may use.
#[derive(Clone, Copy, Default)]
struct Carried<'t> {
    typed: Option<Typed<'t>>,
    new_password: Option<&'t Secret>,
    access_token: Option<&'t Secret>,
    refresh_token: Option<&'t Secret>,
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

    /// The login and what it needs before: the tokens, and what is known from then on.
    async fn log_in(&self, typed: Typed<'_>) -> Result<(Granted, Known), Refusal> {
        let sent = self.user_name(typed.user_name).ok_or(Refusal::WrongCredentials)?;
        let typed = Typed { user_name: &sent, ..typed };
        let mut known = Known::new(json!({ "typed": { "user_name": sent } }));
        let Parts { description, steps, exchange, clock, .. } = &*self.0;
        let nothing_secret = self.layer(Carried {
            typed: Some(Typed { password: None, second: None, ..typed }),
            ..Carried::default()
        });
        steps.go_before(&nothing_secret, &mut known).await?;
        let layer = self.layer(Carried { typed: Some(typed), ..Carried::default() });
        let (step, answered, reading) = {
            let below = Facts::of(&known.0);
            let facts = Facts::over(&layer, &below);
            match (typed.second, &description.challenge) {
                (Some(_), None) => {
                    return Err(Refusal::Misconfigured { why: "there is no [legacy.challenge]".to_owned() });
                }
                (Some(_), Some(challenge)) => {
                    let answer = exchange
                        .ask("challenge", &challenge.request, &facts, challenge.answer.format)
                        .await
                        .map_err(unsent)?;
                    ("challenge", answer, &challenge.answer)
                }
                (None, _) => ("login", self.ask_login(typed, &facts).await?, description.login.answer()),
            }
        };
        let below = Facts::of(&known.0);
        let facts = Facts::over(&layer, &below);
        match reading.read(answered, &facts, self.legacy_client(), clock.now()) {
            Ok(granted) => {
                exchange.warn_of(granted.secrets());
                exchange.note(step, || found(&granted, reading));
                let granted = self.learnt(granted, &mut known)?;
                Ok((granted, known))
            }
            Err(unread) => {
                let Unread { answer, why } = *unread;
                let judging = Judging {
                    base_url: &exchange.base_url,
                    known: &facts,
                    now: clock.now(),
                    kept: self.kept(&answer, &facts, typed.second),
                    code_was_sent: typed.second.is_some(),
                    unread: why,
                };
                let verdict = classify(&description.errors, &answer, &judging);
                exchange.warn_of(judging.kept.iter().map(|challenge| &challenge.kept));
                exchange.note(step, || verdict.told());
                Err(verdict.refusal)
            }
        }
    }

    async fn ask_login(&self, typed: Typed<'_>, facts: &Facts<'_>) -> Result<Answer, Refusal> {
        let nothing = Secret::from("");
        let asked = match (&self.0.login, &self.0.description.login) {
            (Some(call), _) => {
                call.password(typed.user_name, typed.password.unwrap_or(&nothing), facts).await
            }
            (None, Login::Request(request, answer)) => {
                self.0.exchange.ask("login", request, facts, answer.format).await
            }
            (None, Login::Grant(_)) => {
                return Err(unavailable("the token endpoint cannot be called".to_owned()));
            }
        };
        asked.map_err(unsent)
    }

    /// What has to be kept of an answer that asks for a second factor.
    fn kept(&self, answer: &Answer, known: &Facts<'_>, before: Option<Second<'_>>) -> Option<Challenge> {
        let challenge = self.0.description.challenge.as_ref()?;
        let facts = answer.facts(known);
        let mut kept: Map<String, Value> =
            before.and_then(|before| serde_json::from_str(before.kept.expose()).ok()).unwrap_or_default();
        for (name, formula) in &challenge.keep {
            if let Some(value) = formula.value(&facts) {
                kept.insert(name.clone(), value.into_owned());
            }
        }
        let kept = Secret::from(Value::Object(kept).to_string());
        Some(Challenge { kept, wants_password: challenge.wants_password })
    }

    /// Puts what was granted among what is known: the answer and the claims of its JWT, but no token.
    fn learnt(&self, granted: Granted, known: &mut Known) -> Result<Granted, Refusal> {
        if let Some(jwt) = &self.0.description.jwt {
            let below = Facts::of(&known.0);
            let token = jwt.from.text(&granted.answer.facts(&below));
            let why = |why: String| Refusal::NoImmutableId { why: format!("legacy.jwt: {why}") };
            let token = token.ok_or_else(|| why(format!("there is nothing at {}", jwt.from)))?;
            let claims = jwt.claims(&token).map_err(why)?;
            known.put("jwt", claims);
        }
        let tokens = granted.tokens.clone();
        let status = granted.answer.status;
        let (body, rest) = granted.into_remembered();
        known.remember("answer", body.clone(), rest.clone());
        Ok(Granted { tokens, answer: Answer { status, ..Answer::of_parts(body, rest) } })
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

    /// Spends a refresh token of the vault, once.
    ///
    /// # Errors
    /// [`RefreshTrouble`].
    pub async fn refresh(&self, token: &Secret, account: &Account) -> Result<Refreshed, RefreshTrouble> {
        let Some(leave) = self.0.breaker.ask() else { return Err(RefreshTrouble::transient(OPEN)) };
        let refreshing = async {
            let turn = self.0.turns.acquire().await;
            let refreshed = self.spend(token, Some(account)).await;
            drop(turn);
            refreshed
        };
        let refreshed = tokio::time::timeout(self.timeout(), refreshing).await;
        let late =
            |_| RefreshTrouble { class: Class::Unknown, why: "no answer in time".to_owned(), after: None };
        let refreshed = refreshed.map_err(late).and_then(|refreshed| refreshed);
        leave.tell(match &refreshed {
            Err(RefreshTrouble { class: Class::Transient | Class::Unknown, .. }) => Ended::Failed,
            Ok(_) | Err(_) => Ended::Answered,
        });
        refreshed
    }

    async fn spend(&self, token: &Secret, account: Option<&Account>) -> Result<Refreshed, RefreshTrouble> {
        let Parts { description, exchange, clock, .. } = &*self.0;
        let Some(refresh) = &description.refresh else {
            return Err(RefreshTrouble::transient("no client for the refresh grant"));
        };
        let layer = self.layer(Carried { refresh_token: Some(token), ..Carried::default() });
        let mut known = Known::new(about(account));
        let below = Facts::of(&known.0);
        let facts = Facts::over(&layer, &below);
        let (answer, reading) = match (&self.0.refresh, &refresh.call) {
            (Some(call), RefreshRequest::Grant(endpoint)) => {
                (call.refresh(token, &facts).await?, &endpoint.answer)
            }
            (_, RefreshRequest::Request(request, reading)) => {
                (exchange.ask("refresh", request, &facts, reading.format).await?, &**reading)
            }
            (None, RefreshRequest::Grant(_)) => {
                return Err(RefreshTrouble::transient("the token endpoint cannot be called"));
            }
        };
        let granted = match reading.read(answer, &facts, self.legacy_client(), clock.now()) {
            Ok(granted) => granted,
            Err(unread) => {
                let Unread { answer, why } = *unread;
                let trouble = RefreshTrouble {
                    class: class_of(&refresh.classes, &answer, &facts),
                    why: match why {
                        Some(why) => format!("status {}, but {why}", answer.status),
                        None => format!("status {}", answer.status),
                    },
                    after: answer.retry_after,
                };
                exchange.note("refresh", || format!("no success: {trouble}"));
                return Err(trouble);
            }
        };
        exchange.warn_of(granted.secrets());
        exchange.note("refresh", || found(&granted, reading));
        let unreadable =
            |why: Refusal| RefreshTrouble { class: Class::Unknown, why: why.to_string(), after: None };
        let granted = self.learnt(granted, &mut known).map_err(unreadable)?;
        let nothing = || RefreshTrouble {
            class: Class::Unknown,
            why: "no token in the answer".to_owned(),
            after: None,
        };
        Ok(Refreshed { tokens: granted.tokens.ok_or_else(nothing)?, known })
    }

    /// Whether what a refresh gave is really `account`'s. A name that is still the same is enough; another name may be a new one of
    /// the same person, so then the immutable id decides.
    pub async fn owner(&self, refreshed: &Refreshed, account: &Account) -> Owner {
        let mapping = &self.0.description.mapping;
        // What was put there by ourselves says nothing.
        let ours = mapping.user_name.roots().iter().any(|root| matches!(root.as_str(), "typed" | "account"));
        let named = mapping.user_name.text(&Facts::of(&refreshed.known.0)).filter(|_| !ours);
        if named.is_some_and(|named| named.to_lowercase() == account.user_name.to_lowercase()) {
            return Owner::Same;
        }
        let arrival = self.arrival(Some(refreshed.tokens.clone()), refreshed.known.clone(), None);
        match self.guarded(arrival).await {
            Ok(arrival) if arrival.identity.legacy_id == account.legacy_id => Owner::Same,
            Ok(_) => Owner::Another,
            Err(_) => Owner::Unknown,
        }
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

    /// Changes a password, once.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn change_password(&self, typed: Typed<'_>, new_password: &Secret) -> Result<(), Refusal> {
        let Parts { description, exchange, clock, steps, .. } = &*self.0;
        let Some(change) = &description.change_password else {
            return Err(Refusal::Misconfigured { why: "there is no [legacy.change_password]".to_owned() });
        };
        let sent = self.user_name(typed.user_name).ok_or(Refusal::WrongCredentials)?;
        let typed = Typed { user_name: &sent, ..typed };
        let call = async {
            let mut known = Known::new(json!({ "typed": { "user_name": sent } }));
            let nothing_secret =
                self.layer(Carried { typed: Some(Typed { password: None, ..typed }), ..Carried::default() });
            steps.go_before(&nothing_secret, &mut known).await?;
            let layer = self.layer(Carried {
                typed: Some(typed),
                new_password: Some(new_password),
                ..Carried::default()
            });
            let below = Facts::of(&known.0);
            let facts = Facts::over(&layer, &below);
            let answer = exchange.ask("change_password", &change.request, &facts, change.format).await?;
            let judging = Judging {
                base_url: &exchange.base_url,
                known: &facts,
                now: clock.now(),
                kept: None,
                code_was_sent: false,
                unread: None,
            };
            if change.status.contains(&answer.status) {
                return Ok(());
            }
            Err(classify(&description.errors, &answer, &judging).refusal)
        };
        self.guarded(call).await
    }

    async fn arrival(
        &self,
        tokens: Option<LegacyTokens>,
        mut known: Known,
        typed: Option<Typed<'_>>,
    ) -> Result<Arrival, Refusal> {
        // Whoever is in needs no password any more.
        let typed = typed.map(|typed| Typed { password: None, second: None, ..typed });
        let access_token = tokens.as_ref().map(|tokens| &tokens.access_token);
        let layer =
            |token: Option<&Secret>| self.layer(Carried { typed, access_token: token, ..Carried::default() });
        let steps = &self.0.steps;
        let service = self.service_token().await?;
        let before = known.clone();
        let went =
            steps.go_after(layer, (access_token, service.as_ref().map(|(token, _)| token)), &mut known).await;
        match (went, &service) {
            (Err(Refusal::Misconfigured { .. }), Some((dead, true))) => {
                // The service account's token may have died before its time.
                self.0.service.forget(dead).await;
                let service = self.service_token().await?;
                known = before;
                steps
                    .go_after(layer, (access_token, service.as_ref().map(|(token, _)| token)), &mut known)
                    .await?;
            }
            (went, _) => went?,
        }
        steps.forget_before(&mut known);
        let tables = Value::Object(
            self.0
                .configured
                .get("tables")
                .map(|tables| ("tables".to_owned(), tables.clone()))
                .into_iter()
                .collect(),
        );
        let below = Facts::of(&tables);
        let identity = self.0.description.mapping.identity(self.id(), &Facts::over(&known.0, &below))?;
        self.0.exchange.note("identity", || format!("{} is {}", identity.user_name, identity.legacy_id));
        Ok(Arrival { identity, tokens })
    }

    /// The service account's token, and whether it was known already; none when no step uses it.
    async fn service_token(&self) -> Result<Option<(Secret, bool)>, Refusal> {
        let Parts { description, service, clock, .. } = &*self.0;
        let wanted = description.profile.iter().any(|step| step.with == With::ServiceAccount);
        let Some(account) = description.service_account.as_ref().filter(|_| wanted) else { return Ok(None) };
        let log_in = async {
            let typed = Typed {
                user_name: &account.user_name,
                password: Some(&account.password),
                second: None,
                address: None,
            };
            self.log_in(typed).await.map(|(granted, _)| granted.tokens)
        };
        service.or_from(clock, log_in).await.map(Some)
    }

    fn legacy_client(&self) -> &str {
        self.0.description.client.as_ref().map_or("", |client| &client.id)
    }

    /// What requests may use beside what is known: secrets, and the static part of the configuration.
    fn layer(&self, carried: Carried<'_>) -> Value {
        let mut layer = self.0.configured.clone();
        let secret = |secret: Option<&Secret>| secret.map(|secret| Value::from(secret.expose()));
        let object = |members: &[(&str, Option<Value>)]| {
            let there = members.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?)));
            Value::Object(there.collect())
        };
        if let Some(typed) = carried.typed {
            layer.insert(
                "typed".to_owned(),
                object(&[
                    ("user_name", Some(Value::from(typed.user_name))),
                    ("password", secret(typed.password)),
                    ("code", secret(typed.second.map(|second| second.code))),
                    ("new_password", secret(carried.new_password)),
                ]),
            );
            if let Some(kept) =
                typed.second.and_then(|second| serde_json::from_str(second.kept.expose()).ok())
            {
                layer.insert("challenge".to_owned(), kept);
            }
            if let Some(address) = typed.address {
                layer.insert("visitor".to_owned(), json!({ "address": address.to_string() }));
            }
        }
        if carried.access_token.is_some() || carried.refresh_token.is_some() {
            let tokens = [
                ("access_token", secret(carried.access_token)),
                ("refresh_token", secret(carried.refresh_token)),
            ];
            layer.insert("token".to_owned(), object(&tokens));
        }
        Value::Object(layer)
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

/// Why nothing came of sending what was typed. What cannot even be sent is nobody's password, and says nothing about the system.
fn unsent(none: NoAnswer) -> Refusal {
    match none {
        NoAnswer::Unfit(_) => Refusal::WrongCredentials,
        none => none.into(),
    }
}

/// The part of every request layer that the configuration gives.
fn configured(description: &Description) -> Map<String, Value> {
    let mut configured = Map::new();
    if let Some(client) = &description.client {
        let secret = client.secret.as_ref().map(|secret| Value::from(secret.expose()));
        configured.insert("client".to_owned(), json!({ "id": client.id, "secret": secret }));
    }
    let secrets =
        description.secrets.iter().map(|(name, secret)| (name.clone(), Value::from(secret.expose())));
    configured.insert("secret".to_owned(), Value::Object(secrets.collect()));
    configured.insert("tables".to_owned(), description.tables.clone());
    configured
}

/// What is known of `account` before the old system is asked again.
fn about(account: Option<&Account>) -> Value {
    account.map_or_else(
        || json!({}),
        |account| {
            json!({
                "typed": { "user_name": account.user_name },
                "account": { "user_name": account.user_name, "legacy_id": account.legacy_id.as_str() },
            })
        },
    )
}

/// What was found in an answer, for whoever watches.
fn found(granted: &Granted, reading: &TokenAnswer) -> String {
    let place = reading.access_token.as_ref().map_or_else(|| "nowhere".to_owned(), ToString::to_string);
    match &granted.tokens {
        None => "success; this system gives no token".to_owned(),
        Some(tokens) => format!(
            "success; access token at {place}, {}, {}",
            match tokens.refresh_token {
                Some(_) => format!("refresh token at {}", reading.refresh_token),
                None => "no refresh token".to_owned(),
            },
            tokens.lifetime.map_or_else(
                || "lifetime not told".to_owned(),
                |left| format!("good for {} s", left.as_secs())
            ),
        ),
    }
}

/// A hand-over that was not redeemed, in the words of a sign-in.
fn refused(trouble: RefreshTrouble) -> Refusal {
    match trouble.class {
        Class::Fatal => Refusal::HandoverRefused { why: trouble.why },
        Class::Transient | Class::Unknown => unavailable(trouble.why),
    }
}

impl Mapping {
    /// Whom all that the old system said speaks of.
    fn identity(&self, connector: &ConnectorId, facts: &Facts<'_>) -> Result<Identity, Refusal> {
        let missing = |what: &str, place: &dyn fmt::Display| Refusal::NoImmutableId {
            why: format!("{what}: nothing that names anybody stands at {place}"),
        };
        let legacy_id = self
            .legacy_id
            .text(facts)
            .filter(|id| !names_nobody(id))
            .ok_or_else(|| missing("identity.legacy_id", &self.legacy_id))?;
        let user_name =
            self.user_name.text(facts).ok_or_else(|| missing("identity.user_name", &self.user_name))?;
        let claims = self
            .claims
            .iter()
            .filter_map(|(name, claim)| Some((name.clone(), claim.value_in(facts)?)))
            .collect();
        Ok(Identity { connector: connector.clone(), legacy_id: LegacyId::from(legacy_id), user_name, claims })
    }
}

/// A blank text and the nil GUID (RFC 9562 §5.9) are what everybody has whose id was lost: taken for an id, they would all be one person.
fn names_nobody(id: &str) -> bool {
    id.trim().is_empty() || Uuid::parse_str(id.trim()).is_ok_and(|id| id.is_nil())
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connector({})", self.id())
    }
}

//! The old system, ready to be asked: a password or a refresh token goes there once, and what comes back becomes an identity with its
//! tokens. Behind a circuit breaker, so that a dead system holds nobody. Keeps nothing.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::answer::{Answer, unavailable};
use super::breaker::{Breaker, Ended};
use super::description::{Description, Mapping, SignOutCall};
use super::identity::Identity;
use super::probe::{Life, Probe};
use super::profile::ProfileCalls;
use super::refresh::{Class, RefreshDescription, RefreshTrouble, Rotation};
use super::refusal::Refusal;
use super::site::SiteDescription;
use super::token_call::TokenCall;
use super::tokens::{Arrival, LegacyTokens, Owner, Refreshed};
use crate::id::{ConnectorId, LegacyId};
use crate::model::account::Account;
use crate::secret::Secret;

/// What an open breaker says.
const OPEN: &str = "it failed several times in a row and is left alone for a while";

/// One old system, ready to be asked. Clones share it.
#[derive(Clone)]
pub struct Connector(Arc<Parts>);

struct Parts {
    id: ConnectorId,
    token: TokenCall,
    refresh: Option<(TokenCall, RefreshDescription)>,
    profile: ProfileCalls,
    probe: Option<Probe>,
    mapping: Mapping,
    site: Option<SiteDescription>,
    sign_out: Option<SignOutCall>,
    http: reqwest::Client,
    timeout: Duration,
    breaker: Breaker,
}

impl Connector {
    /// A connector that speaks through `http`, which follows no redirect.
    pub fn new(description: Description, http: reqwest::Client) -> Self {
        let Description { id, base_url, token, refresh, alive, site, sign_out, .. } = description;
        let largest_answer = token.largest_answer;
        let probe = |description| Probe {
            description,
            base_url: base_url.clone(),
            largest_answer,
            http: http.clone(),
        };
        Self(Arc::new(Parts {
            id,
            probe: alive.map(probe),
            refresh: refresh.map(|refresh| (TokenCall::new(refresh.endpoint.clone(), http.clone()), refresh)),
            profile: ProfileCalls {
                steps: description.profile,
                base_url,
                largest_answer,
                http: http.clone(),
            },
            token: TokenCall::new(token, http.clone()),
            mapping: description.mapping,
            site,
            sign_out,
            http,
            timeout: description.timeout,
            breaker: Breaker::default(),
        }))
    }

    /// Which old system.
    pub fn id(&self) -> &ConnectorId {
        &self.0.id
    }

    /// Its own site.
    pub fn site(&self) -> Option<&SiteDescription> {
        self.0.site.as_ref()
    }

    /// How long one of its calls may take.
    pub fn timeout(&self) -> Duration {
        self.0.timeout
    }

    /// How it treats refresh tokens; `None` when the bridge cannot refresh there.
    pub fn rotation(&self) -> Option<Rotation> {
        self.0.refresh.as_ref().map(|(_, refresh)| refresh.rotation)
    }

    /// Asks the old system whether `password` is this person's, once, and who they are.
    ///
    /// # Errors
    /// [`Refusal`]; [`Refusal::Unavailable`] at the latest when the configured time is over.
    pub async fn sign_in(&self, user_name: &str, password: &Secret) -> Result<Arrival, Refusal> {
        let ask = async {
            let granted = self.0.token.password(user_name, password).await?;
            let typed = ("typed".to_owned(), serde_json::json!({ "user_name": user_name }));
            self.arrival(granted.tokens, granted.answer, Some(typed)).await
        };
        self.guarded(ask).await
    }

    /// Redeems a refresh token that the legacy site handed over, once, and takes the person from the answer alone.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn redeem(&self, handed_over: &Secret) -> Result<Arrival, Refusal> {
        let Some((call, refresh)) = &self.0.refresh else {
            return Err(Refusal::Misconfigured { why: "no client for the refresh grant".to_owned() });
        };
        let ask = async {
            let granted = call.refresh(handed_over, &refresh.classes).await.map_err(refused)?;
            self.arrival(granted.tokens, granted.answer, None).await
        };
        self.guarded(ask).await
    }

    /// Spends a refresh token of the vault, once.
    ///
    /// # Errors
    /// [`RefreshTrouble`].
    pub async fn refresh(&self, token: &Secret) -> Result<Refreshed, RefreshTrouble> {
        let Some((call, refresh)) = &self.0.refresh else {
            return Err(RefreshTrouble::transient("no client for the refresh grant"));
        };
        let Some(leave) = self.0.breaker.ask() else { return Err(RefreshTrouble::transient(OPEN)) };
        let refreshed = tokio::time::timeout(self.0.timeout, call.refresh(token, &refresh.classes)).await;
        let late =
            |_| RefreshTrouble { class: Class::Unknown, why: "no answer in time".to_owned(), after: None };
        let refreshed = refreshed.map_err(late).and_then(|refreshed| refreshed);
        leave.tell(match &refreshed {
            Err(RefreshTrouble { class: Class::Transient | Class::Unknown, .. }) => Ended::Failed,
            Ok(_) | Err(_) => Ended::Answered,
        });
        refreshed.map(|granted| Refreshed { tokens: granted.tokens, answer: granted.answer })
    }

    /// Whether what a refresh gave is really `account`'s. A name that is still the same is enough; another name may be a new one of
    /// the same person, so then the immutable id decides.
    pub async fn owner(&self, refreshed: &Refreshed, account: &Account) -> Owner {
        let answer = serde_json::json!({ "answer": refreshed.answer });
        let named = self.0.mapping.user_name.text(&answer);
        if named.is_some_and(|named| named.to_lowercase() == account.user_name.to_lowercase()) {
            return Owner::Same;
        }
        let arrival = self.arrival(refreshed.tokens.clone(), refreshed.answer.clone(), None);
        match self.guarded(arrival).await {
            Ok(arrival) if arrival.identity.legacy_id == account.legacy_id => Owner::Same,
            Ok(_) => Owner::Another,
            Err(_) => Owner::Unknown,
        }
    }

    /// Asks whether `account` is still good; `None` when the configuration names no probe.
    pub async fn life(&self, token: &Secret, account: &Account) -> Option<Life> {
        let probe = self.0.probe.as_ref()?;
        let Some(leave) = self.0.breaker.ask() else { return Some(Life::NoAnswer(OPEN.to_owned())) };
        let ask = probe.ask(token, account.legacy_id.as_str(), &account.user_name);
        let life = tokio::time::timeout(self.0.timeout, ask).await;
        let life = life.unwrap_or_else(|_| Life::NoAnswer("no answer in time".to_owned()));
        leave.tell(if matches!(life, Life::NoAnswer(_)) { Ended::Failed } else { Ended::Answered });
        Some(life)
    }

    /// Whether there is a probe at all.
    pub fn can_be_asked(&self) -> bool {
        self.0.probe.is_some()
    }

    /// Whether [`Connector::sign_out`] calls anybody.
    pub fn wants_sign_out(&self) -> bool {
        self.0.sign_out.is_some()
    }

    /// Tells the old system that the person has signed out, once. A token that outlives it does no harm: it is forgotten here.
    ///
    /// # Errors
    /// Why it was not heard, for the log.
    pub async fn sign_out(&self, token: &Secret) -> Result<(), Refusal> {
        let Some(sign_out) = &self.0.sign_out else { return Ok(()) };
        let call = async {
            let request = self.0.http.post(sign_out.url.clone()).bearer_auth(token.expose());
            let answer = Answer::to(request, self.0.profile.largest_answer).await?;
            match answer.status {
                200..300 => Ok(()),
                status => Err(unavailable(format!("status {status} from the sign-out call"))),
            }
        };
        self.guarded(call).await
    }

    async fn arrival(
        &self,
        tokens: LegacyTokens,
        answer: Value,
        typed: Option<(String, Value)>,
    ) -> Result<Arrival, Refusal> {
        let mut document = Map::from_iter([("answer".to_owned(), answer)].into_iter().chain(typed));
        self.0.profile.fetch(&tokens.access_token, &mut document).await?;
        let identity = self.0.mapping.identity(&self.0.id, &Value::Object(document))?;
        Ok(Arrival { identity, tokens })
    }

    /// Asks leave of the breaker, bounds the time, and tells the breaker what came of it.
    async fn guarded<T>(&self, call: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
        let leave = self.0.breaker.ask().ok_or_else(|| unavailable(OPEN.to_owned()))?;
        let result = tokio::time::timeout(self.0.timeout, call).await;
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
        Class::Transient | Class::Unknown => unavailable(trouble.why),
    }
}

impl Mapping {
    /// Who `document`, all that the old system said, speaks of.
    fn identity(&self, connector: &ConnectorId, document: &Value) -> Result<Identity, Refusal> {
        let missing = |what: &str, place: &dyn fmt::Display| Refusal::NoImmutableId {
            why: format!("{what}: nothing that names anybody stands at {place}"),
        };
        let legacy_id = self
            .legacy_id
            .text(document)
            .filter(|id| !names_nobody(id))
            .ok_or_else(|| missing("identity.legacy_id", &self.legacy_id))?;
        let user_name =
            self.user_name.text(document).ok_or_else(|| missing("identity.user_name", &self.user_name))?;
        let claims = self
            .claims
            .iter()
            .filter_map(|(name, source)| Some((name.clone(), source.value(document)?)))
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
        write!(f, "Connector({})", self.0.id)
    }
}

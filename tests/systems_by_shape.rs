//! Real logins by their shape: for each system a small scripted server built from what its vendor and its clients say of it, and the
//! configuration that bridges it. `docs/legacy-systems.md` says which were tried against the real thing.

mod also_seen;
mod answers_of_any_kind;
mod arriving_unchanged;
mod aspnet_owin;
mod cmic;
mod directus;
mod documents;
mod doorkeeper;
mod drupal;
mod firebase;
mod iimmpact;
mod jellyfin;
mod keycloak;
mod laravel_passport;
mod lessons;
mod magento;
mod matrix;
mod moodle;
mod nextcloud;
mod oauth2_password;
mod salesforce;
mod scripted;
mod spring;
mod strapi;
mod wordpress;
mod zimbra;

use std::time::Duration;

use passerelle::id::{AccountId, ConnectorId, LegacyId};
use passerelle::legacy::connector::{Connector, Second, Typed};
use passerelle::legacy::identity::Identity;
use passerelle::legacy::probe::Life;
use passerelle::legacy::refresh::RefreshTrouble;
use passerelle::legacy::refusal::{Challenge, Refusal};
use passerelle::legacy::tokens::{Arrival, LegacyTokens};
use passerelle::model::account::{Account, LastHeard};
use passerelle::secret::Secret;
use passerelle::time::Timestamp;
use serde_json::Map;

use self::scripted::{Asked, Scripted};
use crate::support::custody::connector;

/// A way to sign in.
pub(super) struct Way {
    /// The `[legacy]` table but for `base_url`.
    config: &'static str,
    /// Where the password goes.
    login: &'static str,
    /// The user name and password that arrive there.
    typed: fn(&Asked) -> (String, String),
    /// Whether it can say every character.
    says: fn(char) -> bool,
}

impl Way {
    /// A preset, or a table, whose password goes there.
    const fn new(config: &'static str, login: &'static str, typed: fn(&Asked) -> (String, String)) -> Self {
        Self { config, login, typed, says: |_| true }
    }
}

/// The fields of a form that most have.
fn form(asked: &Asked) -> (String, String) {
    (asked.field("username"), asked.field("password"))
}

/// A system, and the bridge in front of it.
struct System {
    old: Scripted,
    connector: Connector,
}

impl System {
    async fn of(way: &Way) -> Self {
        Self::with(way, "").await
    }

    /// With more lines, which may name another server.
    async fn with(way: &Way, more: &str) -> Self {
        let old = Scripted::open().await;
        let connector = connector(&format!("base_url = '{}'\n{more}\n{}", old.base_url, way.config));
        Self { old, connector }
    }

    async fn sign_in(&self, user_name: &str, password: &str) -> Result<Arrival, Refusal> {
        self.connector.sign_in(user_name, &Secret::from(password)).await
    }

    /// Alice signs in.
    async fn alice(&self) -> (Identity, LegacyTokens) {
        let arrival = self.sign_in("alice", "wonderland").await.unwrap();
        (arrival.identity, arrival.tokens.unwrap())
    }

    /// Somebody does not.
    async fn refusal(&self, user_name: &str, password: &str) -> Refusal {
        self.sign_in(user_name, password).await.unwrap_err()
    }

    /// The same with a second factor.
    async fn second(
        &self,
        challenge: &Challenge,
        password: Option<&str>,
        code: &str,
    ) -> Result<Arrival, Refusal> {
        let (password, code) = (password.map(Secret::from), Secret::from(code));
        let second = Some(Second { code: &code, kept: &challenge.kept });
        let typed = Typed { user_name: "alice", password: password.as_ref(), second, address: None };
        self.connector.let_in(typed).await
    }

    async fn refreshed(&self, token: &str) -> Result<LegacyTokens, RefreshTrouble> {
        let account = account("alice");
        self.connector.refresh(&Secret::from(token), &account).await.map(|refreshed| refreshed.tokens)
    }

    /// Whether the person with this id is still good.
    async fn life(&self, token: &str, legacy_id: &str) -> Life {
        let mut account = account("alice");
        account.legacy_id = LegacyId::from(legacy_id);
        self.connector.life(&Secret::from(token), &account).await.unwrap()
    }
}

fn account(user_name: &str) -> Account {
    Account {
        id: AccountId::from("a-1"),
        connector: ConnectorId::from("legacy"),
        legacy_id: LegacyId::from("7"),
        user_name: user_name.to_owned(),
        claims: Map::new(),
        created_at: Timestamp::from_seconds(0),
        updated_at: Timestamp::from_seconds(0),
        heard: LastHeard::default(),
    }
}

fn access(tokens: &LegacyTokens) -> &str {
    tokens.access_token.expose()
}

fn refresh(tokens: &LegacyTokens) -> Option<&str> {
    tokens.refresh_token.as_ref().map(Secret::expose)
}

fn seconds(tokens: &LegacyTokens) -> Option<u64> {
    tokens.lifetime.map(|left| left.as_secs())
}

/// Whether it is told as a moment that lies so many seconds ahead; the test may take a while.
fn about(tokens: &LegacyTokens, wanted: u64) -> bool {
    seconds(tokens).is_some_and(|left| left <= wanted && left + 120 >= wanted)
}

/// So many seconds from now.
fn epoch(ahead: u64) -> u64 {
    let now = passerelle::time::Clock::System.now();
    (now + Duration::from_secs(ahead)).as_seconds().try_into().unwrap()
}

fn challenge(refusal: Refusal) -> Challenge {
    match refusal {
        Refusal::SecondFactorRequired(challenge) | Refusal::SecondFactorWrong(challenge) => *challenge,
        other => panic!("{other:?}"),
    }
}

//! What flows need of the legacy system where a story is not about it: a vault over a connector that is never asked, and what ends sessions.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use passerelle::app::outbound::{app_client, legacy_client};
use passerelle::config::environment::{Environment, Surroundings};
use passerelle::config::reading;
use passerelle::id::{AccountId, NodeId, SessionId};
use passerelle::legacy::connector::Connector;
use passerelle::legacy::connectors::Connectors;
use passerelle::legacy::description_table;
use passerelle::model::account::{Account, LastHeard};
use passerelle::model::login_session::{LoginSession, Whereabouts};
use passerelle::provider::liveness::{Liveness, LivenessPolicy};
use passerelle::provider::logout::back_channel::{BackChannel, BackChannelLimits};
use passerelle::provider::logout::end_session::EndSession;
use passerelle::provider::logout::farewell::Farewell;
use passerelle::provider::logout::turns::Turns;
use passerelle::secret::Digest;
use passerelle::store::{accounts, login_sessions, participants};
use passerelle::time::Clock;
use passerelle::tokens::logout::LogoutTokens;
use passerelle::vault::custody::Vault;
use tokio::sync::Notify;

use super::parts::{ISSUER, Parts};

/// A connector as the `[legacy]` table `toml` describes it.
pub fn connector(toml: &str) -> Connector {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let environment = Environment::default();
    let around = Surroundings { base: Path::new("."), environment: &environment };
    let (description, problems) = description_table::read(reading::parse(toml).unwrap(), "legacy", &around);
    let description = description.unwrap_or_else(|| panic!("{problems:#?}"));
    let http = legacy_client(description.timeout).unwrap();
    Connector::new(description, http, Clock::System)
}

/// One that nobody can be asked by.
fn silent() -> Connector {
    connector(
        "base_url = 'http://127.0.0.1:9'\n\
         token = { url = '{base_url}/token', access_token = '/access_token' }\n\
         identity = { legacy_id = '/answer/id', user_name = '/answer/name' }",
    )
}

impl Parts {
    /// Ends sessions.
    pub fn end_session(&self) -> EndSession {
        EndSession {
            db: self.db.clone(),
            registry: self.registry.clone(),
            chance: self.chance.clone(),
            wake: Arc::new(Notify::new()),
        }
    }

    /// A vault behind which nobody answers.
    pub fn vault(&self) -> Vault {
        let (db, sealer) = (self.db.clone(), self.sealer.clone());
        Vault::new(db, sealer, Connectors::one(silent()), self.clock.clone(), self.chance.clone())
    }

    /// Asks nobody.
    pub fn liveness(&self) -> Liveness {
        Liveness {
            db: self.db.clone(),
            vault: self.vault(),
            end_session: self.end_session(),
            policy: LivenessPolicy {
                revalidate: Duration::from_mins(5),
                max_stale: Duration::from_hours(24),
            },
        }
    }

    /// Delivers within a second.
    pub fn back_channel(&self) -> BackChannel {
        rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
        let timeout = Duration::from_secs(1);
        BackChannel {
            db: self.db.clone(),
            registry: self.registry.clone(),
            tokens: LogoutTokens {
                keyring: self.keyring.clone(),
                issuer: ISSUER.into(),
                chance: self.chance.clone(),
            },
            node: NodeId::mint(&self.chance),
            chance: self.chance.clone(),
            clock: self.clock.clone(),
            http: app_client(timeout).unwrap(),
            limits: BackChannelLimits { timeout, give_up_after: Duration::from_hours(12) },
            turns: Turns::default(),
            wake: Arc::new(Notify::new()),
        }
    }

    /// Ends sessions for people.
    pub fn farewell(&self) -> Farewell {
        Farewell {
            end_session: self.end_session(),
            back_channel: self.back_channel(),
            vault: self.vault(),
            registry: self.registry.clone(),
            issuer: ISSUER.into(),
        }
    }

    /// A session of the person of this number, in which every client takes part.
    pub async fn everybody_takes_part(&self, number: usize) -> LoginSession {
        let now = self.now();
        let account = Account {
            id: AccountId::mint(&self.chance),
            connector: "legacy".into(),
            legacy_id: format!("person-{number}").as_str().into(),
            user_name: format!("person-{number}"),
            claims: serde_json::Map::new(),
            created_at: now,
            updated_at: now,
            heard: LastHeard::default(),
        };
        let session = LoginSession {
            id: SessionId::mint(now, &self.chance),
            account: account.id.clone(),
            cookie: Digest::of(&format!("cookie-{number}")),
            auth_time: now,
            amr: vec!["pwd".to_owned()],
            acr: "password".to_owned(),
            created_at: now,
            last_seen: now,
            expires_at: now + Duration::from_hours(12),
            whereabouts: Whereabouts::default(),
            ended: None,
        };
        let ids: Vec<_> = self.registry.clients().map(|client| client.id.clone()).collect();
        let its = session.clone();
        let write = self.db.write(move |tx| {
            Box::pin(async move {
                accounts::remember(tx, &account).await?;
                login_sessions::insert(tx, &its).await?;
                for id in &ids {
                    participants::join(tx, &its.id, id, now).await?;
                }
                Ok(())
            })
        });
        write.await.unwrap();
        session
    }
}

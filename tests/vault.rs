//! The vault over a running stand-in for the old system: what it gives out, what it keeps, and when it lets go.

mod keeping;
mod one_refresh;
mod service_accounts;
mod trouble;

use std::time::Duration;

use futures_util::future::join_all;
use passerelle::id::{AccountId, NodeId};
use passerelle::legacy::connectors::Connectors;
use passerelle::legacy::tokens::Arrival;
use passerelle::model::account::{Account, LastHeard};
use passerelle::model::legacy_grant::LegacyGrant;
use passerelle::secret::{Chance, Digest, Secret};
use passerelle::store::db::Db;
use passerelle::store::legacy_grants::{self, Held, SealedTokens};
use passerelle::store::{accounts, life};
use passerelle::time::{Clock, Timestamp};
use passerelle::vault::custody::Vault;
use passerelle::vault::custody_error::VaultError;

use crate::legacy_system::{Door, Fault, LegacySystem, Running, Settings, start};
use crate::support::custody::connector;
use crate::support::parts::{BEGINNING, sealer};

/// Longer than an access token lives over there.
const BEYOND_ITS_LIFE: Duration = Duration::from_mins(20);
/// The bridge's client over there.
const CLIENT: &str = "passerelle";

/// A vault in front of a running old system that gives a refresh token with each sign-in.
struct Town {
    running: Running,
    clock: Clock,
    vault: Vault,
}

/// A connector's table for the old system at `base_url`, with `more` behind it.
fn described(base_url: &str, more: &str) -> String {
    format!(
        "preset = 'imis'\nbase_url = '{base_url}'\ntimeout = '1s'\n\
         client_id = '{CLIENT}'\nclient_secret = 'legacy-client-secret'\ntoken.client = 'body'\n{more}"
    )
}

fn vault(db: &Db, base_url: &str, more: &str, clock: &Clock) -> Vault {
    let connector = connector(&described(base_url, more));
    Vault::new(db.clone(), sealer(), Connectors::one(connector), clock.clone(), Chance::System)
}

impl Town {
    async fn open() -> Self {
        Self::with("").await
    }

    async fn with(more: &str) -> Self {
        Self::on("sqlite::memory:", more).await
    }

    async fn on(url: &str, more: &str) -> Self {
        let settings = Settings { refresh_on_password: true, ..Settings::default() };
        let running = start(settings, 0).await.unwrap();
        let clock = Clock::set_to(BEGINNING);
        let db = Db::open(url, 8).await.unwrap();
        let vault = vault(&db, &running.base_url, more, &clock);
        Self { running, clock, vault }
    }

    fn system(&self) -> &LegacySystem {
        &self.running.system
    }

    fn refreshes(&self) -> usize {
        self.system().journal.refreshes()
    }

    fn breaks(&self, fault: Fault) {
        self.system().faults.set(Door::Token, fault);
    }

    fn forward(&self, span: Duration) {
        self.clock.forward(span);
    }

    async fn arrival(&self, user_name: &str, password: &str) -> Arrival {
        self.vault.connectors.first().sign_in(user_name, &Secret::from(password)).await.unwrap()
    }

    /// Alice signs in, and her tokens are kept.
    async fn alice(&self) -> Account {
        let arrival = self.arrival("alice", "wonderland").await;
        self.keep(arrival).await
    }

    async fn bob(&self) -> Account {
        let arrival = self.arrival("bob", "builder").await;
        self.keep(arrival).await
    }

    async fn keep(&self, arrival: Arrival) -> Account {
        let now = self.clock.now();
        let account = remembered(&self.vault.db, arrival.clone(), now).await;
        let sealed = self.vault.sealed(&account.id, arrival.tokens.as_ref().unwrap(), now);
        put(&self.vault.db, &account.id, &arrival.tokens.as_ref().unwrap().legacy_client, sealed, now).await;
        account
    }

    /// Alice is signed in, and her access token has expired.
    async fn alice_later(&self) -> Account {
        let alice = self.alice().await;
        self.forward(BEYOND_ITS_LIFE);
        alice
    }

    async fn grants(&self, account: &Account) -> Vec<LegacyGrant> {
        legacy_grants::list(&self.vault.db, &account.id).await.unwrap()
    }

    async fn grant(&self, account: &Account) -> LegacyGrant {
        let mut grants = self.grants(account).await;
        assert_eq!(grants.len(), 1);
        grants.remove(0)
    }

    async fn needs_sign_in(&self, account: &Account) {
        let error = self.vault.fresh(account).await.unwrap_err();
        assert!(matches!(error, VaultError::NeedsSignIn { .. }), "{error:?}");
    }

    async fn is_unavailable(&self, account: &Account) {
        let error = self.vault.fresh(account).await.unwrap_err();
        assert!(matches!(error, VaultError::Unavailable { .. }), "{error:?}");
    }
}

async fn remembered(db: &Db, arrival: Arrival, now: Timestamp) -> Account {
    let account = Account {
        id: AccountId::mint(&Chance::System),
        connector: arrival.identity.connector,
        legacy_id: arrival.identity.legacy_id,
        user_name: arrival.identity.user_name,
        claims: arrival.identity.claims,
        created_at: now,
        updated_at: now,
        heard: LastHeard::default(),
    };
    let remember = db.write(move |tx| {
        Box::pin(async move {
            let account = accounts::remember(tx, &account).await?;
            life::note_alive(tx, &account.id, now).await?;
            Ok(account)
        })
    });
    remember.await.unwrap()
}

async fn put(db: &Db, account: &AccountId, legacy_client: &str, sealed: SealedTokens, now: Timestamp) {
    let (account, legacy_client) = (account.clone(), legacy_client.to_owned());
    let put = db.write(move |tx| {
        Box::pin(async move { legacy_grants::put(tx, &account, &legacy_client, &sealed, now).await })
    });
    put.await.unwrap();
}

/// Asks for alice's token ten times at once.
async fn ten_at_once(vault: &Vault, account: &Account) -> Vec<Secret> {
    let asked = (0..10).map(|_| {
        let (vault, account) = (vault.clone(), account.clone());
        tokio::spawn(async move { vault.fresh(&account).await.unwrap() })
    });
    join_all(asked).await.into_iter().map(Result::unwrap).collect()
}

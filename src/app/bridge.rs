//! The bridge: opened from a blueprint, called by its routes, served with its jobs. How flows are wired stands in `rooms`.

use std::io;
use std::net::TcpListener;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tracing::{info, warn};

use crate::admin::explain::Explain;
use crate::admin::service_accounts::ServiceAccounts;
use crate::admin::sessions::Sessions;
use crate::app::blueprint::Blueprint;
use crate::app::custody_policy::{custody_policy, longest_token_of_a_person};
use crate::app::gateway::roles;
use crate::app::issuers::issuers;
use crate::app::outbound::{app_client, client_of, upstream_client};
use crate::app::rooms::{ACR, Rooms, client_keys};
use crate::app::routing::{Handed, routes};
use crate::app::seal::{SealError, unseal};
use crate::gateway::issuers::trusted::Issuers;
use crate::id::{ClientId, NodeId};
use crate::jobs::deliver_logouts::DeliverLogouts;
use crate::jobs::rotate_keys::RotateKeys;
use crate::jobs::sweep::Sweep;
use crate::jobs::watch_sessions::WatchSessions;
use crate::keys::client_keys::ClientKeysError;
use crate::keys::keyring::Keyring;
use crate::legacy::connector::Connector;
use crate::legacy::connectors::Connectors;
use crate::legacy::description::Description;
use crate::provider::discovery::DiscoveryError;
use crate::provider::logout::end_session::EndSession;
use crate::provider::logout::turns::Turns;
use crate::secret::Chance;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::sweep::Keep;
use crate::time::Clock;
use crate::tokens::key_custody::{CustodyError, KeyCustody, Placed};
use crate::vault::custody::Vault;
use crate::vault::service_passwords::ServicePasswords;
use crate::web::page::stylesheet::StylesheetError;
use crate::web::serve::{Lanes, Patience, TlsFiles, serve};

/// An ended session stays this long, so that a late sign-out can still be told what it was.
const ENDED_SESSIONS: Duration = Duration::from_secs(24 * 60 * 60);

/// Why the bridge does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database cannot be opened.
    #[error("storage.url: {0}")]
    Store(#[from] StoreError),
    /// The master key is missing or is another one.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The signing keys cannot be made or opened.
    #[error("signing keys: {0}")]
    Keys(#[from] CustodyError),
    /// A client's keys cannot be used.
    #[error("client {client}: {cause}")]
    ClientKeys {
        /// Which client.
        client: ClientId,
        /// What is wrong.
        cause: ClientKeysError,
    },
    /// The discovery document cannot be made.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    /// No client for the old system, for apps or for a trusted issuer.
    #[error("an HTTP client cannot be made: {0}")]
    Outbound(#[from] reqwest::Error),
    /// No stylesheet.
    #[error(transparent)]
    Stylesheet(#[from] StylesheetError),
    /// The HTTP client for the APIs behind the gateway cannot be made.
    #[error("the HTTP client for the gateway: {0}")]
    Upstream(#[from] rustls::Error),
}

/// A bridge that is ready to serve.
pub struct Bridge {
    lanes: Lanes,
    tls: Option<TlsFiles>,
    db: Db,
    rotate_keys: RotateKeys,
    placed: Vec<Placed>,
    sweep: Sweep,
    deliver_logouts: DeliverLogouts,
    watch_sessions: WatchSessions,
    issuers: Issuers,
    vault: Vault,
    clock: Clock,
}

/// The keys of a bridge, for an operator's command.
///
/// # Errors
/// [`OpenError`].
pub async fn open_custody(blueprint: &Blueprint, chance: &Chance) -> Result<KeyCustody, OpenError> {
    let storage = &blueprint.settings.storage;
    let db = Db::open(storage.url.expose(), storage.connections).await?;
    let sealer = unseal(&db, &blueprint.master_key, chance).await?;
    let policy = Arc::new(custody_policy(&blueprint.settings, &blueprint.registry));
    Ok(KeyCustody { db, sealer, chance: chance.clone(), policy })
}

/// People's sessions, for an operator's command.
///
/// # Errors
/// [`OpenError`].
pub async fn open_sessions(blueprint: &Blueprint, chance: &Chance) -> Result<Sessions, OpenError> {
    let storage = &blueprint.settings.storage;
    let db = Db::open(storage.url.expose(), storage.connections).await?;
    Ok(Sessions {
        end_session: EndSession {
            db: db.clone(),
            registry: blueprint.registry.clone(),
            chance: chance.clone(),
            wake: Arc::new(Notify::new()),
        },
        db,
        session_idle: blueprint.settings.session.idle.into(),
    })
}

/// What the gateway would do, for an operator's command.
///
/// # Errors
/// [`OpenError`].
pub async fn open_explain(blueprint: &Blueprint) -> Result<Explain, OpenError> {
    let storage = &blueprint.settings.storage;
    Ok(Explain {
        db: Db::open(storage.url.expose(), storage.connections).await?,
        registry: blueprint.registry.clone(),
        routes: blueprint.gateway.clone(),
        roles: roles(&blueprint.settings),
        acr: ACR,
    })
}

/// The service accounts, for an operator's command.
///
/// # Errors
/// [`OpenError`].
pub async fn open_service_accounts(
    blueprint: &Blueprint,
    chance: &Chance,
) -> Result<ServiceAccounts, OpenError> {
    let KeyCustody { db, sealer, .. } = open_custody(blueprint, chance).await?;
    let accounts = blueprint.service_accounts.clone();
    Ok(ServiceAccounts { db, passwords: ServicePasswords { sealer, chance: chance.clone(), accounts } })
}

impl Bridge {
    /// Opens the database, the seal and the keys, and wires everything.
    ///
    /// # Errors
    /// [`OpenError`]: nothing serves then.
    pub async fn open(blueprint: Blueprint, clock: Clock, chance: Chance) -> Result<Self, OpenError> {
        let custody = open_custody(&blueprint, &chance).await?;
        let placed = custody.keep(clock.now()).await?;
        let keyring = Keyring::new(custody.assemble(&placed).await?);
        let rooms = Rooms {
            db: custody.db.clone(),
            keyring: keyring.clone(),
            clock: clock.clone(),
            issuer: blueprint.settings.server.issuer.as_str().into(),
            connectors: connectors(&blueprint, &clock)?,
            apps: app_client(blueprint.settings.logout.timeout.into())?,
            upstream: upstream_client()?,
            issuers: issuers(&blueprint.issuers, &custody.db)?,
            wake: Arc::new(Notify::new()),
            turns: Turns::default(),
            node: NodeId::mint(&chance),
            client_keys: Arc::new(client_keys(&blueprint.registry)?),
            custody: custody.clone(),
            chance,
            blueprint,
        };
        let wired = rooms.wired();
        wired.service_accounts.tell().await?;
        let lanes = lanes(&rooms.handed(&wired), &rooms.blueprint)?;
        let sweep = Sweep {
            db: rooms.db.clone(),
            keep: Keep {
                longest_access_token: longest_token_of_a_person(&rooms.blueprint.registry),
                ended_sessions: ENDED_SESSIONS,
            },
            clock: clock.clone(),
        };
        let watch_sessions = WatchSessions {
            db: rooms.db.clone(),
            liveness: wired.authorize.liveness.clone(),
            session_idle: rooms.settings().session.idle.into(),
            revalidate_idle: rooms.settings().session.revalidate_idle,
            clock: clock.clone(),
        };
        let tls = rooms.blueprint.settings.server.tls.as_ref();
        let tls = tls.map(|tls| TlsFiles { certificate: tls.certificate.clone(), key: tls.key.clone() });
        Ok(Self {
            lanes,
            tls,
            db: rooms.db,
            rotate_keys: RotateKeys { custody, keyring, clock: clock.clone() },
            placed,
            sweep,
            vault: wired.farewell.vault,
            deliver_logouts: DeliverLogouts { back_channel: wired.farewell.back_channel },
            watch_sessions,
            issuers: rooms.issuers,
            clock,
        })
    }

    /// Does once what the jobs do all the time, for whoever has the clock in hand.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn round(&self) -> Result<(), StoreError> {
        self.watch_sessions.once().await?;
        while self.deliver_logouts.back_channel.deliver_due().await? > 0 {}
        Ok(())
    }

    /// The routes, for whoever calls them without a socket.
    pub fn router(&self) -> Router {
        self.lanes.first.clone()
    }

    /// Serves until `stop` is done; then finishes what is under way and closes the database.
    ///
    /// # Errors
    /// When the listener breaks, or the certificate cannot be read.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        if let Ok(address) = listener.local_addr() {
            info!("listening on {address}");
        }
        let mut jobs = JoinSet::new();
        jobs.spawn(self.sweep.run());
        jobs.spawn(self.rotate_keys.run(self.placed));
        jobs.spawn(self.deliver_logouts.run());
        jobs.spawn(self.watch_sessions.run());
        let (issuers, now) = (self.issuers, self.clock.now());
        jobs.spawn(async move { issuers.warm(now).await });
        let served = serve(listener, self.lanes, self.tls, Patience::default(), stop).await;
        jobs.shutdown().await;
        self.vault.comes_to_rest().await;
        self.db.close().await;
        served
    }
}

/// Tells the log what does not keep the bridge from starting.
pub fn tell_warnings(blueprint: &Blueprint) {
    for warning in &blueprint.warnings {
        warn!("configuration: {warning}");
    }
}

/// The routes once for each processor: all share everything but their connections to the APIs behind the gateway, so that a request and its
/// answer stay where they are.
fn lanes(handed: &Handed, blueprint: &Blueprint) -> Result<Lanes, OpenError> {
    let lane = || {
        let mut handed = handed.clone();
        handed.passage.http = upstream_client()?;
        routes(handed, blueprint)
    };
    let others = std::thread::available_parallelism().map_or(1, NonZero::get) - 1;
    Ok(Lanes { first: lane()?, others: (0..others).map(|_| lane()).collect::<Result<_, _>>()? })
}

/// A connector for each old system of the configuration.
fn connectors(blueprint: &Blueprint, clock: &Clock) -> Result<Connectors, OpenError> {
    let connector = |description: &Description| {
        Ok(Connector::new(description.clone(), client_of(description)?, clock.clone()))
    };
    let others = blueprint.other_legacies.iter().map(connector).collect::<Result<_, OpenError>>()?;
    Ok(Connectors::new(connector(&blueprint.legacy)?, others))
}

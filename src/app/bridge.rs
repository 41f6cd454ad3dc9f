//! The bridge: rooms built from a blueprint, flows wired from rooms, routes wired from flows. Each flow is a literal that names all
//! it uses.

use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tracing::{info, warn};

use crate::admin::sessions::Sessions;
use crate::app::blueprint::Blueprint;
use crate::app::custody_policy::custody_policy;
use crate::app::outbound::{app_client, legacy_client};
use crate::app::routing::{Handed, routes};
use crate::app::seal::{SealError, unseal};
use crate::config::settings::Settings;
use crate::config::sign_in::{Method, Throttle as WrittenThrottle};
use crate::id::{ClientId, NodeId};
use crate::jobs::deliver_logouts::DeliverLogouts;
use crate::jobs::rotate_keys::RotateKeys;
use crate::jobs::sweep::Sweep;
use crate::jobs::watch_sessions::WatchSessions;
use crate::keys::client_keys::{ClientKeys, ClientKeysError};
use crate::keys::keyring::Keyring;
use crate::legacy::connector::Connector;
use crate::legacy::site::SiteDescription;
use crate::model::client::Credentials;
use crate::model::registry::Registry;
use crate::provider::account_page::AccountPages;
use crate::provider::authorize::{Authorize, AuthorizeSettings, SignInMethod};
use crate::provider::client_auth::authenticate::ClientAuth;
use crate::provider::client_auth::private_key_jwt::Assertions;
use crate::provider::discovery::DiscoveryError;
use crate::provider::entry::Entry;
use crate::provider::grant::authorization_code::CodeGrant;
use crate::provider::grant::refresh_token::RefreshGrant;
use crate::provider::handover::Handovers;
use crate::provider::introspect::IntrospectionEndpoint;
use crate::provider::launch::Launches;
use crate::provider::liveness::{Liveness, LivenessPolicy};
use crate::provider::logout::back_channel::{AT_ONCE, BackChannel, BackChannelLimits};
use crate::provider::logout::end_session::EndSession;
use crate::provider::logout::farewell::Farewell;
use crate::provider::logout::legacy_site::LegacySignOut;
use crate::provider::logout::rp_initiated::RpInitiatedLogout;
use crate::provider::revoke::RevocationEndpoint;
use crate::provider::sign_in::SignIn;
use crate::provider::throttle::{Throttle, ThrottleLimits};
use crate::provider::token::TokenEndpoint;
use crate::provider::userinfo::UserInfoEndpoint;
use crate::rules::throttle::Limits;
use crate::secret::Chance;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::sweep::Keep;
use crate::time::Clock;
use crate::tokens::access::AccessTokens;
use crate::tokens::identity::IdTokens;
use crate::tokens::key_custody::{CustodyError, KeyCustody, Placed};
use crate::tokens::logout::LogoutTokens;
use crate::tokens::presented::Presented;
use crate::vault::custody::Vault;
use crate::web::page::stylesheet::StylesheetError;
use crate::web::serve::{Patience, TlsFiles, serve};

/// What a sign-in with a password says of its strength, until the configuration can say otherwise.
const ACR: &str = "urn:passerelle:acr:password";
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
    /// No client for the old system.
    #[error("the HTTP client for the legacy system: {0}")]
    Outbound(#[from] reqwest::Error),
    /// No stylesheet.
    #[error(transparent)]
    Stylesheet(#[from] StylesheetError),
}

/// A bridge that is ready to serve.
pub struct Bridge {
    router: Router,
    tls: Option<TlsFiles>,
    db: Db,
    rotate_keys: RotateKeys,
    placed: Vec<Placed>,
    sweep: Sweep,
    deliver_logouts: DeliverLogouts,
    watch_sessions: WatchSessions,
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
            connector: Connector::new(blueprint.legacy.clone(), legacy_client(blueprint.legacy.timeout)?),
            apps: app_client(blueprint.settings.logout.timeout.into())?,
            wake: Arc::new(Notify::new()),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            node: NodeId::mint(&chance),
            client_keys: Arc::new(client_keys(&blueprint.registry)?),
            custody: custody.clone(),
            chance,
            blueprint,
        };
        let wired = rooms.wired();
        let router = routes(rooms.handed(&wired), &rooms.blueprint)?;
        let sweep = Sweep {
            db: rooms.db.clone(),
            keep: Keep { longest_access_token: custody.policy.longest_token, ended_sessions: ENDED_SESSIONS },
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
            router,
            tls,
            db: rooms.db,
            rotate_keys: RotateKeys { custody, keyring, clock },
            placed,
            sweep,
            deliver_logouts: DeliverLogouts { back_channel: wired.farewell.back_channel },
            watch_sessions,
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
        self.router.clone()
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
        let served = serve(listener, self.router, self.tls, Patience::default(), stop).await;
        jobs.shutdown().await;
        self.db.close().await;
        served
    }
}

/// The rooms that flows are wired from.
struct Rooms {
    db: Db,
    keyring: Keyring,
    custody: KeyCustody,
    connector: Connector,
    apps: reqwest::Client,
    wake: Arc<Notify>,
    turns: Arc<Semaphore>,
    node: NodeId,
    client_keys: Arc<BTreeMap<ClientId, ClientKeys>>,
    clock: Clock,
    chance: Chance,
    issuer: Arc<str>,
    blueprint: Blueprint,
}

impl Rooms {
    fn settings(&self) -> &Settings {
        &self.blueprint.settings
    }

    fn registry(&self) -> Registry {
        self.blueprint.registry.clone()
    }

    /// The flows that other flows are made of.
    fn wired(&self) -> Wired {
        let settings = self.settings();
        let end_session = EndSession {
            db: self.db.clone(),
            registry: self.registry(),
            chance: self.chance.clone(),
            wake: self.wake.clone(),
        };
        let vault = Vault::new(
            self.db.clone(),
            self.custody.sealer.clone(),
            self.connector.clone(),
            self.clock.clone(),
            self.chance.clone(),
        );
        let liveness = Liveness {
            db: self.db.clone(),
            vault: vault.clone(),
            end_session: end_session.clone(),
            policy: LivenessPolicy {
                revalidate: settings.session.revalidate.into(),
                max_stale: settings.session.max_stale.into(),
            },
        };
        let farewell = Farewell {
            end_session: end_session.clone(),
            back_channel: self.back_channel(),
            vault: vault.clone(),
            registry: self.registry(),
            issuer: self.issuer.clone(),
        };
        let authorize = self.authorize(liveness);
        Wired { entry: Entry { authorize: authorize.clone(), vault, end_session }, authorize, farewell }
    }

    fn back_channel(&self) -> BackChannel {
        let settings = self.settings();
        BackChannel {
            db: self.db.clone(),
            registry: self.registry(),
            tokens: LogoutTokens {
                keyring: self.keyring.clone(),
                issuer: self.issuer.clone(),
                chance: self.chance.clone(),
            },
            node: self.node.clone(),
            chance: self.chance.clone(),
            clock: self.clock.clone(),
            http: self.apps.clone(),
            limits: BackChannelLimits {
                timeout: settings.logout.timeout.into(),
                give_up_after: settings.logout.give_up_after.into(),
            },
            turns: self.turns.clone(),
            wake: self.wake.clone(),
        }
    }

    fn site(&self) -> Option<Arc<SiteDescription>> {
        self.blueprint.legacy.site.clone().map(Arc::new)
    }

    fn handed(&self, wired: &Wired) -> Handed {
        let authorize = wired.authorize.clone();
        let sign_in = SignIn {
            authorize: authorize.clone(),
            entry: wired.entry.clone(),
            connector: self.connector.clone(),
            throttle: Throttle::new(self.db.clone(), self.throttle_limits()),
        };
        let logout = self.logout(wired.farewell.clone());
        Handed {
            db: self.db.clone(),
            keyring: self.keyring.clone(),
            clock: self.clock.clone(),
            chance: self.chance.clone(),
            handovers: Handovers {
                authorize: authorize.clone(),
                entry: wired.entry.clone(),
                connector: self.connector.clone(),
                db: self.db.clone(),
                sealer: self.custody.sealer.clone(),
                chance: self.chance.clone(),
            },
            account: AccountPages { authorize: authorize.clone(), farewell: wired.farewell.clone() },
            legacy_sign_out: LegacySignOut { logout: logout.clone(), site: self.site() },
            logout,
            sign_in,
            token: self.token(authorize.liveness.clone()),
            userinfo: self.userinfo(authorize.liveness.clone()),
            authorize,
            introspection: self.introspection(),
            revocation: self.revocation(),
            acr: vec![ACR.to_owned()],
        }
    }

    fn authorize(&self, liveness: Liveness) -> Authorize {
        let settings = self.settings();
        Authorize {
            db: self.db.clone(),
            registry: self.registry(),
            claim_scopes: self.blueprint.claim_scopes.clone(),
            keyring: self.keyring.clone(),
            sealer: self.custody.sealer.clone(),
            chance: self.chance.clone(),
            issuer: self.issuer.clone(),
            settings: Arc::new(AuthorizeSettings {
                session_idle: settings.session.idle.into(),
                session_absolute: settings.session.absolute.into(),
                pending: settings.sign_in.pending.into(),
                code: settings.tokens.code.into(),
                acr: vec![ACR.to_owned()],
                method: match settings.sign_in.method {
                    Method::Form => SignInMethod::Form,
                    Method::LegacySite => SignInMethod::LegacySite,
                    Method::Both => SignInMethod::Both,
                },
                return_url: format!("{}{}", self.issuer, crate::web::routes::HANDOVER),
            }),
            site: self.site(),
            liveness,
            launches: Launches {
                targets: self.blueprint.launches.clone(),
                registry: self.registry(),
                issuer: self.issuer.clone(),
            },
        }
    }

    fn throttle_limits(&self) -> ThrottleLimits {
        let limits = |written: &WrittenThrottle| Limits {
            failures: written.failures,
            window: written.window.into(),
            pause: written.pause.into(),
        };
        let sign_in = &self.settings().sign_in;
        ThrottleLimits { account: limits(&sign_in.per_account), address: limits(&sign_in.per_address) }
    }

    fn clients(&self) -> ClientAuth {
        let token_endpoint = format!("{}{}", self.issuer, crate::web::routes::TOKEN);
        ClientAuth {
            registry: self.registry(),
            assertions: Assertions {
                db: self.db.clone(),
                keys: self.client_keys.clone(),
                audiences: [self.issuer.to_string(), token_endpoint].into(),
            },
        }
    }

    fn presented(&self) -> Presented {
        Presented { db: self.db.clone(), keyring: self.keyring.clone(), issuer: self.issuer.clone() }
    }

    fn token(&self, liveness: Liveness) -> TokenEndpoint {
        let settings = self.settings();
        TokenEndpoint {
            clients: self.clients(),
            registry: self.registry(),
            db: self.db.clone(),
            code: CodeGrant {
                db: self.db.clone(),
                chance: self.chance.clone(),
                session_idle: settings.session.idle.into(),
            },
            refresh: RefreshGrant {
                db: self.db.clone(),
                sealer: self.custody.sealer.clone(),
                chance: self.chance.clone(),
                replay_window: settings.tokens.replay_window.into(),
                session_idle: settings.session.idle.into(),
                liveness,
            },
            access_tokens: AccessTokens {
                keyring: self.keyring.clone(),
                registry: self.registry(),
                chance: self.chance.clone(),
                issuer: self.issuer.clone(),
            },
            id_tokens: IdTokens {
                keyring: self.keyring.clone(),
                issuer: self.issuer.clone(),
                scopes: self.blueprint.claim_scopes.clone(),
            },
        }
    }

    fn userinfo(&self, liveness: Liveness) -> UserInfoEndpoint {
        UserInfoEndpoint {
            presented: self.presented(),
            db: self.db.clone(),
            registry: self.registry(),
            keyring: self.keyring.clone(),
            issuer: self.issuer.clone(),
            scopes: self.blueprint.claim_scopes.clone(),
            liveness,
        }
    }

    fn introspection(&self) -> IntrospectionEndpoint {
        IntrospectionEndpoint {
            clients: self.clients(),
            presented: self.presented(),
            db: self.db.clone(),
            registry: self.registry(),
            issuer: self.issuer.clone(),
        }
    }

    fn revocation(&self) -> RevocationEndpoint {
        RevocationEndpoint { clients: self.clients(), presented: self.presented(), db: self.db.clone() }
    }

    fn logout(&self, farewell: Farewell) -> RpInitiatedLogout {
        let settings = self.settings();
        RpInitiatedLogout {
            db: self.db.clone(),
            registry: self.registry(),
            keyring: self.keyring.clone(),
            sealer: self.custody.sealer.clone(),
            chance: self.chance.clone(),
            issuer: self.issuer.clone(),
            farewell,
            site: self.site(),
            return_url: format!("{}{}", self.issuer, crate::web::routes::SIGNED_OUT),
            session_idle: settings.session.idle.into(),
            pending: settings.sign_in.pending.into(),
        }
    }
}

/// The flows that other flows are made of.
struct Wired {
    authorize: Authorize,
    entry: Entry,
    farewell: Farewell,
}

/// Each client's keys, parsed once.
fn client_keys(registry: &Registry) -> Result<BTreeMap<ClientId, ClientKeys>, OpenError> {
    let with_keys = registry.clients().filter_map(|client| match &client.credentials {
        Credentials::PrivateKey { jwks } => Some((client.id.clone(), jwks)),
        Credentials::Public | Credentials::Secret { .. } => None,
    });
    with_keys
        .map(|(client, jwks)| match ClientKeys::from_jwks(jwks) {
            Ok(keys) => Ok((client, keys)),
            Err(cause) => Err(OpenError::ClientKeys { client, cause }),
        })
        .collect()
}

/// Tells the log what does not keep the bridge from starting.
pub fn tell_warnings(blueprint: &Blueprint) {
    for warning in &blueprint.warnings {
        warn!("configuration: {warning}");
    }
}

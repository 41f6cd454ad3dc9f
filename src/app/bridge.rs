//! The bridge: rooms built from a blueprint, flows wired from rooms, routes wired from flows. Each flow is a literal that names all
//! it uses.

use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::task::JoinSet;
use tracing::{info, warn};

use crate::app::blueprint::Blueprint;
use crate::app::custody_policy::custody_policy;
use crate::app::outbound::legacy_client;
use crate::app::routing::{Handed, routes};
use crate::app::seal::{SealError, unseal};
use crate::config::settings::Settings;
use crate::config::sign_in::Throttle as WrittenThrottle;
use crate::id::ClientId;
use crate::jobs::rotate_keys::RotateKeys;
use crate::jobs::sweep::Sweep;
use crate::keys::client_keys::{ClientKeys, ClientKeysError};
use crate::keys::keyring::Keyring;
use crate::legacy::connector::Connector;
use crate::model::client::Credentials;
use crate::model::registry::Registry;
use crate::provider::authorize::{Authorize, AuthorizeSettings};
use crate::provider::client_auth::authenticate::ClientAuth;
use crate::provider::client_auth::private_key_jwt::Assertions;
use crate::provider::discovery::DiscoveryError;
use crate::provider::grant::authorization_code::CodeGrant;
use crate::provider::grant::refresh_token::RefreshGrant;
use crate::provider::introspect::IntrospectionEndpoint;
use crate::provider::logout::end_session::EndSession;
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
use crate::tokens::presented::Presented;
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
            client_keys: Arc::new(client_keys(&blueprint.registry)?),
            custody: custody.clone(),
            chance,
            blueprint,
        };
        let router = routes(rooms.handed(), &rooms.blueprint)?;
        let sweep = Sweep {
            db: rooms.db.clone(),
            keep: Keep { longest_access_token: custody.policy.longest_token, ended_sessions: ENDED_SESSIONS },
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
        })
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

    fn handed(&self) -> Handed {
        let authorize = self.authorize();
        let sign_in = SignIn {
            authorize: authorize.clone(),
            connector: self.connector.clone(),
            throttle: Throttle::new(self.db.clone(), self.throttle_limits()),
        };
        Handed {
            db: self.db.clone(),
            keyring: self.keyring.clone(),
            clock: self.clock.clone(),
            chance: self.chance.clone(),
            authorize,
            sign_in,
            logout: self.logout(),
            token: self.token(),
            userinfo: self.userinfo(),
            introspection: self.introspection(),
            revocation: self.revocation(),
            acr: vec![ACR.to_owned()],
        }
    }

    fn authorize(&self) -> Authorize {
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
            }),
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

    fn token(&self) -> TokenEndpoint {
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

    fn userinfo(&self) -> UserInfoEndpoint {
        UserInfoEndpoint {
            presented: self.presented(),
            db: self.db.clone(),
            registry: self.registry(),
            keyring: self.keyring.clone(),
            issuer: self.issuer.clone(),
            scopes: self.blueprint.claim_scopes.clone(),
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

    fn logout(&self) -> RpInitiatedLogout {
        let settings = self.settings();
        RpInitiatedLogout {
            db: self.db.clone(),
            registry: self.registry(),
            keyring: self.keyring.clone(),
            sealer: self.custody.sealer.clone(),
            chance: self.chance.clone(),
            issuer: self.issuer.clone(),
            end_session: EndSession { db: self.db.clone() },
            session_idle: settings.session.idle.into(),
            pending: settings.sign_in.pending.into(),
        }
    }
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

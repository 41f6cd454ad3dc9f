//! Flows wired from rooms: each is a literal that names all it uses. Opens nothing and serves nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Notify;

use crate::app::blueprint::Blueprint;
use crate::app::bridge::OpenError;
use crate::app::gateway::{outside, roles};
use crate::app::routing::Handed;
use crate::config::settings::Settings;
use crate::config::sign_in::{Method, Throttle as WrittenThrottle};
use crate::gateway::admission::Admission;
use crate::gateway::issuers::trusted::Issuers;
use crate::gateway::passage::Passage;
use crate::gateway::swap::LegacyTokens;
use crate::gateway::upstream::UpstreamClient;
use crate::gateway::verdicts::Verdicts;
use crate::gateway::verify::Verifier;
use crate::id::{ClientId, NodeId};
use crate::keys::client_keys::ClientKeys;
use crate::keys::keyring::Keyring;
use crate::legacy::connectors::Connectors;
use crate::legacy::site::SiteDescription;
use crate::model::client::Credentials;
use crate::model::registry::Registry;
use crate::provider::account_page::AccountPages;
use crate::provider::authorize::{Authorize, AuthorizeSettings, SignInMethod};
use crate::provider::client_auth::authenticate::ClientAuth;
use crate::provider::client_auth::private_key_jwt::Assertions;
use crate::provider::entry::Entry;
use crate::provider::grant::authorization_code::CodeGrant;
use crate::provider::grant::refresh_token::RefreshGrant;
use crate::provider::handover::Handovers;
use crate::provider::introspect::IntrospectionEndpoint;
use crate::provider::launch::Launches;
use crate::provider::liveness::{Liveness, LivenessPolicy};
use crate::provider::logout::back_channel::{BackChannel, BackChannelLimits};
use crate::provider::logout::end_session::EndSession;
use crate::provider::logout::farewell::Farewell;
use crate::provider::logout::legacy_site::LegacySignOut;
use crate::provider::logout::rp_initiated::RpInitiatedLogout;
use crate::provider::logout::turns::Turns;
use crate::provider::revoke::RevocationEndpoint;
use crate::provider::sign_in::SignIn;
use crate::provider::sign_in_once::TriesUnderWay;
use crate::provider::throttle::{Throttle, ThrottleLimits};
use crate::provider::token::TokenEndpoint;
use crate::provider::userinfo::UserInfoEndpoint;
use crate::rules::throttle::Limits;
use crate::secret::Chance;
use crate::store::db::Db;
use crate::time::Clock;
use crate::tokens::access::AccessTokens;
use crate::tokens::identity::IdTokens;
use crate::tokens::key_custody::KeyCustody;
use crate::tokens::logout::LogoutTokens;
use crate::tokens::presented::Presented;
use crate::vault::custody::Vault;
use crate::vault::service_accounts::ServiceAccounts;
use crate::vault::service_passwords::ServicePasswords;
use crate::web::routes::{HANDOVER, SIGNED_OUT, TOKEN};

/// What a sign-in with a password says of its strength, until the configuration can say otherwise.
pub(super) const ACR: &str = "urn:passerelle:acr:password";
/// The rooms that flows are wired from.
pub(super) struct Rooms {
    pub(super) db: Db,
    pub(super) keyring: Keyring,
    pub(super) custody: KeyCustody,
    pub(super) connectors: Connectors,
    pub(super) apps: reqwest::Client,
    pub(super) upstream: UpstreamClient,
    pub(super) issuers: Issuers,
    pub(super) wake: Arc<Notify>,
    pub(super) turns: Turns,
    pub(super) node: NodeId,
    pub(super) client_keys: Arc<BTreeMap<ClientId, ClientKeys>>,
    pub(super) clock: Clock,
    pub(super) chance: Chance,
    pub(super) issuer: Arc<str>,
    pub(super) blueprint: Blueprint,
}

impl Rooms {
    pub(super) fn settings(&self) -> &Settings {
        &self.blueprint.settings
    }

    fn registry(&self) -> Registry {
        self.blueprint.registry.clone()
    }

    /// The flows that other flows are made of.
    pub(super) fn wired(&self) -> Wired {
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
            self.connectors.clone(),
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
        let service_accounts = ServiceAccounts::new(vault.clone(), self.service_passwords());
        Wired {
            entry: Entry { authorize: authorize.clone(), vault, end_session },
            authorize,
            farewell,
            service_accounts,
        }
    }

    fn service_passwords(&self) -> ServicePasswords {
        ServicePasswords {
            sealer: self.custody.sealer.clone(),
            chance: self.chance.clone(),
            accounts: self.blueprint.service_accounts.clone(),
        }
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
        self.connectors.with_site().site().cloned().map(Arc::new)
    }

    pub(super) fn handed(&self, wired: &Wired) -> Handed {
        let authorize = wired.authorize.clone();
        let throttle = Throttle::new(self.db.clone(), self.throttle_limits());
        let errands = &wired.farewell.vault.errands;
        let sign_in = SignIn {
            authorize: authorize.clone(),
            entry: wired.entry.clone(),
            throttle: throttle.clone(),
            under_way: TriesUnderWay::new(errands.clone()),
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
                connector: self.connectors.with_site().clone(),
                throttle,
                db: self.db.clone(),
                sealer: self.custody.sealer.clone(),
                chance: self.chance.clone(),
                errands: errands.clone(),
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
            passage: self.passage(wired.farewell.vault.clone(), wired.service_accounts.clone()),
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
                return_url: format!("{}{}", self.issuer, HANDOVER),
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
        let token_endpoint = format!("{}{}", self.issuer, TOKEN);
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

    fn passage(&self, vault: Vault, services: ServiceAccounts) -> Passage {
        let verifier = Verifier {
            presented: self.presented(),
            db: self.db.clone(),
            registry: self.registry(),
            verdicts: Verdicts::new(self.db.clone(), self.clock.clone()),
            roles: roles(self.settings()),
            issuers: self.issuers.clone(),
            connector: self.connectors.first().id().clone(),
        };
        Passage {
            admission: Admission { routes: self.blueprint.gateway.clone(), verifier },
            tokens: LegacyTokens::new(vault, services),
            http: self.upstream.clone(),
            outside: outside(self.settings()),
            clock: self.clock.clone(),
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
            return_url: format!("{}{}", self.issuer, SIGNED_OUT),
            session_idle: settings.session.idle.into(),
            pending: settings.sign_in.pending.into(),
        }
    }
}

/// The flows that other flows are made of.
pub(super) struct Wired {
    pub(super) authorize: Authorize,
    pub(super) entry: Entry,
    pub(super) farewell: Farewell,
    pub(super) service_accounts: ServiceAccounts,
}

/// Each client's keys, parsed once.
pub(super) fn client_keys(registry: &Registry) -> Result<BTreeMap<ClientId, ClientKeys>, OpenError> {
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

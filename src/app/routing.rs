//! Which flow answers on which route, and what stands around the routes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

use crate::app::blueprint::Blueprint;
use crate::app::bridge::OpenError;
use crate::app::gateway::askers;
use crate::gateway::passage::Passage;
use crate::keys::keyring::Keyring;
use crate::provider::account_page::AccountPages;
use crate::provider::authorize::Authorize;
use crate::provider::consent::Consents;
use crate::provider::discovery::{Endpoints, document};
use crate::provider::handover::Handovers;
use crate::provider::introspect::IntrospectionEndpoint;
use crate::provider::logout::legacy_site::LegacySignOut;
use crate::provider::logout::rp_initiated::RpInitiatedLogout;
use crate::provider::logout::watched::WatchedSession;
use crate::provider::revoke::RevocationEndpoint;
use crate::provider::sign_in::SignIn;
use crate::provider::token::TokenEndpoint;
use crate::provider::userinfo::UserInfoEndpoint;
use crate::secret::Chance;
use crate::store::cookies::Cookies;
use crate::store::db::Db;
use crate::time::Clock;
use crate::web::browsers::{Browsers, CookieKind};
use crate::web::error::json::JsonDoor;
use crate::web::error::page::Refused;
use crate::web::gateway::decide::{self, Decide};
use crate::web::gateway::metadata;
use crate::web::gateway::through::{self, Through};
use crate::web::interaction::account::{self, AccountHandlers};
use crate::web::interaction::consent::{self, ConsentHandlers};
use crate::web::interaction::handover::{self, HandoverHandlers};
use crate::web::interaction::launch::{self, LaunchHandlers};
use crate::web::interaction::sign_in::{self, SignInHandlers};
use crate::web::interaction::sign_out::{self, SignOutHandlers};
use crate::web::interaction::step::StepPages;
use crate::web::oidc::authorize::{self, AuthorizeHandlers};
use crate::web::oidc::check_session::CheckSession;
use crate::web::oidc::introspect::{self, Introspect};
use crate::web::oidc::revoke::{self, Revoke};
use crate::web::oidc::token::{self, Token};
use crate::web::oidc::userinfo::{self, Userinfo};
use crate::web::oidc::{check_session, discovery, end_session};
use crate::web::page::notice::Help;
use crate::web::page::stylesheet::Stylesheet;
use crate::web::page::uri::WebUri;
use crate::web::pages::{Details, Pages, Shared};
use crate::web::routes::{
    AUTHORIZE, CHECK_SESSION, END_SESSION, INTROSPECT, JWKS, REVOKE, Routes, TOKEN, USERINFO,
};
use crate::web::{assets, cors, health, layers};

/// What an answer may wait for beyond the old system: the database, and signatures in a queue.
const BEYOND_LEGACY: Duration = Duration::from_secs(20);

/// The flows and what handlers hold beside them.
#[derive(Clone)]
pub(super) struct Handed {
    pub(super) db: Db,
    pub(super) keyring: Keyring,
    pub(super) clock: Clock,
    pub(super) chance: Chance,
    pub(super) authorize: Authorize,
    pub(super) sign_in: SignIn,
    pub(super) handovers: Handovers,
    pub(super) account: AccountPages,
    pub(super) logout: RpInitiatedLogout,
    pub(super) legacy_sign_out: LegacySignOut,
    pub(super) token: TokenEndpoint,
    pub(super) userinfo: UserInfoEndpoint,
    pub(super) introspection: IntrospectionEndpoint,
    pub(super) revocation: RevocationEndpoint,
    pub(super) passage: Passage,
    pub(super) acr: Vec<String>,
}

/// Everything under one roof.
pub(super) fn routes(handed: Handed, blueprint: &Blueprint) -> Result<Router, OpenError> {
    let issuer = &blueprint.settings.server.issuer;
    let routes = Routes::new(issuer.as_str(), issuer.base_path());
    let stylesheet = Stylesheet::of(&blueprint.branding)?;
    let pages = pages(&handed, blueprint, &routes, &stylesheet);
    let document = Bytes::from(document(
        issuer.as_str(),
        &endpoints(&routes),
        &blueprint.registry,
        &blueprint.claim_scopes,
        &handed.acr,
    )?);
    let gateway = gateway(&handed, blueprint, &routes);
    let (chance, limit) = (handed.chance.clone(), blueprint.legacy.timeout + BEYOND_LEGACY);
    let check_session = CheckSession {
        watched: WatchedSession {
            db: handed.db.clone(),
            session_idle: blueprint.settings.session.idle.into(),
        },
        cookies: cookie_kind(&routes),
        clock: handed.clock.clone(),
    };
    let below = machines(&handed, blueprint, document.clone())
        .merge(assets::router(&stylesheet))
        .merge(check_session::router(&blueprint.registry, check_session))
        .merge(health::router(handed.db.clone()))
        .merge(browsers(handed, blueprint, &pages));
    let all = match routes.base() {
        "" => below,
        base => Router::new().nest(base, below).merge(discovery::at_root(document, base)),
    };
    let not_found = async move |headers: HeaderMap| {
        let language = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        pages.refuse(Refused::not_found(), &[], language)
    };
    // Beside the layers: what streams through has limits of its own.
    Ok(layers::around(all.fallback(not_found), limit, chance).merge(gateway))
}

/// What apps, services and APIs call.
fn machines(handed: &Handed, blueprint: &Blueprint, document: Bytes) -> Router {
    let door = JsonDoor { chance: handed.chance.clone() };
    let clock = &handed.clock;
    let called_by_scripts =
        token::router(Token { endpoint: handed.token.clone(), door: door.clone(), clock: clock.clone() })
            .merge(userinfo::router(Userinfo {
                endpoint: handed.userinfo.clone(),
                door: door.clone(),
                clock: clock.clone(),
            }))
            .merge(revoke::router(Revoke {
                endpoint: handed.revocation.clone(),
                door: door.clone(),
                clock: clock.clone(),
            }))
            .layer(cors::registered(&blueprint.registry));
    let public = discovery::below_issuer(document)
        .merge(discovery::jwks(handed.keyring.clone()))
        .layer(cors::everybody());
    let introspection =
        introspect::router(Introspect { endpoint: handed.introspection.clone(), door, clock: clock.clone() });
    called_by_scripts.merge(public).merge(introspection)
}

/// The way to the APIs behind; nothing where there is none.
fn gateway(handed: &Handed, blueprint: &Blueprint, routes: &Routes) -> Router {
    if blueprint.gateway.is_empty() {
        return Router::new();
    }
    let issuer = blueprint.settings.server.issuer.as_str();
    let through = Through {
        passage: Arc::new(handed.passage.clone()),
        origin: issuer.strip_suffix(routes.base()).unwrap_or(issuer).into(),
        base: routes.base().into(),
    };
    let mut machines = through::router(through.clone());
    if let Some((askers, told)) = askers(&blueprint.settings) {
        machines = machines.merge(decide::router(Decide { through, askers, told }));
    }
    layers::under_a_net(machines.layer(cors::for_apis(&blueprint.registry)))
        .merge(metadata::router(&blueprint.gateway, issuer, routes.base()).layer(cors::everybody()))
}

/// What people visit.
fn browsers(handed: Handed, blueprint: &Blueprint, pages: &Pages) -> Router {
    let Handed { db, clock, chance, authorize, sign_in, handovers, account, logout, legacy_sign_out, .. } =
        handed;
    let cookies = cookie_kind(pages.routes());
    let steps = StepPages { pages: pages.clone(), cookies, clock: clock.clone() };
    let signing_out = SignOutHandlers {
        logout,
        legacy: legacy_sign_out,
        pages: pages.clone(),
        cookies,
        clock: clock.clone(),
    };
    let visited = authorize::router(AuthorizeHandlers {
        authorize: authorize.clone(),
        pages: steps.clone(),
        clock: clock.clone(),
    })
    .merge(sign_in::router(SignInHandlers { sign_in, pages: steps.clone(), clock: clock.clone() }))
    .merge(handover::router(HandoverHandlers {
        handovers,
        pages: steps.clone(),
        cookies,
        clock: clock.clone(),
    }))
    .merge(launch::router(LaunchHandlers {
        authorize: authorize.clone(),
        pages: steps.clone(),
        clock: clock.clone(),
    }))
    .merge(account::router(AccountHandlers { account, pages: steps.clone(), clock: clock.clone() }))
    .merge(consent::router(ConsentHandlers {
        consents: Consents { authorize },
        pages: steps,
        clock: clock.clone(),
    }))
    .merge(sign_out::router(signing_out.clone()))
    .merge(end_session::router(signing_out));
    let known = Browsers {
        chance,
        trusted_proxies: blueprint.settings.server.trusted_proxies.as_slice().into(),
        cookies,
    };
    layers::for_browsers(visited, pages.clone(), Cookies { db, clock }, known)
}

fn cookie_kind(routes: &Routes) -> CookieKind {
    if routes.is_https() { CookieKind::HostSecure } else { CookieKind::Plain }
}

fn pages(handed: &Handed, blueprint: &Blueprint, routes: &Routes, stylesheet: &Stylesheet) -> Pages {
    let web = |uri: &Option<String>| uri.as_deref().and_then(WebUri::parse);
    Pages::new(Shared {
        branding: blueprint.branding.clone(),
        stylesheet: Arc::from(routes.path(&stylesheet.path)),
        routes: routes.clone(),
        help: Help {
            password_uri: web(&blueprint.legacy.help.password),
            account_uri: web(&blueprint.legacy.help.account),
        },
        details: if blueprint.settings.server.development { Details::Shown } else { Details::Hidden },
        chance: handed.chance.clone(),
    })
}

fn endpoints(routes: &Routes) -> Endpoints {
    Endpoints {
        authorization: routes.url(AUTHORIZE),
        token: routes.url(TOKEN),
        userinfo: routes.url(USERINFO),
        jwks: routes.url(JWKS),
        introspection: routes.url(INTROSPECT),
        revocation: routes.url(REVOKE),
        end_session: routes.url(END_SESSION),
        check_session: routes.url(CHECK_SESSION),
    }
}

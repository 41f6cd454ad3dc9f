//! The front of a bridge that stands without an old system: the routes of signing out on real parts, and browsers that visit them
//! as browsers do, cookies included.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::routing::get;
use passerelle::id::{AccountId, SessionId};
use passerelle::model::account::{Account, LastHeard};
use passerelle::model::authorization::Authorization;
use passerelle::model::claim_scopes::ClaimScopes;
use passerelle::model::client::Client;
use passerelle::model::login_session::{LoginSession, Whereabouts};
use passerelle::oauth::claims::ClaimsRequest;
use passerelle::oauth::form;
use passerelle::oauth::scope::Scope;
use passerelle::provider::logout::legacy_site::LegacySignOut;
use passerelle::provider::logout::rp_initiated::RpInitiatedLogout;
use passerelle::secret::Secret;
use passerelle::store::cookies::{Cookies, new_cookie};
use passerelle::store::{accounts, login_sessions};
use passerelle::tokens::identity::{IdTokens, Sitting};
use passerelle::web::browsers::{Browsers, CookieKind};
use passerelle::web::error::page::Refused;
use passerelle::web::extract::visiting::Visiting;
use passerelle::web::interaction::sign_out::{self, SignOutHandlers};
use passerelle::web::oidc::end_session;
use passerelle::web::page::branding::Branding;
use passerelle::web::page::notice::Help;
use passerelle::web::page::stylesheet::Stylesheet;
use passerelle::web::pages::{Details, Pages, Shared};
use passerelle::web::routes::Routes;
use passerelle::web::{assets, health, layers};
use tower::ServiceExt as _;

use super::parts::{ISSUER, Parts};

/// After how long a session that nobody uses is over.
pub const IDLE: Duration = Duration::from_hours(1);

/// A bridge seen from the street.
pub struct Front {
    /// What it is made of.
    pub parts: Parts,
    issuer: String,
    base: String,
    details: Details,
    trusted: Vec<ipnet::IpNet>,
}

/// Somebody who is signed in.
#[expect(missing_docs, reason = "the types say it")]
pub struct SignedIn {
    pub account: Account,
    pub session: LoginSession,
    pub cookie: Secret,
}

impl Front {
    /// At [`ISSUER`], which is on loopback without TLS.
    pub async fn new() -> Self {
        Self::of(Parts::new().await)
    }

    /// The same on other parts.
    pub fn of(parts: Parts) -> Self {
        Self {
            parts,
            issuer: ISSUER.to_owned(),
            base: String::new(),
            details: Details::Hidden,
            trusted: Vec::new(),
        }
    }

    /// Elsewhere: `https://host` and the path after it.
    pub fn at(self, host: &str, base: &str) -> Self {
        Self { issuer: format!("{host}{base}"), base: base.to_owned(), ..self }
    }

    /// In development mode.
    pub fn in_development(self) -> Self {
        Self { details: Details::Shown, ..self }
    }

    /// Behind these proxies.
    pub fn behind(self, networks: &[&str]) -> Self {
        Self { trusted: networks.iter().map(|network| network.parse().unwrap()).collect(), ..self }
    }

    /// A browser that comes for the first time.
    pub fn browser(&self) -> Browser {
        Browser {
            router: self.router(),
            host_secure: self.kind() == CookieKind::HostSecure,
            ..Browser::new()
        }
    }

    /// A browser in which the person is signed in.
    pub fn browser_of(&self, person: &SignedIn) -> Browser {
        let mut browser = self.browser();
        browser.cookies.insert(self.kind().session_name().to_owned(), person.cookie.expose().to_owned());
        browser
    }

    fn kind(&self) -> CookieKind {
        if self.issuer.starts_with("https:") { CookieKind::HostSecure } else { CookieKind::Plain }
    }

    /// Pages in the organisation's name.
    pub fn pages(&self) -> Pages {
        let routes = Routes::new(&self.issuer, &self.base);
        let branding = Branding::named("Heron");
        Pages::new(Shared {
            stylesheet: routes.path(&Stylesheet::of(&branding).unwrap().path).into(),
            branding: Arc::new(branding),
            routes,
            help: Help::default(),
            details: self.details,
            chance: self.parts.chance.clone(),
        })
    }

    /// The routes of signing out; `/whence` tells the visitor's address, and `/broken` panics.
    pub fn router(&self) -> Router {
        let Parts { db, registry, keyring, sealer, chance, clock } = &self.parts;
        let pages = self.pages();
        let logout = RpInitiatedLogout {
            db: db.clone(),
            registry: registry.clone(),
            keyring: keyring.clone(),
            sealer: sealer.clone(),
            chance: chance.clone(),
            issuer: self.issuer.as_str().into(),
            farewell: self.parts.farewell(),
            site: None,
            return_url: format!("{}/signed-out", self.issuer),
            session_idle: IDLE,
            pending: Duration::from_mins(10),
        };
        let handlers = SignOutHandlers {
            legacy: LegacySignOut { logout: logout.clone(), site: None },
            logout,
            pages: pages.clone(),
            cookies: self.kind(),
            clock: clock.clone(),
        };
        let whence = async |visiting: Visiting| visiting.visitor().await.unwrap().address.to_string();
        let broken = async || -> StatusCode { panic!("a handler that breaks, as this test wants it") };
        let visited = sign_out::router(handlers.clone())
            .merge(end_session::router(handlers))
            .route("/whence", get(whence))
            .route("/broken", get(broken));
        let browsers = Browsers {
            chance: chance.clone(),
            trusted_proxies: self.trusted.as_slice().into(),
            cookies: self.kind(),
        };
        let cookies = Cookies { db: db.clone(), clock: clock.clone() };
        let below = layers::for_browsers(visited, pages.clone(), cookies, browsers)
            .merge(assets::router(&Stylesheet::of(&Branding::named("Heron")).unwrap()))
            .merge(health::router(db.clone()))
            .route("/machine/broken", get(broken));
        let all = match self.base.as_str() {
            "" => below,
            base => Router::new().nest(base, below),
        };
        let not_found = async move || pages.refuse(Refused::not_found(), &[], None);
        layers::around(all.fallback(not_found), Duration::from_secs(30), chance.clone())
    }

    /// Signs somebody in, as the sign-in flow leaves it.
    pub async fn signs_in(&self, user_name: &str) -> SignedIn {
        let Parts { db, chance, .. } = &self.parts;
        let now = self.parts.now();
        let account = Account {
            id: AccountId::mint(chance),
            connector: "legacy".into(),
            legacy_id: user_name.into(),
            user_name: user_name.to_owned(),
            claims: serde_json::Map::new(),
            created_at: now,
            updated_at: now,
            heard: LastHeard::default(),
        };
        let (cookie, digest) = new_cookie(chance);
        let session = LoginSession {
            id: SessionId::mint(now, chance),
            account: account.id.clone(),
            cookie: digest,
            auth_time: now,
            amr: vec!["pwd".to_owned()],
            acr: "urn:passerelle:acr:password".to_owned(),
            created_at: now,
            last_seen: now,
            expires_at: now + Duration::from_hours(12),
            whereabouts: Whereabouts::default(),
            ended: None,
        };
        let (their, its) = (account.clone(), session.clone());
        db.write(move |tx| {
            Box::pin(async move {
                accounts::remember(tx, &their).await?;
                login_sessions::insert(tx, &its).await
            })
        })
        .await
        .unwrap();
        SignedIn { account, session, cookie }
    }

    /// The ID token that `client` was given when `person` signed in to it.
    pub async fn id_token(&self, client: &Client, person: &SignedIn) -> String {
        let tokens = IdTokens {
            keyring: self.parts.keyring.clone(),
            issuer: self.issuer.as_str().into(),
            scopes: Arc::new(ClaimScopes::default()),
        };
        let authenticated = person.session.authenticated();
        let granted = Authorization {
            client: client.id.clone(),
            person: Some(authenticated.clone()),
            scope: Scope::parse("openid").unwrap(),
            audiences: Vec::new(),
            claims: ClaimsRequest::default(),
        };
        let sitting = Sitting {
            client,
            account: &person.account,
            person: &authenticated,
            granted: &granted,
            nonce: None,
            access_token: &Secret::from("access-token"),
        };
        tokens.mint(sitting, self.parts.now()).await.unwrap().expose().to_owned()
    }

    /// Whether the person's session can still be used.
    pub async fn is_signed_in(&self, person: &SignedIn) -> bool {
        let session = login_sessions::find(&self.parts.db, &person.session.id).await.unwrap();
        session.is_some_and(|session| session.is_live(self.parts.now(), IDLE))
    }
}

/// A browser: it keeps cookies, and refuses those that a browser refuses.
pub struct Browser {
    router: Router,
    host_secure: bool,
    /// Its cookies.
    pub cookies: BTreeMap<String, String>,
    /// Sent with everything.
    pub headers: Vec<(&'static str, String)>,
    /// Where it connects from.
    pub peer: SocketAddr,
}

/// What it got.
#[expect(missing_docs, reason = "the types say it")]
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Browser {
    fn new() -> Self {
        Self {
            router: Router::new(),
            host_secure: false,
            cookies: BTreeMap::new(),
            headers: Vec::new(),
            peer: SocketAddr::from(([203, 0, 113, 7], 50_000)),
        }
    }

    /// Opens an address.
    pub async fn get(&mut self, uri: &str) -> Page {
        self.send(Method::GET, uri, Body::empty()).await
    }

    /// Sends a form.
    pub async fn post(&mut self, uri: &str, fields: &[(&str, &str)]) -> Page {
        self.send(Method::POST, uri, Body::from(query(fields))).await
    }

    /// Sends a form that stands on a page of another site: `SameSite=Lax` cookies stay at home.
    pub async fn posts_from_elsewhere(&mut self, uri: &str, fields: &[(&str, &str)]) -> Page {
        let kept = std::mem::take(&mut self.cookies);
        let page = self.post(uri, fields).await;
        self.cookies.extend(kept);
        page
    }

    /// Sends anything.
    pub async fn send(&mut self, method: Method, uri: &str, body: Body) -> Page {
        let mut request = Request::builder().method(&method).uri(uri);
        if method == Method::POST {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if !self.cookies.is_empty() {
            let cookies: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let request = request.extension(ConnectInfo(self.peer)).body(body).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            self.heed(cookie.to_str().unwrap());
        }
        let body = to_bytes(body, 1 << 20).await.unwrap();
        Page { status: parts.status, headers: parts.headers, body: String::from_utf8(body.into()).unwrap() }
    }

    /// RFC 6265bis §5.7: a `__Host-` cookie without `Secure` or with another path is ignored, also one that removes.
    fn heed(&mut self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').unwrap();
        let has = |wanted: &str| attributes.split(';').any(|attribute| attribute.trim() == wanted);
        if name.starts_with("__Host-") && !(self.host_secure && has("Secure") && has("Path=/")) {
            return;
        }
        if has("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

impl Page {
    /// A header's value; empty without it.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The value of a hidden field.
    pub fn hidden(&self, name: &str) -> String {
        let before = format!("name=\"{name}\" value=\"");
        let (_, after) = self.body.split_once(&before).unwrap();
        after.split('"').next().unwrap().to_owned()
    }
}

/// An address with a query.
pub fn with_query(path: &str, fields: &[(&str, &str)]) -> String {
    format!("{path}?{}", query(fields))
}

fn query(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", form::encode(name), form::encode(value)))
        .collect();
    pairs.join("&")
}

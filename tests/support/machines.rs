//! What apps, services and APIs call, without a socket: the machine endpoints over real parts, and alice, who has signed in.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use passerelle::id::{AccountId, Audience, ConnectorId, FamilyId, LegacyId, SessionId};
use passerelle::keys::client_keys::ClientKeys;
use passerelle::model::account::{Account, LastHeard};
use passerelle::model::authorization::Authorization;
use passerelle::model::claim_scopes::ClaimScopes;
use passerelle::model::client::{Client, Credentials};
use passerelle::model::login_session::{LoginSession, Whereabouts};
use passerelle::model::token_family::{Binding, RefreshState, TokenFamily};
use passerelle::oauth::claims::ClaimsRequest;
use passerelle::oauth::form;
use passerelle::oauth::scope::Scope;
use passerelle::provider::client_auth::authenticate::ClientAuth;
use passerelle::provider::client_auth::private_key_jwt::Assertions;
use passerelle::provider::introspect::IntrospectionEndpoint;
use passerelle::provider::revoke::RevocationEndpoint;
use passerelle::provider::userinfo::UserInfoEndpoint;
use passerelle::secret::{Digest, Secret};
use passerelle::store::{accounts, login_sessions, opaque_tokens, token_families};
use passerelle::time::Timestamp;
use passerelle::tokens::access::{AccessTokens, Bearer};
use passerelle::tokens::identity::{IdTokens, Sitting};
use passerelle::tokens::presented::Presented;
use passerelle::tokens::refresh;
use passerelle::web::error::json::JsonDoor;
use passerelle::web::oidc::{introspect, revoke, userinfo};
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;

use super::parts::{ISSUER, Parts, clients};

/// The machine endpoints.
#[expect(missing_docs, reason = "the types say it")]
pub struct Machines {
    pub parts: Parts,
    pub auth: ClientAuth,
    router: Router,
}

/// What came back.
#[derive(Debug)]
#[expect(missing_docs, reason = "the types say it")]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The `error` of the body.
    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap().to_owned()
    }

    /// A header's value, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Machines {
    /// The endpoints for the usual clients.
    pub async fn new() -> Self {
        Self::with_clients(clients()).await
    }

    /// The endpoints for other clients.
    pub async fn with_clients(clients: Vec<Client>) -> Self {
        Self::of(Parts::with_clients(clients).await)
    }

    /// The endpoints over these parts.
    pub fn of(parts: Parts) -> Self {
        let auth = client_auth(&parts);
        let (issuer, clock): (Arc<str>, _) = (ISSUER.into(), parts.clock.clone());
        let door = JsonDoor { chance: parts.chance.clone() };
        let presented =
            Presented { db: parts.db.clone(), keyring: parts.keyring.clone(), issuer: issuer.clone() };
        let userinfo = UserInfoEndpoint {
            presented: presented.clone(),
            db: parts.db.clone(),
            registry: parts.registry.clone(),
            keyring: parts.keyring.clone(),
            issuer: issuer.clone(),
            scopes: Arc::new(ClaimScopes::default().with("profile", ["member_id"])),
            liveness: parts.liveness(),
        };
        let introspection = IntrospectionEndpoint {
            clients: auth.clone(),
            presented: presented.clone(),
            db: parts.db.clone(),
            registry: parts.registry.clone(),
            issuer,
        };
        let revocation = RevocationEndpoint { clients: auth.clone(), presented, db: parts.db.clone() };
        let router = userinfo::router(userinfo::Userinfo {
            endpoint: userinfo,
            door: door.clone(),
            clock: clock.clone(),
        })
        .merge(introspect::router(introspect::Introspect {
            endpoint: introspection,
            door: door.clone(),
            clock: clock.clone(),
        }))
        .merge(revoke::router(revoke::Revoke { endpoint: revocation, door, clock }));
        Self { parts, auth, router }
    }

    /// Sends a request.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }

    /// Posts a form, with an `Authorization` header or without.
    pub async fn post(&self, path: &str, authorization: Option<&str>, fields: &[(&str, &str)]) -> Answer {
        self.send(posted(path, authorization, fields)).await
    }

    /// Asks for userinfo with `token` in the header.
    pub async fn userinfo(&self, token: &str) -> Answer {
        let request = Request::get("/userinfo").header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// `ledger`, by which the APIs ask, introspects `token`.
    pub async fn introspected(&self, token: &str) -> Value {
        let ledger = basic("ledger", "ledger-secret");
        let answer = self.post("/introspect", Some(&ledger), &[("token", token)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.json()
    }

    /// Alice begins a session that is over at `expires_at`.
    pub async fn alice_begins_a_session(&self, expires_at: Timestamp) -> (Account, LoginSession) {
        let newcomer = alice(AccountId::mint(&self.parts.chance));
        // The same alice each time: the account that was first stands.
        let remember =
            self.parts.db.write(move |tx| Box::pin(async move { accounts::remember(tx, &newcomer).await }));
        let account = remember.await.unwrap();
        let session = self.session_of(&account, expires_at);
        let begun = session.clone();
        let begin =
            self.parts.db.write(move |tx| Box::pin(async move { login_sessions::insert(tx, &begun).await }));
        begin.await.unwrap();
        (account, session)
    }

    /// Alice signs in to `client` and lets it have `scope` at `audience`.
    pub async fn alice_signs_in(&self, client: &Client, scope: &str, audience: &str) -> Grant {
        let Parts { db, chance, .. } = &self.parts;
        let now = self.parts.now();
        let expires_at = now + client.lifetimes.refresh_token_absolute;
        let (account, session) = self.alice_begins_a_session(expires_at).await;
        let minted = refresh::first(chance);
        let family = TokenFamily {
            id: FamilyId::mint(now, chance),
            authorization: Authorization {
                client: client.id.clone(),
                person: Some(session.authenticated()),
                scope: Scope::parse(scope).unwrap(),
                audiences: (!audience.is_empty()).then(|| Audience::from(audience)).into_iter().collect(),
                claims: ClaimsRequest::parse(r#"{"userinfo":{"member_id":null}}"#).unwrap(),
            },
            bound_to: Binding::Session,
            refresh: Some(RefreshState {
                handle: minted.handle,
                current: minted.digest,
                previous: None,
                generation: 0,
                rotated_at: now,
                idle_expires_at: now + client.lifetimes.refresh_token_idle,
                successor: None,
                successor_used: false,
            }),
            created_at: now,
            expires_at: session.expires_at,
            revoked: None,
        };
        let begun = family.clone();
        let begin = db.write(move |tx| Box::pin(async move { token_families::insert(tx, &begun).await }));
        begin.await.unwrap();
        Grant { client: client.clone(), account, family, refresh_token: minted.token }
    }

    fn session_of(&self, account: &Account, expires_at: Timestamp) -> LoginSession {
        let (now, chance) = (self.parts.now(), &self.parts.chance);
        LoginSession {
            id: SessionId::mint(now, chance),
            account: account.id.clone(),
            cookie: Digest::of(chance.secret().expose()),
            auth_time: now,
            amr: vec!["pwd".to_owned()],
            acr: "password".to_owned(),
            created_at: now,
            last_seen: now,
            expires_at,
            whereabouts: Whereabouts::default(),
            ended: None,
        }
    }

    /// An access token of `grant`, of the answer `generation`.
    pub async fn access_token(&self, grant: &Grant, generation: i64) -> String {
        let bearer = Bearer::Person { account: &grant.account, family: &grant.family.id, generation };
        self.minted(&grant.client, &grant.family.authorization, bearer).await
    }

    /// An access token with which `client` speaks for itself.
    pub async fn own_token(&self, client: &Client, scope: &str, audience: &str) -> String {
        let authorization = Authorization {
            client: client.id.clone(),
            person: None,
            scope: Scope::parse(scope).unwrap(),
            audiences: vec![Audience::from(audience)],
            claims: ClaimsRequest::default(),
        };
        self.minted(client, &authorization, Bearer::Client).await
    }

    async fn minted(&self, client: &Client, granted: &Authorization, bearer: Bearer<'_>) -> String {
        let Parts { db, registry, keyring, chance, .. } = &self.parts;
        let tokens = AccessTokens {
            keyring: keyring.clone(),
            registry: registry.clone(),
            chance: chance.clone(),
            issuer: ISSUER.into(),
        };
        let minted = tokens.mint(client, granted, bearer, self.parts.now()).await.unwrap();
        if let Some(record) = minted.record {
            let insert =
                db.write(move |tx| Box::pin(async move { opaque_tokens::insert(tx, &record).await }));
            insert.await.unwrap();
        }
        minted.token.expose().to_owned()
    }

    /// The ID token of `grant`.
    pub async fn id_token(&self, grant: &Grant) -> String {
        let tokens = IdTokens {
            keyring: self.parts.keyring.clone(),
            issuer: ISSUER.into(),
            scopes: Arc::new(ClaimScopes::default().with("profile", ["member_id"])),
        };
        let granted = &grant.family.authorization;
        let sitting = Sitting {
            client: &grant.client,
            account: &grant.account,
            person: granted.person.as_ref().unwrap(),
            granted,
            nonce: None,
            access_token: &Secret::from("an access token"),
        };
        tokens.mint(sitting, self.parts.now()).await.unwrap().expose().to_owned()
    }

    /// The family of `grant` as it stands now.
    pub async fn family(&self, grant: &Grant) -> TokenFamily {
        token_families::find(&self.parts.db, &grant.family.id).await.unwrap().unwrap()
    }
}

/// What alice allowed a client, and its tokens.
#[expect(missing_docs, reason = "the types say it")]
pub struct Grant {
    pub client: Client,
    pub account: Account,
    pub family: TokenFamily,
    pub refresh_token: Secret,
}

fn alice(id: AccountId) -> Account {
    let claims: Map<String, Value> = serde_json::from_value(json!({
        "name": "Alice Liddell",
        "given_name": "Alice",
        "email": "alice@example.org",
        "email_verified": true,
        "member_id": "M-1001",
        "roles": ["member"],
    }))
    .unwrap();
    Account {
        id,
        connector: ConnectorId::from("legacy"),
        legacy_id: LegacyId::from("1001"),
        user_name: "alice".to_owned(),
        claims,
        created_at: super::parts::BEGINNING,
        updated_at: super::parts::BEGINNING,
        heard: LastHeard::default(),
    }
}

/// Authenticates the clients of `parts`.
pub fn client_auth(parts: &Parts) -> ClientAuth {
    let keys: BTreeMap<_, _> = parts
        .registry
        .clients()
        .filter_map(|client| match &client.credentials {
            Credentials::PrivateKey { jwks } => {
                Some((client.id.clone(), ClientKeys::from_jwks(jwks).unwrap()))
            }
            Credentials::Public | Credentials::Secret { .. } => None,
        })
        .collect();
    ClientAuth {
        registry: parts.registry.clone(),
        assertions: Assertions {
            db: parts.db.clone(),
            keys: Arc::new(keys),
            audiences: [ISSUER.to_owned(), format!("{ISSUER}/token")].into(),
        },
    }
}

/// Sends a request to `router`.
pub async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

/// A form on its way.
pub fn posted(path: &str, authorization: Option<&str>, fields: &[(&str, &str)]) -> Request<Body> {
    let body = fields.iter().map(|(name, value)| format!("{name}={}", form::encode(value)));
    let body = body.collect::<Vec<_>>().join("&");
    let mut request = Request::builder().method(Method::POST).uri(path);
    request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(authorization) = authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    request.body(Body::from(body)).unwrap()
}

/// HTTP Basic credentials (RFC 6749 §2.3.1).
pub fn basic(id: &str, secret: &str) -> String {
    use base64::Engine as _;
    let joined = format!("{}:{}", form::encode(id), form::encode(secret));
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(joined))
}

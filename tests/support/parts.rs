//! The parts that every flow is made of, real ones: a database in memory, keys, a registry of clients, a clock in hand.

use std::sync::OnceLock;
use std::time::Duration;

use passerelle::id::{Audience, ClientId};
use passerelle::keys::keyring::Keyring;
use passerelle::keys::master_key::MasterKey;
use passerelle::keys::ring::{Duty, Ring};
use passerelle::keys::seal::Sealer;
use passerelle::keys::signing_key::{StoredKey, generate};
use passerelle::model::api::{AccessTokenFormat, AccessTokenType, Api, ApiScope, AudienceShape};
use passerelle::model::client::{
    Appearance, Client, ConsentPolicy, Credentials, IdTokenSettings, Lifetimes, PkcePolicy, RefreshBinding,
    ScopeClaims, SecretMethod, SubjectKind, TokenRequests,
};
use passerelle::model::registry::Registry;
use passerelle::oauth::algorithm::SigningAlgorithm;
use passerelle::oauth::grant_type::GrantType;
use passerelle::oauth::scope::Scope;
use passerelle::secret::{Chance, Digest, Secret};
use passerelle::store::db::Db;
use passerelle::time::{Clock, Timestamp};

/// `iss` of the bridge under test.
pub const ISSUER: &str = "http://localhost:8080";
/// The API whose tokens are JWTs.
pub const API: &str = "https://api.example.org";
/// The API whose tokens are opaque.
pub const OPAQUE_API: &str = "https://opaque.example.org";
/// When the stories begin.
pub const BEGINNING: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// What a flow is wired from.
#[expect(missing_docs, reason = "the types say it")]
pub struct Parts {
    pub db: Db,
    pub registry: Registry,
    pub keyring: Keyring,
    pub sealer: Sealer,
    pub chance: Chance,
    pub clock: Clock,
}

impl Parts {
    /// A new database in memory, the clients of this file, and a clock that stands at [`BEGINNING`].
    pub async fn new() -> Self {
        Self::with_clients(clients()).await
    }

    /// The same with other clients.
    pub async fn with_clients(clients: Vec<Client>) -> Self {
        Self {
            db: Db::open("sqlite::memory:", 4).await.unwrap(),
            registry: Registry::new(clients, apis()),
            keyring: keyring(),
            sealer: sealer(),
            chance: Chance::seeded(7),
            clock: Clock::set_to(BEGINNING),
        }
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Seals with a master key that every test knows.
pub fn sealer() -> Sealer {
    Sealer::new(&MasterKey::from_text(&Secret::from("0f".repeat(32))).unwrap())
}

/// One key for each algorithm. RSA keys take long to make, so all tests share them.
pub fn keyring() -> Keyring {
    static STORED: OnceLock<Vec<(StoredKey, Duty)>> = OnceLock::new();
    let stored = STORED.get_or_init(|| {
        let keys = SigningAlgorithm::ALL
            .iter()
            .map(|algorithm| generate(*algorithm, &sealer(), &Chance::System).unwrap());
        keys.map(|key| (key, Duty::Signs)).collect()
    });
    Keyring::new(Ring::assemble(stored, &sealer()).unwrap())
}

/// Two APIs, one for each format.
pub fn apis() -> Vec<Api> {
    let scope = |token: &str| ApiScope { token: token.to_owned(), description: None };
    let jwt = AccessTokenFormat::Jwt { algorithm: SigningAlgorithm::Es256, typ: AccessTokenType::AtJwt };
    vec![
        Api {
            audience: Audience::from(API),
            scopes: vec![scope("events.read"), scope("events.write")],
            format: jwt,
            aud: AudienceShape::Text,
            subject: None,
            lifetime: None,
            introspected_by: vec![ClientId::from("ledger")],
        },
        Api {
            audience: Audience::from(OPAQUE_API),
            scopes: vec![scope("ledger.read")],
            format: AccessTokenFormat::Opaque,
            aud: AudienceShape::Text,
            subject: None,
            lifetime: None,
            introspected_by: vec![ClientId::from("ledger")],
        },
    ]
}

/// The clients of the stories; each differs from [`web`] in what its name says.
pub fn clients() -> Vec<Client> {
    vec![web(), spa(), native(), service(), old(), ledger()]
}

/// A confidential web app that must use PKCE; its secret is `web-secret`.
pub fn web() -> Client {
    Client {
        id: ClientId::from("web"),
        appearance: Appearance { name: "Web".to_owned(), ..Appearance::default() },
        credentials: Credentials::Secret {
            method: SecretMethod::Basic,
            digests: vec![Digest::of("web-secret")],
        },
        token_requests: TokenRequests::Form,
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        redirect_uris: vec!["https://web.example/callback".to_owned()],
        post_logout_redirect_uris: vec!["https://web.example/bye".to_owned()],
        web_origins: Vec::new(),
        backchannel_logout_uri: None,
        frontchannel_logout_uri: None,
        frontchannel_logout_session_required: true,
        initiate_login_uri: None,
        refresh_tokens: RefreshBinding::ByScope,
        scope: Scope::parse(
            "openid profile email address phone offline_access events.read events.write ledger.read",
        )
        .unwrap(),
        audiences: vec![Audience::from(API), Audience::from(OPAQUE_API)],
        service_account: None,
        pkce: PkcePolicy::Required,
        consent: ConsentPolicy::Skip,
        subject: SubjectKind::Minted,
        id_token: IdTokenSettings { algorithm: SigningAlgorithm::Rs256, scope_claims: ScopeClaims::UserInfo },
        userinfo_signed_response_alg: None,
        default_max_age: None,
        lifetimes: Lifetimes {
            access_token: Duration::from_mins(10),
            id_token: Duration::from_mins(10),
            refresh_token_idle: Duration::from_hours(24),
            refresh_token_absolute: Duration::from_hours(24 * 30),
        },
    }
}

/// A public app in the browser, which asks for consent.
pub fn spa() -> Client {
    Client {
        id: ClientId::from("spa"),
        appearance: Appearance { name: "Spa".to_owned(), ..Appearance::default() },
        credentials: Credentials::Public,
        redirect_uris: vec!["https://spa.example/callback".to_owned()],
        post_logout_redirect_uris: vec!["https://spa.example/".to_owned()],
        web_origins: vec!["https://spa.example".to_owned()],
        consent: ConsentPolicy::Ask,
        ..web()
    }
}

/// A public app on a device.
pub fn native() -> Client {
    Client {
        id: ClientId::from("native"),
        appearance: Appearance { name: "Native".to_owned(), ..Appearance::default() },
        credentials: Credentials::Public,
        redirect_uris: vec![
            "http://127.0.0.1/callback".to_owned(),
            "com.example.native:/callback".to_owned(),
        ],
        post_logout_redirect_uris: Vec::new(),
        ..web()
    }
}

/// A service that speaks for itself; its secret, `service-secret`, stands in the form body.
pub fn service() -> Client {
    Client {
        id: ClientId::from("service"),
        appearance: Appearance { name: "Service".to_owned(), ..Appearance::default() },
        credentials: Credentials::Secret {
            method: SecretMethod::Post,
            digests: vec![Digest::of("service-secret")],
        },
        grant_types: vec![GrantType::ClientCredentials],
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        scope: Scope::parse("events.read events.write ledger.read").unwrap(),
        ..web()
    }
}

/// A confidential app that does without PKCE and joins on the legacy user name; its secret is `old-secret`.
pub fn old() -> Client {
    Client {
        id: ClientId::from("old"),
        appearance: Appearance { name: "Old".to_owned(), ..Appearance::default() },
        credentials: Credentials::Secret {
            method: SecretMethod::Post,
            digests: vec![Digest::of("old-secret")],
        },
        redirect_uris: vec!["https://old.example/callback".to_owned()],
        post_logout_redirect_uris: vec!["https://old.example/bye".to_owned()],
        pkce: PkcePolicy::Optional,
        subject: SubjectKind::LegacyUserName,
        id_token: IdTokenSettings {
            algorithm: SigningAlgorithm::Es256,
            scope_claims: ScopeClaims::IdTokenToo,
        },
        ..web()
    }
}

/// The client by which the APIs introspect; its secret is `ledger-secret`.
pub fn ledger() -> Client {
    Client {
        id: ClientId::from("ledger"),
        appearance: Appearance { name: "Ledger".to_owned(), ..Appearance::default() },
        credentials: Credentials::Secret {
            method: SecretMethod::Basic,
            digests: vec![Digest::of("ledger-secret")],
        },
        ..service()
    }
}

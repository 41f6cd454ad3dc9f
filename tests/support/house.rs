//! A bridge in front of a running old system, on a database in memory and a clock in hand; called without a socket.

use std::path::Path;
use std::time::Duration;

use axum::Router;
use passerelle::app::blueprint::Blueprint;
use passerelle::app::bridge::Bridge;
use passerelle::config::environment::Environment;
use passerelle::secret::Chance;
use passerelle::time::{Clock, Timestamp};

use crate::legacy_system::{LegacySystem, Running, Settings, start};
use crate::support::browser::Browser;
use crate::support::parts::BEGINNING;

/// The issuer of every house.
pub const ISSUER: &str = "http://localhost:8080";

/// What every house is configured with; the old system's address goes where `{legacy}` stands.
pub const CONFIG: &str = r#"
[server]
issuer = "http://localhost:8080"
[storage]
url = "sqlite::memory:"
[keys]
master_key = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"
[branding]
organisation = "Guild"
[scopes]
roles = ["roles", "member_id"]
[legacy]
preset = "imis"
base_url = "{legacy}"
timeout = "2s"
[legacy.help]
password_uri = "https://members.example/password"

[[api]]
audience = "https://api.example.org"
scopes = ["events.read", { name = "events.write", description = "Register you for events" }]
introspected_by = ["api"]
[[api]]
audience = "https://ledger.example.org"
format = "opaque"
scopes = ["ledger.read"]
introspected_by = ["api"]

[[client]]
id = "web"
name = "Web"
client_uri = "https://web.example/"
secret = "web-secret-0123456789-0123456789-0123456789"
redirect_uris = ["https://web.example/callback"]
post_logout_redirect_uris = ["https://web.example/bye"]
scopes = ["openid", "profile", "email", "address", "phone", "offline_access", "roles", "events.read", "events.write", "ledger.read"]
audiences = ["https://api.example.org", "https://ledger.example.org"]
consent = "skip"
[[client]]
id = "spa"
name = "Spa"
public = true
redirect_uris = ["https://spa.example/callback"]
post_logout_redirect_uris = ["https://spa.example/"]
web_origins = ["https://spa.example"]
scopes = ["openid", "profile", "email", "offline_access", "events.read", "events.write"]
audiences = ["https://api.example.org"]
[[client]]
id = "native"
name = "Native"
public = true
redirect_uris = ["http://127.0.0.1/callback", "com.example.native:/callback"]
scopes = ["openid", "profile", "offline_access"]
[[client]]
id = "old"
name = "Old"
secret = "old-secret-0123456789-0123456789-0123456789"
token_endpoint_auth_method = "client_secret_post"
redirect_uris = ["https://old.example/callback"]
post_logout_redirect_uris = ["https://old.example/bye"]
scopes = ["openid", "profile", "email"]
consent = "skip"
pkce = "optional"
subject = "legacy_user_name"
id_token_signed_response_alg = "ES256"
id_token_claims = "id_token"
userinfo_signed_response_alg = "EdDSA"
[[client]]
id = "service"
name = "Service"
secret = "service-secret-0123456789-0123456789-0123456789"
token_endpoint_auth_method = "client_secret_post"
grant_types = ["client_credentials"]
scopes = ["events.read", "events.write", "ledger.read"]
audiences = ["https://api.example.org", "https://ledger.example.org"]
[[client]]
id = "api"
name = "Api"
secret = "api-secret-0123456789-0123456789-0123456789"
grant_types = ["client_credentials"]
scopes = ["events.read"]
audiences = ["https://api.example.org"]
"#;

/// The house.
#[expect(missing_docs, reason = "the types say it")]
pub struct House {
    pub legacy: Running,
    pub bridge: Bridge,
    pub router: Router,
    pub clock: Clock,
}

impl House {
    /// The house as it is configured above.
    pub async fn open() -> Self {
        Self::with("").await
    }

    /// The same with `more` behind its configuration.
    pub async fn with(more: &str) -> Self {
        Self::of(&format!("{CONFIG}{more}")).await
    }

    /// A house of its own configuration.
    pub async fn of(config: &str) -> Self {
        rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
        let legacy = start(Settings::default(), 0).await.unwrap();
        let config = config.replace("{legacy}", &legacy.base_url);
        let blueprint = Blueprint::of_text(&config, Path::new("."), &Environment::default());
        let blueprint = blueprint.unwrap_or_else(|findings| panic!("{:#?}", findings.problems));
        let clock = Clock::set_to(BEGINNING);
        let bridge = Bridge::open(blueprint, clock.clone(), Chance::System).await.unwrap();
        let router = bridge.router();
        Self { legacy, bridge, router, clock }
    }

    /// The old system's people, journal and faults.
    pub fn old_system(&self) -> &LegacySystem {
        &self.legacy.system
    }

    /// A browser that was never here.
    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    /// How often a password was tried at the old system.
    pub fn passwords_tried(&self) -> usize {
        self.old_system().journal.calls_to("/token").len()
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The bridge's jobs do what they have to do by now.
    pub async fn round(&self) {
        self.bridge.round().await.unwrap();
    }

    /// Lets time pass.
    pub fn forward(&self, span: Duration) {
        self.clock.forward(span);
    }
}

//! Another identity provider of the stories, for the odd cases: it says what a story wants it to say, and signs whatever it is handed.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use passerelle::time::Timestamp;
use serde_json::{Value, json};

use crate::loopback::serving::{Port, Running};

/// What means the API of the stories in `aud`.
pub const AUDIENCE: &str = "https://api.example.org";

/// Keys take long to make, so that the stories share them.
static KEYS: LazyLock<[PKey<Private>; 4]> = LazyLock::new(|| {
    let rsa = || PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    [rsa(), rsa(), rsa(), PKey::generate_ed25519().unwrap()]
});

/// A key; the stories know these by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Published by a new issuer.
    First,
    /// What it may rotate to.
    Second,
    /// Never published.
    Stranger,
    /// Of Edwards's curve, published by a new issuer.
    Edwards,
}

impl Key {
    fn private(self) -> &'static PKey<Private> {
        &KEYS[self as usize]
    }

    /// Its name.
    pub fn kid(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// Its public half.
    pub fn jwk(self) -> Value {
        let key = self.private();
        if key.id() == Id::ED25519 {
            let x = URL_SAFE_NO_PAD.encode(key.raw_public_key().unwrap());
            return json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.kid(), "alg": "EdDSA", "use": "sig"});
        }
        let rsa = key.rsa().unwrap();
        let [n, e] = [rsa.n(), rsa.e()].map(|number| URL_SAFE_NO_PAD.encode(number.to_vec()));
        json!({"kty": "RSA", "n": n, "e": e, "kid": self.kid(), "alg": "RS256", "use": "sig"})
    }

    /// Its public half in PEM.
    pub fn pem(self) -> String {
        String::from_utf8(self.private().public_key_to_pem().unwrap()).unwrap()
    }

    /// The header of a token that it signs as it should.
    pub fn header(self) -> Value {
        let alg = if self == Self::Edwards { "EdDSA" } else { "RS256" };
        json!({"alg": alg, "kid": self.kid(), "typ": "at+jwt"})
    }

    /// A compact JWS, whatever its header says.
    pub fn signs(self, header: &Value, claims: &Value) -> String {
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encoded(header), encoded(claims));
        let key = self.private();
        let signer = match key.id() {
            Id::ED25519 => Signer::new_without_digest(key),
            _ => Signer::new(MessageDigest::sha256(), key),
        };
        let signature = signer.unwrap().sign_oneshot_to_vec(signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// A token as it should be.
    pub fn token(self, claims: &Value) -> String {
        self.signs(&self.header(), claims)
    }
}

/// The provider.
pub struct ForeignIssuer {
    /// Its issuer URL.
    pub url: String,
    town: Arc<Town>,
    running: Running,
}

struct Town {
    says: Mutex<Says>,
    calls: Mutex<BTreeMap<String, usize>>,
    forms: Mutex<Vec<(Option<String>, String)>>,
}

/// What it answers.
#[derive(Clone)]
pub struct Says {
    /// Its discovery document.
    pub discovery: Value,
    /// Its key set.
    pub jwks: Value,
    /// About the person of a token.
    pub user_info: (u16, Value),
    /// About a token.
    pub introspection: (u16, Value),
    /// Nothing but 503.
    pub is_down: bool,
    /// Somewhere else.
    pub redirects: bool,
}

impl ForeignIssuer {
    /// Listens on a free port and publishes two keys.
    pub async fn open() -> Self {
        let port = Port::take(0).await.unwrap();
        let url = port.base_url.clone();
        let says = Says {
            discovery: json!({
                "issuer": url,
                "jwks_uri": format!("{url}/jwks"),
                "userinfo_endpoint": format!("{url}/userinfo"),
                "introspection_endpoint": format!("{url}/introspect"),
            }),
            jwks: json!({"keys": [Key::First.jwk(), Key::Edwards.jwk()]}),
            user_info: (200, json!({"sub": "4711"})),
            introspection: (200, json!({"active": false})),
            is_down: false,
            redirects: false,
        };
        let town =
            Arc::new(Town { says: Mutex::new(says), calls: Mutex::default(), forms: Mutex::default() });
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&town));
        Self { url, town, running: port.serve(routes) }
    }

    /// Changes what it answers.
    pub fn now_says(&self, change: impl FnOnce(&mut Says)) {
        change(&mut self.town.says.lock().unwrap());
    }

    /// Publishes these and no others.
    pub fn publishes(&self, keys: &[Key]) {
        self.now_says(|says| {
            says.jwks = json!({"keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>()})
        });
    }

    /// How often `path` was called.
    pub fn calls_of(&self, path: &str) -> usize {
        self.town.calls.lock().unwrap().get(path).copied().unwrap_or(0)
    }

    /// The `Authorization` headers and forms that came.
    pub fn forms(&self) -> Vec<(Option<String>, String)> {
        self.town.forms.lock().unwrap().clone()
    }

    /// What a token of a person says, issued at `now`.
    pub fn claims(&self, now: Timestamp) -> Value {
        let now = now.as_seconds();
        json!({
            "iss": self.url, "aud": AUDIENCE, "sub": "4711", "client_id": "portal", "jti": "1",
            "iat": now, "exp": now + 300, "scope": "members.read", "roles": ["member"],
        })
    }

    /// Is gone.
    pub async fn stop(self) {
        self.running.stop().await;
    }
}

async fn answer(State(town): State<Arc<Town>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    *town.calls.lock().unwrap().entry(uri.path().to_owned()).or_default() += 1;
    let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
    town.forms.lock().unwrap().push((authorization, String::from_utf8_lossy(&body).into_owned()));
    let says = town.says.lock().unwrap().clone();
    if says.is_down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if says.redirects {
        return Redirect::temporary(&format!("/elsewhere{}", uri.path())).into_response();
    }
    let (status, value) = match uri.path().trim_start_matches("/elsewhere") {
        "/.well-known/openid-configuration" => (200, says.discovery),
        "/jwks" => (200, says.jwks),
        "/userinfo" => says.user_info,
        "/introspect" => says.introspection,
        _ => (404, Value::Null),
    };
    (StatusCode::from_u16(status).unwrap(), axum::Json(value)).into_response()
}

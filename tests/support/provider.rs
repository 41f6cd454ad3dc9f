//! A provider of the apps' stories: it says what a story wants it to say, and believes everything. Never the bridge, whose own manners
//! are not what is asked about here.

use std::sync::{Arc, LazyLock, Mutex};

use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;
use tower_http::cors::CorsLayer;
use url::Url;

use crate::loopback::serving::{Port, Running};

/// What it calls every app.
pub const CLIENT: &str = "app";

static RSA: LazyLock<PKey<Private>> = LazyLock::new(|| PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap());
static STRANGER: LazyLock<PKey<Private>> =
    LazyLock::new(|| PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap());
static EDWARDS: LazyLock<PKey<Private>> = LazyLock::new(|| PKey::generate_ed25519().unwrap());

/// Who signs.
#[derive(Clone, Copy)]
pub enum Hand {
    /// The provider, with RS256.
    Provider,
    /// The provider, with a key that it publishes and an algorithm that it does not announce.
    Unannounced,
    /// Somebody else, with RS256.
    Stranger,
    /// Nobody.
    Nobody,
}

/// Who is signed in at the provider.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Session {
    /// The person.
    pub sub: String,
    /// The session.
    pub sid: String,
}

/// What a code or a refresh token stands for: it is written in it.
#[derive(Deserialize, Serialize)]
struct Grant {
    session: Session,
    nonce: Option<String>,
}

/// The provider.
pub struct Provider {
    /// Its issuer URL.
    pub issuer: String,
    town: Arc<Town>,
    running: Running,
}

struct Town {
    issuer: String,
    session: Mutex<Option<Session>>,
    asked: Mutex<Vec<Vec<(String, String)>>>,
    user_infos: watch::Sender<usize>,
    session_states: watch::Sender<usize>,
    hold: Arc<tokio::sync::Mutex<()>>,
}

impl Session {
    /// Somebody's.
    pub fn of(sub: &str, sid: &str) -> Self {
        Self { sub: sub.into(), sid: sid.into() }
    }
}

impl Provider {
    /// Listens on a free port; nobody is signed in.
    pub async fn open() -> Self {
        let port = Port::take(0).await.unwrap();
        let issuer = port.base_url.clone();
        let town = Arc::new(Town {
            issuer: issuer.clone(),
            session: Mutex::default(),
            asked: Mutex::default(),
            user_infos: watch::channel(0).0,
            session_states: watch::channel(0).0,
            hold: Arc::default(),
        });
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/jwks", get(jwks))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/userinfo", get(user_info))
            .route("/check-session", get(async || Html(CHECK_SESSION)))
            .route("/session-state", get(session_state))
            .layer(CorsLayer::very_permissive())
            .with_state(Arc::clone(&town));
        Self { issuer, town, running: port.serve(routes) }
    }

    /// In whichever browser.
    pub fn is_used_by(&self, session: Option<Session>) {
        *self.town.session.lock().unwrap() = session;
    }

    /// The queries of the authorization requests so far.
    pub fn authorization_requests(&self) -> Vec<Vec<(String, String)>> {
        self.town.asked.lock().unwrap().clone()
    }

    /// Changes with each request for userinfo.
    pub fn user_infos(&self) -> watch::Receiver<usize> {
        self.town.user_infos.subscribe()
    }

    /// Changes each time that its page for watching the session looks.
    pub fn session_states(&self) -> watch::Receiver<usize> {
        self.town.session_states.subscribe()
    }

    /// No answer about the user while somebody holds this.
    pub async fn hold_user_infos(&self) -> tokio::sync::OwnedMutexGuard<()> {
        Arc::clone(&self.town.hold).lock_owned().await
    }

    /// What it would have sent the browser back with.
    pub fn code(session: Session, nonce: &str) -> String {
        written(&Grant { session, nonce: Some(nonce.to_owned()) })
    }

    /// Is gone.
    pub async fn stop(self) {
        self.running.stop().await;
    }
}

/// A compact JWS, whatever its header says.
pub fn jwt(hand: Hand, header: &Value, claims: &Value) -> String {
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encoded(header), encoded(claims));
    let key = match hand {
        Hand::Provider => &*RSA,
        Hand::Unannounced => &*EDWARDS,
        Hand::Stranger => &*STRANGER,
        Hand::Nobody => return format!("{signed}."),
    };
    let signer = if key.id() == Id::ED25519 {
        Signer::new_without_digest(key)
    } else {
        Signer::new(MessageDigest::sha256(), key)
    };
    let signature = signer.unwrap().sign_oneshot_to_vec(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The header of what the provider signs as it should.
pub fn good_header() -> Value {
    json!({"alg": "RS256", "kid": "rsa"})
}

/// The seconds of this moment and of `seconds` later.
pub fn seconds_from_now(seconds: i64) -> i64 {
    Timestamp::now().as_second() + seconds
}

fn written(value: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).unwrap())
}

fn read(text: &str) -> Grant {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

async fn configuration(State(town): State<Arc<Town>>) -> Json<Value> {
    let issuer = &town.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "end_session_endpoint": format!("{issuer}/end-session"),
        "check_session_iframe": format!("{issuer}/check-session"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "none"],
    }))
}

async fn jwks() -> Json<Value> {
    let rsa = RSA.rsa().unwrap();
    let [n, e] = [rsa.n(), rsa.e()].map(|number| URL_SAFE_NO_PAD.encode(number.to_vec()));
    let x = URL_SAFE_NO_PAD.encode(EDWARDS.raw_public_key().unwrap());
    Json(json!({"keys": [
        {"kty": "RSA", "kid": "rsa", "use": "sig", "alg": "RS256", "n": n, "e": e},
        {"kty": "OKP", "kid": "edwards", "use": "sig", "alg": "EdDSA", "crv": "Ed25519", "x": x},
    ]}))
}

async fn authorize(State(town): State<Arc<Town>>, Query(query): Query<Vec<(String, String)>>) -> Redirect {
    let asked =
        |name| query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str()).to_owned();
    let mut to = Url::parse(&asked("redirect_uri")).unwrap();
    to.query_pairs_mut().append_pair("state", &asked("state")).append_pair("iss", &town.issuer);
    match town.session.lock().unwrap().clone() {
        Some(session) => {
            let state = session.sid.clone();
            let code = Provider::code(session, &asked("nonce"));
            to.query_pairs_mut().append_pair("code", &code).append_pair("session_state", &state);
        }
        None => {
            to.query_pairs_mut().append_pair("error", "login_required");
        }
    }
    town.asked.lock().unwrap().push(query);
    Redirect::to(to.as_str())
}

#[derive(Deserialize)]
struct TokenRequest {
    code: Option<String>,
    refresh_token: Option<String>,
}

/// A refreshed ID token names no session: nothing says that it must.
async fn token(State(town): State<Arc<Town>>, Form(request): Form<TokenRequest>) -> Response {
    let Some(text) = request.code.as_ref().or(request.refresh_token.as_ref()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let Grant { session, nonce } = read(text);
    let mut claims = json!({
        "iss": town.issuer, "aud": CLIENT, "sub": session.sub,
        "iat": seconds_from_now(0), "exp": seconds_from_now(300),
    });
    if let Some(nonce) = nonce {
        claims["nonce"] = nonce.into();
        claims["sid"] = session.sid.clone().into();
    }
    let tokens = json!({
        "access_token": session.sub,
        "token_type": "Bearer",
        "expires_in": 300,
        "refresh_token": written(&Grant { session, nonce: None }),
        "id_token": jwt(Hand::Provider, &good_header(), &claims),
    });
    Json(tokens).into_response()
}

/// The access token is the subject.
async fn user_info(State(town): State<Arc<Town>>, headers: HeaderMap) -> Json<Value> {
    town.user_infos.send_modify(|calls| *calls += 1);
    let _held = town.hold.lock().await;
    let sub = headers[header::AUTHORIZATION].to_str().unwrap().trim_start_matches("Bearer ");
    Json(json!({"sub": sub, "given_name": sub}))
}

async fn session_state(State(town): State<Arc<Town>>) -> String {
    town.session_states.send_modify(|looks| *looks += 1);
    town.session.lock().unwrap().as_ref().map_or_else(String::new, |session| session.sid.clone())
}

/// The iframe of OpenID Connect Session Management §3.2, as simple as it goes: this provider's session state is its session's id.
const CHECK_SESSION: &str = r#"<!DOCTYPE html><script>
addEventListener("message", async (event) => {
  const [client, state] = String(event.data).split(" ");
  const now = await (await fetch("/session-state")).text();
  const said = client !== "app" || !state || state === "broken" ? "error" : state === now ? "unchanged" : "changed";
  event.source.postMessage(said, event.origin);
});
</script>"#;

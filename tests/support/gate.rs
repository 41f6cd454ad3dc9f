//! A bridge with a gateway: in front of an API that tells what reached it, and of the old system.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use passerelle::web::serve::{Patience, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::app::{App, Tokens};
use crate::support::browser::{Browser, Shown};
use crate::support::house::{CONFIG, House};
use crate::support::upstream::Upstream;

/// The API whose tokens the routes take.
pub const AUDIENCE: &str = "https://api.example.org";

/// Two routes: one to the API that tells, one to the old system.
pub const ROUTES: &str = r#"
[gateway]
client_roles = { service = ["reader"] }
[[gateway.route]]
prefix = "/gateway/echo"
upstream = "{upstream}"
audience = "https://api.example.org"
identity_headers = { user = "x-user", roles = "x-roles", client = "x-client" }
clamp = { parameter = "limit", most = 1000 }
timeout = "2s"
[[gateway.route.rule]]
clients = ["web", "spa"]
path = "/{*rest}"
scopes = ["events.read"]
[[gateway.route]]
prefix = "/gateway/legacy"
upstream = "{legacy}"
audience = "https://api.example.org"
[[gateway.route.rule]]
path = "/{*rest}"
scopes = ["events.read"]
"#;

/// The house with its gateway.
#[expect(missing_docs, reason = "the types say it")]
pub struct Gate {
    pub house: House,
    pub upstream: Upstream,
}

impl Gate {
    /// The gateway as it is configured above.
    pub async fn open() -> Self {
        Self::with(ROUTES).await
    }

    /// A gateway of these routes. The bridge is a client of the old system, and gets refresh tokens.
    pub async fn with(routes: &str) -> Self {
        Self::of(CONFIG, routes).await
    }

    /// The same on another configuration.
    pub async fn of(config: &str, routes: &str) -> Self {
        let upstream = Upstream::start().await;
        let preset = "preset = \"imis\"";
        let client =
            format!("{preset}\nclient_id = \"passerelle\"\nclient_secret = \"legacy-client-secret\"");
        let legacy = config.replacen(preset, &client, 1) + "[legacy.token]\nclient = \"body\"\n";
        let house = House::of(&(legacy + &routes.replace("{upstream}", &upstream.base_url))).await;
        house.old_system().console.change(|settings| settings.refresh_on_password = true);
        Self { house, upstream }
    }

    /// Somebody signs in to the web app with a new browser.
    pub async fn signs_in(&self, user_name: &str, password: &str) -> (Browser, Tokens) {
        signs_in(&self.house.web(), self.house.browser(), (user_name, password)).await
    }

    /// The access token of alice, who signs in anew.
    pub async fn alice(&self) -> String {
        self.signs_in("alice", "wonderland").await.1.access().to_owned()
    }

    /// The access token of the service that speaks for itself.
    pub async fn service(&self) -> String {
        let fields = [("grant_type", "client_credentials"), ("resource", AUDIENCE)];
        Tokens::of(self.house.service().token(&fields).await).access().to_owned()
    }

    /// A request with a token.
    pub async fn call(&self, method: Method, path: &str, token: &str) -> Shown {
        self.sends(method, path, &[("authorization", &format!("Bearer {token}"))], Body::empty()).await
    }

    /// GET with a token.
    pub async fn get(&self, path: &str, token: &str) -> Shown {
        self.call(Method::GET, path, token).await
    }

    /// Any request.
    pub async fn sends(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> Shown {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Shown::of(&self.house.router, request.body(body).unwrap()).await
    }

    /// The bridge on a socket.
    pub fn listens(&self) -> SocketAddr {
        listens(self.house.router.clone())
    }
}

/// Somebody signs in to `app`.
pub async fn signs_in(app: &App, mut browser: Browser, (user, password): (&str, &str)) -> (Browser, Tokens) {
    let page = browser.get(&app.request(&[("scope", "openid events.read"), ("resource", AUDIENCE)])).await;
    let shown = browser.sign_in(&page, user, password).await;
    let code = shown.sent_to(app.redirect)["code"].clone();
    (browser, Tokens::of(app.redeem(&code).await))
}

/// Serves `router` on a socket, as the bridge does.
pub fn listens(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, router.into(), None, Patience::default(), std::future::pending()));
    address
}

/// Sends these bytes and reads to the end.
pub async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    // Whoever sends half a request waits for nothing; what came is enough.
    let _ = tokio::time::timeout(Duration::from_secs(5), reading).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// A header of what the API says it got; nothing when it got none.
pub fn got<'j>(echo: &'j serde_json::Value, name: &str) -> Vec<&'j str> {
    let headers = echo["headers"].as_array().unwrap();
    headers.iter().filter(|pair| pair[0] == name).map(|pair| pair[1].as_str().unwrap()).collect()
}

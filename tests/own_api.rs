//! The two APIs of the examples, behind a running bridge: what they take, and everything that they refuse.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passerelle::app::blueprint::Blueprint;
use passerelle::app::bridge::Bridge;
use passerelle::config::environment::Environment;
use passerelle::secret::Chance;
use passerelle::time::Clock;
use reqwest::header::WWW_AUTHENTICATE;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::legacy_system::{self, Settings};
use crate::loopback::http::Http;
use crate::loopback::serving::Running;
use crate::support::app::{App, Proof, Tokens, claims, jose_header};
use crate::support::browser::Browser;
use crate::support::house::CONFIG;
use crate::{own_api, own_api_introspection};

const API: &str = "https://api.example.org";
const LEDGER: &str = "https://ledger.example.org";
const HOUR: Duration = Duration::from_hours(1);

/// A bridge that listens. Its clock is in hand and begins an hour ago, because the APIs live in the present.
struct Bridged {
    issuer: String,
    router: Router,
    clock: Clock,
    _legacy: legacy_system::Running,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

impl Bridged {
    async fn open() -> Self {
        rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
        let legacy = legacy_system::start(Settings::default(), 0).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let config = CONFIG.replace("http://localhost:8080", &issuer).replace("{legacy}", &legacy.base_url);
        let blueprint = Blueprint::of_text(&config, Path::new("."), &Environment::default()).unwrap();
        let clock = Clock::set_to(Clock::System.now() - HOUR);
        let bridge = Bridge::open(blueprint, clock.clone(), Chance::System).await.unwrap();
        let router = bridge.router();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(bridge.serve(listener, async { drop(stopped.await) }));
        Self { issuer, router, clock, _legacy: legacy, stop, served }
    }

    async fn stop(self) {
        drop(self.stop);
        self.served.await.unwrap().unwrap();
    }

    fn app(&self, id: &'static str, proof: Proof) -> App {
        App { router: self.router.clone(), id, proof, redirect: "https://web.example/callback" }
    }

    /// An access token of the service, for itself.
    async fn token(&self, more: &[(&str, &str)]) -> String {
        let service = self.app("service", Proof::Post("service-secret-0123456789-0123456789-0123456789"));
        let mut fields = vec![("grant_type", "client_credentials")];
        fields.extend_from_slice(more);
        Tokens::of(service.token(&fields).await).access().to_owned()
    }

    /// What alice's app gets.
    async fn alice(&self) -> Tokens {
        let web = self.app("web", Proof::Basic("web-secret-0123456789-0123456789-0123456789"));
        let mut browser = Browser::new(self.router.clone());
        web.tokens(&mut browser, &[("scope", "openid events.read"), ("resource", API)]).await
    }

    async fn by_keys(&self, audience: &str) -> Called {
        let settings =
            own_api::Settings { issuer: self.issuer.clone(), audience: audience.to_owned(), port: 0 };
        Called::new(own_api::start(&settings).await.unwrap())
    }

    async fn by_asking(&self, audience: &str) -> Called {
        let settings = own_api_introspection::Settings {
            issuer: self.issuer.clone(),
            audience: audience.to_owned(),
            client_id: "api".to_owned(),
            client_secret: "api-secret-0123456789-0123456789-0123456789".to_owned(),
            port: 0,
        };
        Called::new(own_api_introspection::start(&settings).await.unwrap())
    }
}

/// An API that is called.
struct Called {
    api: Running,
    http: reqwest::Client,
}

impl Called {
    fn new(api: Running) -> Self {
        Self { api, http: Http::new().unwrap().0 }
    }

    fn url(&self) -> String {
        format!("{}/events", self.api.base_url)
    }

    async fn reads(&self, token: &str) -> reqwest::Response {
        self.http.get(self.url()).bearer_auth(token).send().await.unwrap()
    }

    async fn writes(&self, token: &str) -> reqwest::Response {
        self.http.post(self.url()).bearer_auth(token).send().await.unwrap()
    }

    async fn takes(&self, token: &str) -> Value {
        let answer = self.reads(token).await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        answer.json().await.unwrap()
    }

    async fn refuses(&self, what: &str, token: &str) {
        let answer = self.reads(token).await;
        assert_eq!(answer.status(), 401, "{what}");
        let challenge = answer.headers()[WWW_AUTHENTICATE].to_str().unwrap();
        assert!(challenge.starts_with("Bearer error=\"invalid_token\""), "{what}: {challenge}");
    }

    /// What every API has to do, however it learns what a token means. `bridge` is in the present when it ends.
    async fn does_its_duty(&self, bridge: &Bridged) {
        let expired = bridge.token(&[("resource", API)]).await;
        bridge.clock.forward(HOUR);
        self.refuses("expired", &expired).await;

        let good = bridge.token(&[("resource", API)]).await;
        assert_eq!(self.takes(&good).await["for"], "service");
        assert_eq!(self.writes(&good).await.status(), 201);
        let reader = bridge.token(&[("resource", API), ("scope", "events.read")]).await;
        let answer = self.writes(&reader).await;
        assert_eq!(answer.status(), 403);
        assert_eq!(
            answer.headers()[WWW_AUTHENTICATE],
            "Bearer error=\"insufficient_scope\", scope=\"events.write\""
        );

        let tokens = bridge.alice().await;
        let told = self.takes(tokens.access()).await;
        assert_eq!((&told["for"], &told["through"]), (&tokens.id_claims()["sub"], &"web".into()));
        self.refuses("an ID token", tokens.id()).await;
        self.refuses("no token at all", "nobody-was-ever-given-this").await;
        for (what, altered) in altered(&good) {
            self.refuses(what, &altered).await;
        }

        let nothing = self.http.get(self.url()).send().await.unwrap();
        assert_eq!(
            (nothing.status().as_u16(), &nothing.headers()[WWW_AUTHENTICATE]),
            (401, &"Bearer".parse().unwrap())
        );
        let basic = self.http.get(self.url()).basic_auth("service", Some(&good)).send().await.unwrap();
        assert_eq!(basic.status(), 401);
    }
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// The token in every way that somebody may have changed it.
fn altered(good: &str) -> Vec<(&'static str, String)> {
    let [header, payload, signature] = *good.split('.').collect::<Vec<_>>() else { panic!("{good}") };
    let (mut head, mut says) = (jose_header(good), claims(good));
    says["sub"] = "admin".into();
    let other_claims = format!("{header}.{}.{signature}", encoded(&says));
    head["alg"] = "none".into();
    let unsigned = format!("{}.{payload}.", encoded(&head));
    head["alg"] = "HS256".into();
    let by_a_secret = format!("{}.{payload}.{signature}", encoded(&head));
    let unknown_key = json!({ "typ": "at+jwt", "alg": "ES256", "kid": "nobody's" });
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    vec![
        ("other claims", other_claims),
        ("no signature", unsigned),
        ("another algorithm", by_a_secret),
        ("an unknown key", format!("{}.{payload}.{signature}", encoded(&unknown_key))),
        ("another signature", format!("{header}.{payload}.{first}{}", &signature[1..])),
        ("half of it", format!("{header}.{payload}")),
        ("the claims alone", payload.to_owned()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_checks_tokens_by_itself_takes_the_right_ones_and_no_others() {
    let bridge = Bridged::open().await;
    let api = bridge.by_keys(API).await;
    api.does_its_duty(&bridge).await;
    // A token for somebody else, signed with the same key: another API's, and the one that is good at userinfo alone.
    let web = bridge.app("web", Proof::Basic("web-secret-0123456789-0123456789-0123456789"));
    let mut browser = Browser::new(bridge.router.clone());
    let other = web.tokens(&mut browser, &[("scope", "openid ledger.read"), ("resource", LEDGER)]).await;
    api.refuses("an opaque token of another API", other.access()).await;
    let native = App { redirect: "http://127.0.0.1/callback", ..bridge.app("native", Proof::Name) };
    let userinfo = native.tokens(&mut browser, &[("scope", "openid profile")]).await;
    assert_eq!(claims(userinfo.access())["aud"], bridge.issuer);
    api.refuses("a token for userinfo", userinfo.access()).await;
    // An API that is called as a client is: issuer, audience, key and expiry of an ID token are all right, and only its type is not.
    let namesake = bridge.by_keys("web").await;
    assert_eq!(claims(other.id())["aud"], "web");
    namesake.refuses("an ID token for a client of the API's name", other.id()).await;
    namesake.api.stop().await;
    bridge.stop().await;
    api.api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_asks_takes_the_right_tokens_and_no_others() {
    let bridge = Bridged::open().await;
    let api = bridge.by_asking(API).await;
    api.does_its_duty(&bridge).await;
    let for_the_ledger = bridge.token(&[("resource", LEDGER)]).await;
    // The client may ask about both APIs' tokens; this API takes its own.
    api.refuses("an opaque token of another API", &for_the_ledger).await;
    let ledger = bridge.by_asking(LEDGER).await;
    let answer = ledger.reads(&for_the_ledger).await;
    assert_eq!(answer.status(), 403, "it is the ledger's, and its scope is another");

    let namesake = bridge.by_asking("web").await;
    namesake.refuses("an ID token for a client of the API's name", bridge.alice().await.id()).await;
    namesake.api.stop().await;

    // A token that was taken back is refused at once.
    let good = bridge.token(&[("resource", API)]).await;
    api.takes(&good).await;
    let service = bridge.app("service", Proof::Post("service-secret-0123456789-0123456789-0123456789"));
    assert_eq!(service.call("/revoke", &[("token", &good)]).await.status, 200);
    api.refuses("a revoked token", &good).await;

    bridge.stop().await;
    assert_eq!(api.reads(&good).await.status(), 503, "nobody is let in when nobody can be asked");
    api.api.stop().await;
    ledger.api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_checks_by_itself_goes_on_while_the_bridge_is_down() {
    let bridge = Bridged::open().await;
    bridge.clock.forward(HOUR);
    let good = bridge.token(&[("resource", API)]).await;
    let (known, stranger) = (bridge.by_keys(API).await, bridge.by_keys(API).await);
    known.takes(&good).await;
    bridge.stop().await;
    known.takes(&good).await;
    assert_eq!(stranger.reads(&good).await.status(), 503, "it has no keys yet");
}

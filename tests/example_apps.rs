//! What the demo and its apps promise besides signing people in to two of them: that the town can be moved and started again, that the web
//! app believes nobody's answer but its provider's, and that the native app and the service get their tokens.

use reqwest::Response;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use serde_json::json;
use tempfile::TempDir;
use url::Url;

use crate::demo::ports::Ports;
use crate::demo::town::{CONFIG, Town, TownError};
use crate::loopback::http::Http;
use crate::support::chromium::Chromium;
use crate::{native_app, service};

async fn town() -> (Town, TempDir) {
    let data = TempDir::new().unwrap();
    (Town::start(CONFIG, Ports::FREE, data.path()).await.unwrap(), data)
}

/// A browser on its way to the provider.
struct Traveller {
    http: reqwest::Client,
    web_app: String,
    cookie: String,
    state: String,
}

impl Traveller {
    async fn leaves(town: &Town) -> Self {
        let http = Http::new().unwrap().0;
        let web_app = town.web_app.base_url.clone();
        let left = http.get(format!("{web_app}/sign-in")).send().await.unwrap();
        let to = Url::parse(left.headers()[LOCATION].to_str().unwrap()).unwrap();
        let (_, state) = to.query_pairs().find(|(name, _)| name == "state").unwrap();
        let cookie = left.headers()[SET_COOKIE].to_str().unwrap();
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self { http, web_app, cookie, state: state.into_owned() }
    }

    async fn comes_back(&self, cookie: &str, parameters: &[(&str, &str)]) -> Response {
        let url = Url::parse_with_params(&format!("{}/callback", self.web_app), parameters).unwrap();
        self.http.get(url).header(COOKIE, cookie).send().await.unwrap()
    }
}

#[test]
fn the_demo_moves_all_its_ports_at_once() {
    // The bridge's new port is the web app's old one.
    let moved = Ports::from(3000).moved(CONFIG).unwrap();
    assert!(moved.contains(r#"issuer = "http://localhost:3000""#));
    assert!(moved.contains(r#"base_url = "http://localhost:3001""#));
    assert!(moved.contains(r#"redirect_uris = ["http://localhost:3002/callback"]"#));
    assert!(moved.contains(r#"web_origins = ["http://localhost:3003"]"#));
    assert!(moved.contains(r#"redirect_uris = ["http://127.0.0.1/callback"]"#), "a native app has no port");
    assert_eq!(Ports::CONFIGURED.moved(CONFIG).unwrap(), CONFIG);
}

#[tokio::test]
async fn a_taken_port_is_told_with_the_way_out() {
    let (first, _data) = town().await;
    let wanted = Ports { web_app: first.web_app.port, ..Ports::FREE };
    let data = TempDir::new().unwrap();
    let refused = Town::start(CONFIG, wanted, data.path()).await.err().unwrap();
    assert!(matches!(refused, TownError::PortTaken { part: "web app", port } if port == wanted.web_app));
    assert!(refused.to_string().contains("--port-base"));
    first.stop().await;
}

#[tokio::test]
async fn a_town_that_is_started_again_has_its_keys_and_its_ports_back() {
    let data = TempDir::new().unwrap();
    let jwks = async |town: &Town| {
        reqwest::get(format!("{}/jwks", town.bridge_url)).await.unwrap().text().await.unwrap()
    };
    let first = Town::start(CONFIG, Ports::FREE, data.path()).await.unwrap();
    let keys = jwks(&first).await;
    assert!(keys.contains("RSA"));
    first.stop().await;
    let second = Town::start(CONFIG, Ports::FREE, data.path()).await.unwrap();
    assert_eq!(jwks(&second).await, keys);
    second.stop().await;
}

#[tokio::test]
async fn the_web_app_takes_an_answer_once_and_only_in_the_browser_that_asked() {
    let (town, _data) = town().await;
    let alice = Traveller::leaves(&town).await;
    let mallory = Traveller::leaves(&town).await;
    let answer = [("state", alice.state.as_str()), ("error", "access_denied"), ("iss", &town.bridge_url)];
    assert_eq!(alice.comes_back(&mallory.cookie, &answer).await.status(), 400, "another browser's answer");
    assert_eq!(alice.comes_back(&alice.cookie, &answer[1..]).await.status(), 400, "an answer without state");
    assert_eq!(alice.comes_back(&alice.cookie, &answer).await.status(), 403, "the provider's refusal");
    assert_eq!(alice.comes_back(&alice.cookie, &answer).await.status(), 400, "the same answer again");
    town.stop().await;
}

#[tokio::test]
async fn the_web_app_refuses_the_answer_of_another_provider() {
    let (town, _data) = town().await;
    let alice = Traveller::leaves(&town).await;
    let answer = [("state", alice.state.as_str()), ("code", "stolen"), ("iss", "https://evil.example")];
    assert_eq!(alice.comes_back(&alice.cookie, &answer).await.status(), 400);
    town.stop().await;
}

#[tokio::test]
async fn what_the_web_app_is_told_is_never_markup() {
    let (town, _data) = town().await;
    let alice = Traveller::leaves(&town).await;
    let answer = [
        ("state", alice.state.as_str()),
        ("error", "<b>"),
        ("error_description", "<script>alert(1)</script>"),
    ];
    let page = alice.comes_back(&alice.cookie, &answer).await.text().await.unwrap();
    assert!(page.contains("script") && !page.contains("<script") && !page.contains("<b>"), "{page}");
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_native_app_signs_its_user_in_on_a_port_of_its_own() {
    let (town, _data) = town().await;
    let waiting = native_app::start(&town.bridge_url, "demo-native").await.unwrap();
    let url = waiting.url.clone();
    let alice = Chromium::open().await;
    let (signed_in, ()) = tokio::join!(waiting.finish(), async {
        alice.goes_to(url.as_str()).await;
        alice.signs_in("alice", "wonderland").await;
        alice.clicks("form#consent button[value=allow]").await;
    });
    let signed_in = signed_in.unwrap();
    assert_eq!(signed_in.claims["aud"], "demo-native");
    assert!(signed_in.has_refresh_token);
    drop(alice);
    town.stop().await;
}

#[tokio::test]
async fn the_service_gets_a_token_for_its_api() {
    let (town, _data) = town().await;
    let settings = service::Settings {
        issuer: town.bridge_url.clone(),
        client_id: "demo-service".to_owned(),
        client_secret: "demo-service-secret-for-loopback-only".to_owned(),
        audience: Some("https://api.example.org".to_owned()),
        scope: vec!["events.read".to_owned()],
        token_only: false,
    };
    let claims = service::access_token(&settings).await.unwrap().claims.unwrap();
    assert_eq!(
        (&claims["aud"], &claims["scope"]),
        (&json!("https://api.example.org"), &json!("events.read"))
    );
    town.stop().await;
}

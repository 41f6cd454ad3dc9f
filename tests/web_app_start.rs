//! A sign-in at the web app that a link elsewhere begins (OpenID Connect Core §4), and the links that begin none. The provider of these
//! stories is `support::provider`.

use std::collections::HashMap;

use reqwest::Response;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use rstest::rstest;
use url::Url;

use crate::loopback::http::Http;
use crate::loopback::serving::Running;
use crate::support::provider::{CLIENT, Provider, Session};
use crate::web_app;

struct Town {
    provider: Provider,
    app: Running,
    http: reqwest::Client,
}

impl Town {
    async fn open() -> Self {
        let provider = Provider::open().await;
        let settings = web_app::Settings {
            issuer: provider.issuer.clone(),
            client_id: CLIENT.into(),
            client_secret: "secret".into(),
        };
        let app = web_app::start(settings, 0).await.unwrap();
        Self { provider, app, http: Http::new().unwrap().0 }
    }

    async fn start(&self, wish: &[(&str, &str)]) -> Response {
        self.http.get(format!("{}/start", self.app.base_url)).query(wish).send().await.unwrap()
    }

    /// Follows a sign-in to its end; where it ends.
    async fn ends_at(&self, left: &Response) -> String {
        let sent = sent(left);
        let code = Provider::code(Session::of("alice", "s1"), &sent["nonce"]);
        let query = [("state", sent["state"].as_str()), ("code", &code), ("iss", &self.provider.issuer)];
        let cookie = left.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap();
        let callback = self.http.get(format!("{}/callback", self.app.base_url)).query(&query);
        location(&callback.header(COOKIE, cookie).send().await.unwrap()).to_owned()
    }
}

fn location(answer: &Response) -> &str {
    assert_eq!(answer.status(), 303);
    answer.headers()[LOCATION].to_str().unwrap()
}

/// What the provider is asked.
fn sent(left: &Response) -> HashMap<String, String> {
    Url::parse(location(left)).unwrap().query_pairs().into_owned().collect()
}

#[tokio::test]
async fn a_link_begins_a_sign_in_at_once_with_what_it_knows_of_the_person() {
    let town = Town::open().await;
    let issuer = town.provider.issuer.as_str();
    let left = town.start(&[("iss", issuer), ("login_hint", "alice@example.org")]).await;
    assert!(location(&left).starts_with(&format!("{issuer}/authorize?")));
    let sent = sent(&left);
    assert_eq!((sent["client_id"].as_str(), sent["login_hint"].as_str()), (CLIENT, "alice@example.org"));
    assert!(sent.contains_key("code_challenge") && sent.contains_key("state"), "a sign-in like any other");
    assert_eq!(town.ends_at(&left).await, "/");
}

#[tokio::test]
async fn a_form_does_what_a_link_does() {
    let town = Town::open().await;
    let form = [("iss", town.provider.issuer.as_str()), ("login_hint", "alice")];
    let left = town.http.post(format!("{}/start", town.app.base_url)).form(&form).send().await.unwrap();
    assert_eq!(sent(&left)["login_hint"], "alice");
}

#[rstest]
#[case::of_another_provider(&[("iss", "https://evil.example")])]
#[case::without_a_provider(&[("login_hint", "alice")])]
#[tokio::test]
async fn a_link_that_is_not_for_this_provider_begins_nothing(#[case] wish: &[(&str, &str)]) {
    let town = Town::open().await;
    let answer = town.start(wish).await;
    assert_eq!(answer.status(), 400);
    assert!(answer.headers().get(SET_COOKIE).is_none() && answer.headers().get(LOCATION).is_none());
    assert!(answer.text().await.unwrap().contains(r#"id="problem""#));
}

#[tokio::test]
async fn an_issuer_that_differs_by_a_slash_is_another_one() {
    let town = Town::open().await;
    assert_eq!(town.start(&[("iss", &format!("{}/", town.provider.issuer))]).await.status(), 400);
}

/// `APP` stands for the app's own URL; a sign-in that ends at `/` did not listen.
#[rstest]
#[case::the_front_page("APP/", "APP/")]
#[case::a_page("APP/members/7?tab=2", "APP/members/7?tab=2")]
#[case::without_its_fragment("APP/members#here", "APP/members")]
#[case::a_path_that_looks_like_a_host("APP//evil.example/", "APP//evil.example/")]
#[case::a_name_before_the_host("http://evil@HOST/members", "APP/members")]
#[case::another_host("https://evil.example/", "/")]
#[case::another_port("http://localhost:1/members", "/")]
#[case::another_scheme("https://HOST/members", "/")]
#[case::a_host_that_begins_alike("APP.evil.example/", "/")]
#[case::a_script("javascript:alert(1)", "/")]
#[case::no_url("/members", "/")]
#[case::two_slashes("//evil.example/", "/")]
#[tokio::test]
async fn a_sign_in_ends_on_a_page_of_the_app_or_on_its_front_page(#[case] wished: &str, #[case] end: &str) {
    let town = Town::open().await;
    let app = &town.app.base_url;
    let here = |text: &str| text.replace("APP", app).replace("HOST", app.trim_start_matches("http://"));
    let wish = here(wished);
    let left = town.start(&[("iss", &town.provider.issuer), ("target_link_uri", &wish)]).await;
    assert_eq!(town.ends_at(&left).await, here(end));
}

//! The JavaScript app in a real browser: it watches the session at its provider (OpenID Connect Session Management 1.0 §3), and lets a link
//! begin a sign-in (OpenID Connect Core §4). The provider of these stories is `support::provider`.

use crate::loopback::http::Http;
use crate::loopback::serving::Running;
use crate::spa;
use crate::support::chromium::Chromium;
use crate::support::provider::{CLIENT, Provider, Session};

struct Town {
    provider: Provider,
    app: Running,
}

impl Town {
    async fn open() -> Self {
        let provider = Provider::open().await;
        let settings = spa::Settings { issuer: provider.issuer.clone(), client_id: CLIENT.into() };
        let app = spa::start(settings, 0).await.unwrap();
        Self { provider, app }
    }

    /// Somebody in a browser who is signed in at the provider, and at the app.
    async fn visitor(&self, session: Session) -> Chromium {
        let (name, browser) = (session.sub.clone(), Chromium::open().await);
        self.provider.is_used_by(Some(session));
        browser.goes_to(&self.app.base_url).await;
        browser.clicks("#sign-in").await;
        browser.reads("#name", &name).await;
        browser
    }

    fn last_request(&self) -> impl Fn(&str) -> Option<String> {
        let request = self.provider.authorization_requests().pop().unwrap();
        move |wanted| request.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_session_of_the_same_person_is_taken_over_in_silence_and_its_end_is_told() {
    let town = Town::open().await;
    let alice = town.visitor(Session::of("alice", "s1")).await;
    town.provider.is_used_by(Some(Session::of("alice", "s2")));
    alice.reads("#id-token [data-claim=sid]", "s2").await;
    let asked = town.last_request();
    assert_eq!(asked("prompt").as_deref(), Some("none"));
    assert_eq!(asked("redirect_uri"), Some(format!("{}/silent", town.app.base_url)));
    assert_eq!(asked("id_token_hint").unwrap().split('.').count(), 3);
    assert!(asked("code_challenge").is_some());
    assert_eq!(alice.window.current_url().await.unwrap().as_str(), format!("{}/", town.app.base_url));
    assert_eq!(
        town.provider.authorization_requests().len(),
        2,
        "asked once, and never while nothing changed"
    );

    // The new session is the one that is watched now.
    town.provider.is_used_by(None);
    alice.reads("#ended-elsewhere", "You were signed out elsewhere.").await;
    alice.sees("#signed-out:not([hidden])").await;
    let kept = alice.window.execute("return sessionStorage.getItem('tokens')", Vec::new()).await.unwrap();
    assert!(kept.is_null(), "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_at_the_provider_ends_the_session_here() {
    let town = Town::open().await;
    let alice = town.visitor(Session::of("alice", "s1")).await;
    town.provider.is_used_by(Some(Session::of("bob", "s2")));
    alice.reads("#ended-elsewhere", "You were signed out elsewhere.").await;
    alice.sees("#signed-out:not([hidden])").await;
    assert_eq!(town.last_request()("prompt").as_deref(), Some("none"));

    // Signing in anew tells of nothing.
    alice.clicks("#sign-in").await;
    alice.reads("#name", "bob").await;
    alice.sees("#ended-elsewhere[hidden]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_cannot_tell_is_asked_no_more() {
    let town = Town::open().await;
    let mut looks = town.provider.session_states();
    let alice = town.visitor(Session::of("alice", "broken")).await;
    looks.changed().await.unwrap();
    alice.sees("body:not(:has(iframe))").await;
    alice.sees("#signed-in:not([hidden])").await;
    assert_eq!(town.provider.authorization_requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_begins_a_sign_in_at_this_apps_provider_and_at_no_other() {
    let town = Town::open().await;
    let (app, issuer) = (&town.app.base_url, &town.provider.issuer);
    town.provider.is_used_by(Some(Session::of("alice", "s1")));
    let alice = Chromium::open().await;
    for link in ["/start?iss=https%3A%2F%2Fevil.example", "/start"] {
        alice.goes_to(&format!("{app}{link}")).await;
        let problem = alice.sees("#problem:not([hidden])").await.text().await.unwrap();
        assert!(problem.contains("another provider"), "{problem}");
    }
    assert!(town.provider.authorization_requests().is_empty());

    alice.goes_to(&format!("{app}/start?iss={issuer}&login_hint=alice%40example.org")).await;
    alice.reads("#name", "alice").await;
    assert_eq!(town.last_request()("login_hint").as_deref(), Some("alice@example.org"));
    assert_eq!(alice.window.current_url().await.unwrap().as_str(), format!("{app}/"));
}

#[tokio::test]
async fn only_the_silent_page_is_framed_and_only_by_the_app() {
    let town = Town::open().await;
    let http = Http::new().unwrap().0;
    let policy = async |path: &str| {
        let answer = http.get(format!("{}{path}", town.app.base_url)).send().await.unwrap();
        answer.headers()["content-security-policy"].to_str().unwrap().to_owned()
    };
    for path in ["/", "/callback", "/start"] {
        let policy = policy(path).await;
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(policy.contains(&format!("frame-src 'self' {};", town.provider.issuer)), "{path}: {policy}");
    }
    let silent = policy("/silent").await;
    assert!(silent.starts_with("default-src 'none'; script-src 'self';"), "{silent}");
    assert!(silent.ends_with("frame-ancestors 'self'"), "{silent}");
}

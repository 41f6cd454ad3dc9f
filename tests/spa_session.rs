//! The JavaScript app in a real browser: a link may begin a sign-in (OpenID Connect Core §4), at this app's provider only. The provider of
//! these stories is `support::provider`.

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

    fn last_request(&self) -> impl Fn(&str) -> Option<String> {
        let request = self.provider.authorization_requests().pop().unwrap();
        move |wanted| request.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
    }
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

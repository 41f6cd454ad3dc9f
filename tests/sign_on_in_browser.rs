//! What people do to a sign-in in a real browser: they are asked anew, go back, open two tabs, send a form twice and let pages grow old.

use std::time::Duration;

use tokio::time::Instant;

use crate::demo::ports::Ports;
use crate::demo::town::{CONFIG, Town};
use crate::legacy_system::{Door, Fault};
use crate::support::chromium::Chromium;

/// A browser in front of a town whose people sign in by `method`.
struct Street {
    town: Town,
    browser: Chromium,
    _data: tempfile::TempDir,
}

impl Street {
    async fn of(method: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let config = CONFIG.replacen("method = \"both\"", &format!("method = \"{method}\""), 1);
        let town = Town::start(&config, Ports::FREE, data.path()).await.unwrap();
        Self { town, browser: Chromium::open().await, _data: data }
    }

    /// The web app's request with `more`, as the app itself would make it but for the wish.
    fn request(&self, more: &str) -> String {
        let Town { bridge_url, web_app, .. } = &self.town;
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        format!(
            "{bridge_url}/authorize?client_id=demo-web&redirect_uri={}/callback&response_type=code&scope=openid&state=s&nonce=n\
             &code_challenge={challenge}&code_challenge_method=S256{more}",
            web_app.base_url
        )
    }

    /// Fills in the old site's own sign-in page.
    async fn signs_in_at_the_site(&self, user_name: &str, password: &str) {
        let browser = &self.browser;
        browser.sees("#aspnetForm input[name=username]").await.send_keys(user_name).await.unwrap();
        browser.sees("#aspnetForm input[name=password]").await.send_keys(password).await.unwrap();
        browser.clicks("#aspnetForm input[type=submit]").await;
    }

    /// Waits until the browser is at an address that begins with `start`, and answers with the whole of it.
    async fn arrives_at(&self, start: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let address = self.browser.window.current_url().await.unwrap().to_string();
            if address.starts_with(start) {
                return address;
            }
            assert!(Instant::now() < deadline, "still at {address}, not at {start}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The app's callback, reached with a code.
    async fn gets_a_code(&self) {
        let address = self.arrives_at(&format!("{}/callback", self.town.web_app.base_url)).await;
        assert!(address.contains("code="), "{address}");
    }

    async fn closes(self) {
        drop(self.browser);
        self.town.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_form_an_app_has_its_person_prove_themselves_anew() {
    let street = Street::of("form").await;
    street.browser.goes_to(&street.request("")).await;
    street.browser.signs_in("alice", "wonderland").await;
    street.gets_a_code().await;
    for more in ["&prompt=login", "&max_age=0"] {
        street.browser.goes_to(&street.request(more)).await;
        street.browser.sees("#login-page").await;
        street.browser.signs_in("alice", "wonderland").await;
        street.gets_a_code().await;
    }
    assert_eq!(street.town.old_system().journal.calls_to("/token").len(), 3);
    street.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_site_too() {
    let street = Street::of("legacy_site").await;
    street.browser.goes_to(&street.request("")).await;
    street.signs_in_at_the_site("alice", "wonderland").await;
    street.gets_a_code().await;
    // Without a wish nobody is asked.
    street.browser.goes_to(&street.request("")).await;
    street.gets_a_code().await;
    for more in ["&prompt=login", "&max_age=0", "&prompt=select_account"] {
        street.browser.goes_to(&street.request(more)).await;
        street.browser.sees("#aspnetForm").await;
        street.signs_in_at_the_site("alice", "wonderland").await;
        street.gets_a_code().await;
    }
    // Another person signs in there than the one who is signed in here.
    street.browser.goes_to(&street.request("&prompt=select_account")).await;
    street.signs_in_at_the_site("bob", "builder").await;
    street.browser.reads("#handover-page h1", "Continue as bob?").await;
    street.browser.clicks("form#handover button[value=continue]").await;
    street.gets_a_code().await;
    street.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_people_may_choose_both_ways_ask_anew() {
    let street = Street::of("both").await;
    street.browser.goes_to(&street.request("")).await;
    street.browser.clicks("a[href*='/sign-in/legacy']").await;
    street.signs_in_at_the_site("alice", "wonderland").await;
    street.gets_a_code().await;
    street.browser.goes_to(&street.request("&prompt=login")).await;
    street.browser.sees("#login-page").await;
    street.browser.clicks("a[href*='/sign-in/legacy']").await;
    street.signs_in_at_the_site("alice", "wonderland").await;
    street.gets_a_code().await;
    street.browser.goes_to(&street.request("&prompt=login")).await;
    street.browser.signs_in("alice", "wonderland").await;
    street.gets_a_code().await;
    street.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_after_a_sign_in_leads_on_again_without_a_password() {
    let street = Street::of("form").await;
    street.browser.goes_to(&street.town.web_app.base_url).await;
    street.browser.clicks("#sign-in").await;
    street.browser.signs_in("alice", "wonderland").await;
    street.browser.reads("#claims [data-claim=email]", "alice@example.org").await;
    street.browser.window.back().await.unwrap();
    // The page of the password is not kept: it is asked for again, and the session answers.
    street.arrives_at(&street.town.web_app.base_url).await;
    assert_eq!(street.town.old_system().journal.calls_to("/token").len(), 1);
    street.browser.goes_to(&street.town.web_app.base_url).await;
    street.browser.reads("#claims [data-claim=email]", "alice@example.org").await;
    street.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_that_sign_in_at_the_site_both_reach_the_app() {
    let street = Street::of("legacy_site").await;
    let first = street.browser.window.window().await.unwrap();
    street.browser.goes_to(&street.request("")).await;
    street.browser.sees("#aspnetForm").await;
    let second = street.browser.window.new_window(true).await.unwrap().handle;
    street.browser.window.switch_to_window(second).await.unwrap();
    street.browser.goes_to(&street.request("")).await;
    street.signs_in_at_the_site("alice", "wonderland").await;
    street.gets_a_code().await;
    street.browser.window.switch_to_window(first).await.unwrap();
    street.signs_in_at_the_site("alice", "wonderland").await;
    street.gets_a_code().await;
    street.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_is_one_password() {
    let street = Street::of("form").await;
    street.town.old_system().faults.set(Door::Token, Fault::Delay(Duration::from_secs(2)));
    street.browser.goes_to(&street.request("")).await;
    for (field, value) in [("username", "alice"), ("password", "wonderland")] {
        street.browser.sees(&format!("form#login input[name={field}]")).await.send_keys(value).await.unwrap();
    }
    // A second submit calls the first one's request off, as a double click does.
    let script = "const form = document.querySelector('form#login'); form.submit(); setTimeout(() => form.submit(), 300)";
    street.browser.window.execute(script, Vec::new()).await.unwrap();
    street.gets_a_code().await;
    assert_eq!(street.town.old_system().journal.calls_to("/token").len(), 1);
    street.closes().await;
}

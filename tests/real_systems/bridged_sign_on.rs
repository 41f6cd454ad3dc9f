//! An app signs people in by OpenID Connect whose login is one of these systems, through a whole bridge with the clock on the wall: from the
//! sign-in page to the moment when somebody who was disabled over there is out here.

use std::path::Path;
use std::time::Duration;

use passerelle::app::blueprint::Blueprint;
use passerelle::app::bridge::Bridge;
use passerelle::config::environment::Environment;
use passerelle::secret::Chance;
use passerelle::store::db::Db;
use passerelle::store::{accounts, legacy_grants};
use passerelle::time::Clock;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::bridged::{cognito, simplejwt, toolkit};
use crate::support::app::{App, Proof, Tokens, error};
use crate::support::browser::{Browser, Shown};
use crate::support::cognito::{Cognito, code_of};
use crate::support::django_site::DjangoSite;
use crate::support::house::{CONFIG, ISSUER};

/// The legacy system is asked whenever the clock has moved on.
const SESSION: &str = "[session]\nrevalidate = '1s'\n";

/// A bridge, the app in front of it, and a second look into its database.
struct Story {
    app: App,
    db: Db,
    _bridge: Bridge,
    _folder: TempDir,
}

impl Story {
    async fn open(legacy: &str) -> Self {
        rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("store.db").display());
        let preset = "preset = \"imis\"\nbase_url = \"{legacy}\"\ntimeout = \"2s\"\n";
        assert!(CONFIG.contains(preset));
        let config = CONFIG.replace(preset, legacy).replace("sqlite::memory:", &url) + SESSION;
        let blueprint = Blueprint::of_text(&config, Path::new("."), &Environment::default());
        let blueprint = blueprint.unwrap_or_else(|findings| panic!("{:#?}", findings.problems));
        let bridge = Bridge::open(blueprint, Clock::System, Chance::System).await.unwrap();
        let proof = Proof::Basic("web-secret-0123456789-0123456789-0123456789");
        let redirect = "https://web.example/callback";
        let app = App { router: bridge.router(), id: "web", proof, redirect };
        let db = Db::open(&url, 2).await.unwrap();
        Self { app, db, _bridge: bridge, _folder: folder }
    }

    /// What the browser shows after this was typed on the sign-in page.
    async fn types(&self, browser: &mut Browser, user_name: &str, password: &str) -> Shown {
        let scope = "openid profile email offline_access";
        let page = browser.get(&self.app.request(&[("scope", scope)])).await;
        browser.sign_in(&page, user_name, password).await
    }

    /// A browser in which this person is signed in, and the app's tokens.
    async fn lets_in(&self, user_name: &str, password: &str) -> (Browser, Tokens) {
        let mut browser = Browser::new(self.app.router.clone());
        let again = self.types(&mut browser, user_name, "wrong").await;
        assert!(again.is_page("login-page"), "{again:?}");
        let shown = self.types(&mut browser, user_name, password).await;
        let code = shown.sent_to(self.app.redirect)["code"].clone();
        (browser, Tokens::of(self.app.redeem(&code).await))
    }

    /// How often the legacy tokens of this person were refreshed.
    async fn legacy_refreshes(&self, user_name: &str) -> i64 {
        let accounts = accounts::list_by_user_name(&self.db, user_name).await.unwrap();
        let grants = legacy_grants::list(&self.db, &accounts[0].id).await.unwrap();
        grants[0].generation
    }

    /// The app learns who has come.
    async fn tells_the_app_who_it_is(&self, tokens: &Tokens, known: &Value) {
        let claims = tokens.id_claims();
        assert_eq!((&claims["iss"], &claims["nonce"]), (&json!(ISSUER), &json!("n-0S6")));
        assert_eq!(claims["aud"], json!("web"));
        let mut told = self.app.userinfo(tokens.access()).await.json();
        assert_eq!(told["sub"], claims["sub"], "OpenID Connect Core §5.3.2");
        for ours in ["sub", "updated_at"] {
            told.as_object_mut().unwrap().remove(ours).unwrap();
        }
        assert_eq!(&told, known);
    }

    /// The app refreshes until the bridge has refreshed over there too.
    async fn refreshes_on_both_sides(&self, user_name: &str, mut tokens: Tokens) -> Tokens {
        for _ in 0..100 {
            if self.legacy_refreshes(user_name).await > 0 {
                return tokens;
            }
            tokens = Tokens::of(self.app.refresh(tokens.refresh()).await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("nobody asked the legacy system");
    }

    /// Who was disabled over there is out at every door, and the right password opens none.
    async fn shows_out(&self, user_name: &str, password: &str, mut browser: Browser, mut tokens: Tokens) {
        let mut refusal = None;
        for _ in 0..100 {
            let answer = self.app.refresh(tokens.refresh()).await;
            if answer.status != 200 {
                refusal = Some(error(&answer));
                break;
            }
            tokens = Tokens::of(answer);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(refusal, Some((400, "invalid_grant".to_owned())));
        assert_eq!(self.app.userinfo(tokens.access()).await.status, 401);
        let silent = browser.get(&self.app.request(&[("prompt", "none")])).await;
        assert_eq!(silent.sent_to(self.app.redirect)["error"], "login_required");
        let shown = self.types(&mut browser, user_name, password).await;
        assert!(shown.is_page("login-page"), "{shown:?}");
    }
}

fn alice() -> Value {
    json!({
        "name": "Alice Liddell",
        "given_name": "Alice",
        "family_name": "Liddell",
        "preferred_username": "alice",
        "email": "alice@example.org",
        "groups": ["editors", "members"],
    })
}

#[tokio::test]
async fn an_app_signs_members_of_the_toolkits_site_in_until_they_are_disabled() {
    let site = DjangoSite::open();
    // Told to be short, so that the vault needs another one at once.
    let story = Story::open(&format!("{}[legacy.token]\nexpires_in = '10'\n", toolkit(site))).await;
    let (_, tokens) = story.lets_in("alice", "correct horse").await;
    story.tells_the_app_who_it_is(&tokens, &alice()).await;
    site.admits("hal-of-oauth", "correct horse");
    let (browser, tokens) = story.lets_in("hal-of-oauth", "correct horse").await;
    let tokens = story.refreshes_on_both_sides("hal-of-oauth", tokens).await;
    site.disables("hal-of-oauth");
    story.shows_out("hal-of-oauth", "correct horse", browser, tokens).await;
}

#[tokio::test]
async fn an_app_signs_members_of_the_simplejwt_site_in_until_they_are_disabled() {
    let site = DjangoSite::open();
    let short = "[legacy.login]\nexpires_in = '10'\nexpires_as = 'seconds'\n";
    let story = Story::open(&format!("{}{short}", simplejwt(site))).await;
    let (_, tokens) = story.lets_in(" alice ", "correct horse").await;
    story.tells_the_app_who_it_is(&tokens, &alice()).await;
    site.admits("hal-of-jwt", "correct horse");
    let (browser, tokens) = story.lets_in("hal-of-jwt", "correct horse").await;
    let tokens = story.refreshes_on_both_sides("hal-of-jwt", tokens).await;
    site.disables("hal-of-jwt");
    story.shows_out("hal-of-jwt", "correct horse", browser, tokens).await;
}

#[tokio::test]
async fn an_app_signs_members_of_a_user_pool_in_until_they_are_disabled() {
    let pool = Cognito::open().await;
    let story = Story::open(&format!("{}[legacy.login]\nexpires_in = '10'\n", cognito(&pool))).await;
    let (browser, tokens) = story.lets_in("alice", "correct horse").await;
    let mut known = alice();
    known["groups"] = json!(["editors"]);
    known["email_verified"] = json!(true);
    story.tells_the_app_who_it_is(&tokens, &known).await;
    let tokens = story.refreshes_on_both_sides("alice", tokens).await;
    pool.disables("alice").await;
    story.shows_out("alice", "correct horse", browser, tokens).await;
}

#[tokio::test]
async fn bob_of_the_user_pool_types_the_code_of_his_telephone_and_the_app_hears_of_it() {
    let pool = Cognito::open().await;
    let story = Story::open(&cognito(&pool)).await;
    let telephone = pool.bob_registers_his_telephone().await;
    let mut bob = Browser::new(story.app.router.clone());
    let page = story.types(&mut bob, "bob", "correct horse").await;
    assert!(page.is_page("second-factor-page"), "{page:?}");
    let code = code_of(&telephone).await;
    let other = if code == "000000" { "000001" } else { "000000" };
    let page = bob.post("/sign-in/code", &[("request", &page.sealed()), ("code", other)]).await;
    assert!(page.body.contains("This code is not right"), "{}", page.body);
    let shown = bob.post("/sign-in/code", &[("request", &page.sealed()), ("code", &code)]).await;
    let tokens = Tokens::of(story.app.redeem(&shown.sent_to(story.app.redirect)["code"]).await);
    assert_eq!(tokens.id_claims()["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(story.app.userinfo(tokens.access()).await.json()["name"], "Bob Ångström");
}

#[tokio::test]
async fn whoever_guesses_by_spellings_of_one_name_guesses_at_one_counter() {
    let site = DjangoSite::open();
    site.admits("lea-of-jwt", "correct horse");
    let story = Story::open(&simplejwt(site)).await;
    let mut mallory = Browser::new(story.app.router.clone());
    for spelt in [" lea-of-jwt", "lea-of-jwt\t", "\u{a0}lea-of-jwt", "\u{1c}lea-of-jwt\u{1f}"] {
        let page = story.types(&mut mallory, spelt, "wrong").await;
        assert!(!page.body.contains("Too many tries"), "{spelt:?}: {}", page.body);
    }
    for spelt in ["lea-of-jwt", "\u{1d}lea-of-jwt"] {
        let page = story.types(&mut mallory, spelt, "correct horse").await;
        assert!(page.body.contains("Too many tries"), "{spelt:?}: {}", page.body);
    }
}

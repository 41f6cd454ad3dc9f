//! The web app hears behind the browser's back that a session has ended (OpenID Connect Back-Channel Logout 1.0), and believes nobody but
//! its provider. The provider of these stories is `support::provider`; that the bridge speaks so is told in the bridge's own stories.

use reqwest::Response;
use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use rstest::rstest;
use serde_json::{Value, json};
use url::Url;

use crate::loopback::http::Http;
use crate::loopback::serving::Running;
use crate::support::provider::{CLIENT, Hand, Provider, Session, good_header, jwt, seconds_from_now};
use crate::web_app;

const LOGOUT: &str = "http://schemas.openid.net/event/backchannel-logout";
const TOLD: &str = "You were signed out elsewhere.";

/// A provider, its app, and somebody who calls the app without a browser.
struct Town {
    provider: Provider,
    app: Running,
    http: reqwest::Client,
}

/// A browser at the app, with the one cookie that it has.
struct Browser<'t> {
    town: &'t Town,
    cookie: String,
}

/// A logout token that is being written.
struct Draft {
    hand: Hand,
    header: Value,
    claims: Value,
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

    async fn signed_in(&self, sub: &str, sid: &str) -> Browser<'_> {
        let left = self.http.get(format!("{}/sign-in", self.app.base_url)).send().await.unwrap();
        let to = Url::parse(left.headers()[LOCATION].to_str().unwrap()).unwrap();
        let sent = |wanted: &str| to.query_pairs().find(|(name, _)| name == wanted).unwrap().1.into_owned();
        let code = Provider::code(Session::of(sub, sid), &sent("nonce"));
        let query = [("state", sent("state")), ("code", code), ("iss", self.provider.issuer.clone())];
        let callback = self.http.get(format!("{}/callback", self.app.base_url)).query(&query);
        let back = callback.header(COOKIE, cookie(&left)).send().await.unwrap();
        let browser = Browser { town: self, cookie: cookie(&back) };
        assert!(browser.is_signed_in_as(sub).await);
        browser
    }

    fn draft(&self, claims: Value) -> Draft {
        let mut header = good_header();
        header["typ"] = "logout+jwt".into();
        let mut all = json!({
            "iss": self.provider.issuer,
            "aud": CLIENT,
            "iat": seconds_from_now(0),
            "exp": seconds_from_now(120),
            "jti": format!("{:032x}", rand::random::<u128>()),
            "events": {LOGOUT: {}},
        });
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        Draft { hand: Hand::Provider, header, claims: all }
    }

    async fn hears(&self, draft: &Draft) -> Response {
        self.hears_form(&[("logout_token", &draft.token())]).await
    }

    async fn hears_form(&self, form: &[(&str, &str)]) -> Response {
        let url = format!("{}/backchannel-logout", self.app.base_url);
        let answer = self.http.post(url).form(form).send().await.unwrap();
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
        answer
    }
}

impl Draft {
    fn token(&self) -> String {
        jwt(self.hand, &self.header, &self.claims)
    }
}

impl Browser<'_> {
    async fn home(&self) -> String {
        let request = self.town.http.get(&self.town.app.base_url).header(COOKIE, &self.cookie);
        request.send().await.unwrap().text().await.unwrap()
    }

    async fn is_signed_in_as(&self, sub: &str) -> bool {
        self.home().await.contains(&format!(r#"<span id="name">{sub}</span>"#))
    }

    async fn refreshes(&self) {
        let request = self.town.http.post(format!("{}/refresh", self.town.app.base_url));
        let answer = request.header(COOKIE, &self.cookie).send().await.unwrap();
        assert_eq!(answer.status(), 303);
    }
}

fn cookie(answer: &Response) -> String {
    answer.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned()
}

async fn refused(answer: Response, why: &str) {
    assert_eq!(answer.status(), 400, "{why}");
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"], "invalid_request");
    let description = body["error_description"].as_str().unwrap();
    assert!(description.contains(why), "{description}");
}

#[tokio::test]
async fn the_sessions_that_came_of_one_session_at_the_provider_end_and_their_browsers_are_told_once() {
    let town = Town::open().await;
    let [desk, second_window] = [town.signed_in("alice", "s1").await, town.signed_in("alice", "s1").await];
    let [phone, bob] = [town.signed_in("alice", "s2").await, town.signed_in("bob", "s3").await];
    let answer = town.hears(&town.draft(json!({"sid": "s1", "sub": "alice"}))).await;
    assert_eq!(answer.status(), 200);
    for browser in [&desk, &second_window] {
        let home = browser.home().await;
        assert!(home.contains(TOLD) && home.contains("You are not signed in"), "{home}");
        assert!(!browser.home().await.contains(TOLD), "told once");
    }
    assert!(phone.is_signed_in_as("alice").await, "another session of hers");
    assert!(bob.is_signed_in_as("bob").await);
}

#[tokio::test]
async fn a_token_that_names_a_person_alone_ends_all_of_hers() {
    let town = Town::open().await;
    let [desk, phone] = [town.signed_in("alice", "s1").await, town.signed_in("alice", "s2").await];
    let bob = town.signed_in("bob", "s3").await;
    assert_eq!(town.hears(&town.draft(json!({"sub": "alice"}))).await.status(), 200);
    assert!(desk.home().await.contains(TOLD) && phone.home().await.contains(TOLD));
    assert!(bob.is_signed_in_as("bob").await);
}

#[tokio::test]
async fn somebody_who_signs_in_again_at_once_is_told_of_nothing() {
    let town = Town::open().await;
    let alice = town.signed_in("alice", "s1").await;
    town.hears(&town.draft(json!({"sid": "s1"}))).await;
    let left = town.http.get(format!("{}/sign-in", town.app.base_url)).header(COOKIE, &alice.cookie);
    let left = left.send().await.unwrap();
    assert_eq!(left.status(), 303);
    let again = Browser { town: &town, cookie: cookie(&left) };
    assert!(again.home().await.contains(TOLD), "still to be told, under the new cookie");
    assert!(!alice.home().await.contains(TOLD), "the old cookie leads nowhere");
}

#[rstest]
#[case::without_a_type(|draft: &mut Draft| { draft.header.as_object_mut().unwrap().remove("typ"); })]
#[case::with_its_type_in_capitals(|draft: &mut Draft| draft.header["typ"] = "Logout+JWT".into())]
#[case::with_the_whole_media_type(|draft: &mut Draft| draft.header["typ"] = "application/logout+jwt".into())]
#[case::without_a_key_id(|draft: &mut Draft| { draft.header.as_object_mut().unwrap().remove("kid"); })]
#[case::for_several_apps(|draft: &mut Draft| draft.claims["aud"] = json!(["another", CLIENT]))]
#[case::with_something_in_the_event(|draft: &mut Draft| draft.claims["events"][LOGOUT] = json!({"why": "idle"}))]
#[case::of_a_clock_that_is_ahead(|draft: &mut Draft| draft.claims["iat"] = seconds_from_now(30).into())]
#[case::some_minutes_on_its_way(|draft: &mut Draft| draft.claims["iat"] = seconds_from_now(-240).into())]
#[tokio::test]
async fn a_good_token_is_believed_in_each_of_its_shapes(#[case] shape: fn(&mut Draft)) {
    let town = Town::open().await;
    let alice = town.signed_in("alice", "s1").await;
    let mut draft = town.draft(json!({"sid": "s1"}));
    shape(&mut draft);
    let answer = town.hears(&draft).await;
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    assert!(alice.home().await.contains(TOLD));
}

fn without(draft: &mut Draft, claim: &str) {
    draft.claims.as_object_mut().unwrap().remove(claim);
}

fn unannounced(draft: &mut Draft) {
    draft.hand = Hand::Unannounced;
    draft.header["alg"] = "EdDSA".into();
    draft.header["kid"] = "edwards".into();
}

fn unsigned(draft: &mut Draft) {
    draft.hand = Hand::Nobody;
    draft.header["alg"] = "none".into();
}

/// §2.6, one row for each way to say no. Everything else about the token is good, as its twin at the end shows.
#[rstest]
#[case::an_id_token(|draft: &mut Draft| draft.header["typ"] = "JWT".into(), "another type")]
#[case::an_access_token(|draft: &mut Draft| draft.header["typ"] = "at+jwt".into(), "another type")]
#[case::unsigned(unsigned, "an algorithm that the provider does not announce")]
#[case::unannounced(unannounced, "an algorithm that the provider does not announce")]
#[case::critical(|draft: &mut Draft| draft.header["crit"] = json!(["b64"]), "critical")]
#[case::a_stranger(|draft: &mut Draft| draft.hand = Hand::Stranger, "did not sign")]
#[case::no_signature(|draft: &mut Draft| draft.hand = Hand::Nobody, "did not sign")]
#[case::an_unknown_key(|draft: &mut Draft| draft.header["kid"] = "other".into(), "did not sign")]
#[case::another_key(|draft: &mut Draft| draft.header["kid"] = "edwards".into(), "did not sign")]
#[case::another_issuer(|draft: &mut Draft| draft.claims["iss"] = "https://evil.example".into(), "another issuer")]
#[case::no_issuer(|draft: &mut Draft| without(draft, "iss"), "another issuer")]
#[case::another_app(|draft: &mut Draft| draft.claims["aud"] = "another".into(), "another client")]
#[case::other_apps(|draft: &mut Draft| draft.claims["aud"] = json!(["another", "third"]), "another client")]
#[case::no_app(|draft: &mut Draft| without(draft, "aud"), "another client")]
#[case::old(|draft: &mut Draft| draft.claims["iat"] = seconds_from_now(-600).into(), "last minutes")]
#[case::of_the_future(|draft: &mut Draft| draft.claims["iat"] = seconds_from_now(600).into(), "last minutes")]
#[case::never_issued(|draft: &mut Draft| without(draft, "iat"), "last minutes")]
#[case::expired(|draft: &mut Draft| draft.claims["exp"] = seconds_from_now(-90).into(), "expired")]
#[case::without_end(|draft: &mut Draft| without(draft, "exp"), "expired")]
#[case::no_events(|draft: &mut Draft| without(draft, "events"), "no logout")]
#[case::another_event(|draft: &mut Draft| draft.claims["events"] = json!({"urn:other": {}}), "no logout")]
#[case::an_event_that_is_no_object(|draft: &mut Draft| draft.claims["events"][LOGOUT] = "yes".into(), "no logout")]
#[case::a_nonce(|draft: &mut Draft| draft.claims["nonce"] = "n".into(), "nonce")]
#[case::a_nonce_that_is_null(|draft: &mut Draft| draft.claims["nonce"] = Value::Null, "nonce")]
#[case::nobody(|draft: &mut Draft| { without(draft, "sid"); without(draft, "sub"); }, "neither a session nor a person")]
#[case::a_sid_that_is_no_text(|draft: &mut Draft| draft.claims["sid"] = 1.into(), "neither a session nor a person")]
#[case::no_jti(|draft: &mut Draft| without(draft, "jti"), "no jti")]
#[tokio::test]
async fn a_token_that_is_not_to_be_believed_ends_nothing(#[case] spoil: fn(&mut Draft), #[case] why: &str) {
    let town = Town::open().await;
    let alice = town.signed_in("alice", "s1").await;
    let mut draft = town.draft(json!({"sid": "s1", "sub": "alice"}));
    let twin = Draft { hand: draft.hand, header: draft.header.clone(), claims: draft.claims.clone() };
    spoil(&mut draft);
    refused(town.hears(&draft).await, why).await;
    assert!(alice.is_signed_in_as("alice").await);
    assert_eq!(town.hears(&twin).await.status(), 200, "the same jti: what is not believed uses up nothing");
    assert!(!alice.is_signed_in_as("alice").await);
}

#[rstest]
#[case::nothing("", "no signed JWT")]
#[case::two_parts("e30.e30", "no signed JWT")]
#[case::no_base64("?.?.?", "no signed JWT")]
#[case::an_unknown_algorithm("eyJhbGciOiJYWDk5OSJ9.e30.e30", "no signed JWT")]
#[tokio::test]
async fn what_is_no_token_at_all_is_refused(#[case] token: &str, #[case] why: &str) {
    let town = Town::open().await;
    refused(town.hears_form(&[("logout_token", token)]).await, why).await;
}

#[tokio::test]
async fn a_form_without_a_token_or_no_form_at_all_is_refused_in_the_same_words() {
    let town = Town::open().await;
    refused(town.hears_form(&[("token", "e30.e30.e30")]).await, "no logout_token").await;
    let url = format!("{}/backchannel-logout", town.app.base_url);
    refused(town.http.post(url).body("{}").send().await.unwrap(), "no logout_token").await;
}

#[tokio::test]
async fn a_token_counts_once() {
    let town = Town::open().await;
    town.signed_in("alice", "s1").await;
    let draft = town.draft(json!({"sid": "s1"}));
    assert_eq!(town.hears(&draft).await.status(), 200);
    let alice = town.signed_in("alice", "s1").await;
    refused(town.hears(&draft).await, "used before").await;
    assert!(alice.is_signed_in_as("alice").await);
    assert_eq!(town.hears(&town.draft(json!({"sid": "s1"}))).await.status(), 200);
    assert!(!alice.is_signed_in_as("alice").await);
}

#[tokio::test]
async fn a_refreshed_session_is_found_by_the_session_that_it_began_with() {
    let town = Town::open().await;
    let alice = town.signed_in("alice", "s1").await;
    alice.refreshes().await;
    assert!(!alice.home().await.contains(r#"data-claim="sid""#), "the new ID token names none");
    town.hears(&town.draft(json!({"sid": "s1"}))).await;
    assert!(alice.home().await.contains(TOLD));
}

#[tokio::test]
async fn who_is_signed_out_during_a_refresh_stays_signed_out() {
    let town = Town::open().await;
    let alice = town.signed_in("alice", "s1").await;
    let mut asked = town.provider.user_infos();
    let held = town.provider.hold_user_infos().await;
    tokio::join!(alice.refreshes(), async {
        asked.changed().await.unwrap();
        assert_eq!(town.hears(&town.draft(json!({"sid": "s1"}))).await.status(), 200);
        drop(held);
    });
    assert!(alice.home().await.contains(TOLD));
}

#[tokio::test]
async fn without_the_providers_keys_nothing_is_believed() {
    let town = Town::open().await;
    let draft = town.draft(json!({"sid": "s1"}));
    let Town { provider, app, http } = town;
    provider.stop().await;
    let url = format!("{}/backchannel-logout", app.base_url);
    let answer = http.post(url).form(&[("logout_token", draft.token())]).send().await.unwrap();
    refused(answer, "keys are not to be had").await;
}

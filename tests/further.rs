//! Between a right password and the session: a second factor, and a password that has to be changed. The old system is a small one of
//! this file's, with its answers as real ones give them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::support::app::Tokens;
use crate::support::browser::{Browser, Shown};
use crate::support::house::{CONFIG, House};

mod realms;

const WEB: &str = "https://web.example/callback";

/// A login that answers a right password with a challenge, by a session that has to come back.
const BY_SESSION: &str = r#"
[legacy]
base_url = "{old}"
forward_address = "X-Forwarded-For"
[legacy.login]
url = "{base_url}/login"
json = { name = "{/typed/user_name}", secret = "{/typed/password}" }
access_token = "/token"
[legacy.challenge]
url = "{base_url}/code"
json = { session = "{/challenge/session}", code = "{/typed/code}" }
keep = { session = "/session" }
[legacy.change_password]
url = "{base_url}/password"
json = { name = "{/typed/user_name}", old = "{/typed/password}", new = "{/typed/new_password}" }
[[legacy.error]]
at = "/challenge"
equals = "CODE"
outcome = "second_factor_required"
[[legacy.error]]
at = "/error"
equals = "code"
outcome = "second_factor_wrong"
[[legacy.error]]
at = "/error"
equals = "stale"
outcome = "must_change_password"
link = "{base_url}/help/{/name}"
[[legacy.error]]
at = "/error"
equals = "wrong"
outcome = "wrong_credentials"
[[legacy.error]]
at = "/error"
equals = "locked"
after = "/seconds"
outcome = "locked"
[[legacy.profile]]
name = "me"
url = "{base_url}/me"
[legacy.identity]
legacy_id = "/me/id"
user_name = "/me/name"
"#;

#[derive(Clone, Default)]
struct Old(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    passwords: BTreeMap<String, String>,
    stale: Vec<String>,
    /// How long a code or a new password takes.
    slow: Duration,
    asked: Vec<(String, Value, Option<String>)>,
}

impl Old {
    async fn open() -> (Self, String) {
        let old = Self::default();
        for (name, password) in [("alice", "wonderland"), ("bob", "fixer"), ("carol", "singer")] {
            old.0.lock().unwrap().passwords.insert(name.to_owned(), password.to_owned());
        }
        old.0.lock().unwrap().stale.push("carol".to_owned());
        let routes = Router::new()
            .route("/login", post(login))
            .route("/code", post(code))
            .route("/password", post(password))
            .route("/me", get(me))
            .with_state(old.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        (old, base)
    }

    fn notes(&self, path: &str, headers: &HeaderMap, body: &Value) {
        let address = headers.get("x-forwarded-for").map(|value| value.to_str().unwrap().to_owned());
        self.0.lock().unwrap().asked.push((path.to_owned(), body.clone(), address));
    }

    fn asked(&self, path: &str) -> Vec<Value> {
        let state = self.0.lock().unwrap();
        state.asked.iter().filter(|(asked, ..)| asked == path).map(|(_, body, _)| body.clone()).collect()
    }
}

type Answer = (StatusCode, Json<Value>);

fn says(status: StatusCode, body: Value) -> Answer {
    (status, Json(body))
}

async fn login(State(old): State<Old>, headers: HeaderMap, Json(body): Json<Value>) -> Answer {
    old.notes("/login", &headers, &body);
    let name = body["name"].as_str().unwrap().to_owned();
    let state = old.0.lock().unwrap();
    if state.passwords.get(&name).map(String::as_str) != body["secret"].as_str() {
        return says(StatusCode::UNAUTHORIZED, json!({ "error": "wrong" }));
    }
    if state.stale.contains(&name) {
        return says(StatusCode::FORBIDDEN, json!({ "error": "stale", "name": name }));
    }
    match name.as_str() {
        "alice" => says(StatusCode::OK, json!({ "challenge": "CODE", "session": "S3SSION-of-alice" })),
        _ => says(StatusCode::OK, json!({ "token": format!("T0KEN-{name}") })),
    }
}

async fn code(State(old): State<Old>, headers: HeaderMap, Json(body): Json<Value>) -> Answer {
    old.notes("/code", &headers, &body);
    let slow = old.0.lock().unwrap().slow;
    tokio::time::sleep(slow).await;
    match (body["session"].as_str(), body["code"].as_str()) {
        (Some("S3SSION-of-alice"), Some("123456")) => says(StatusCode::OK, json!({ "token": "T0KEN-alice" })),
        (Some("S3SSION-of-alice"), Some("999999")) => {
            says(StatusCode::FORBIDDEN, json!({ "error": "locked", "seconds": 600 }))
        }
        (Some("S3SSION-of-alice"), _) => says(StatusCode::BAD_REQUEST, json!({ "error": "code" })),
        _ => says(StatusCode::BAD_REQUEST, json!({ "error": "no such session" })),
    }
}

async fn password(State(old): State<Old>, headers: HeaderMap, Json(body): Json<Value>) -> Answer {
    old.notes("/password", &headers, &body);
    let slow = old.0.lock().unwrap().slow;
    tokio::time::sleep(slow).await;
    let name = body["name"].as_str().unwrap().to_owned();
    let mut state = old.0.lock().unwrap();
    if state.passwords.get(&name).map(String::as_str) != body["old"].as_str() {
        return says(StatusCode::UNAUTHORIZED, json!({ "error": "wrong" }));
    }
    state.passwords.insert(name.clone(), body["new"].as_str().unwrap().to_owned());
    state.stale.retain(|stale| *stale != name);
    says(StatusCode::OK, json!({}))
}

async fn me(headers: HeaderMap) -> Answer {
    let token = headers["authorization"].to_str().unwrap().strip_prefix("Bearer T0KEN-").unwrap();
    says(StatusCode::OK, json!({ "id": format!("id-of-{token}"), "name": token }))
}

/// The same for a system that wants the password together with the code.
fn with_password() -> String {
    BY_SESSION.replace(
        "json = { session = \"{/challenge/session}\", code = \"{/typed/code}\" }",
        "json = { session = \"{/challenge/session}\", code = \"{/typed/code}\", secret = \"{/typed/password}\" }",
    )
}

async fn house() -> (House, Old) {
    house_of(BY_SESSION).await
}

async fn house_of(legacy: &str) -> (House, Old) {
    let (old, base) = Old::open().await;
    let before = CONFIG.split("[legacy]").next().unwrap();
    let after = &CONFIG[CONFIG.find("[[api]]").unwrap()..];
    (House::of(&format!("{before}{}{after}", legacy.replace("{old}", &base))).await, old)
}

async fn signs_in(house: &House, browser: &mut Browser, name: &str, password: &str) -> Shown {
    let page = browser.get(&house.web().request(&[("scope", "openid")])).await;
    browser.sign_in(&page, name, password).await
}

async fn sends_code(browser: &mut Browser, page: &Shown, code: &str) -> Shown {
    assert!(page.is_page("second-factor-page"), "{page:?}");
    browser.post("/sign-in/code", &[("request", &page.sealed()), ("code", code)]).await
}

#[tokio::test]
async fn whoever_has_a_second_factor_is_in_when_both_are_right_and_the_token_says_so() {
    let (house, old) = house().await;
    let mut alice = house.browser();
    let page = signs_in(&house, &mut alice, "alice", "wonderland").await;
    let sent = sends_code(&mut alice, &page, " 123456 ").await.sent_to(WEB);
    let tokens = Tokens::of(house.web().redeem(&sent["code"]).await);
    assert_eq!(tokens.id_claims()["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(old.asked("/login").len(), 1);
    let sent = json!({ "session": "S3SSION-of-alice", "code": "123456" });
    assert_eq!(old.asked("/code"), [sent]);
    let addresses =
        old.0.lock().unwrap().asked.iter().map(|(.., address)| address.clone()).collect::<Vec<_>>();
    assert!(addresses.iter().all(Option::is_some), "{addresses:?}");
}

#[tokio::test]
async fn a_wrong_code_is_told_and_the_next_may_be_right() {
    let (house, _) = house().await;
    let mut alice = house.browser();
    let page = signs_in(&house, &mut alice, "alice", "wonderland").await;
    let page = sends_code(&mut alice, &page, "000000").await;
    assert!(page.body.contains("This code is not right"), "{}", page.body);
    sends_code(&mut alice, &page, "123456").await.sent_to(WEB);
}

#[tokio::test]
async fn codes_are_not_guessed_for_ever() {
    let (house, old) = house().await;
    let mut mallory = house.browser();
    let mut page = signs_in(&house, &mut mallory, "alice", "wonderland").await;
    for code in 0..20 {
        page = mallory
            .post("/sign-in/code", &[("request", &page.sealed()), ("code", &format!("{code:06}"))])
            .await;
        if !page.is_page("second-factor-page") {
            break;
        }
    }
    assert!(page.body.contains("Too many tries"), "{}", page.body);
    assert!(old.asked("/code").len() < 6, "{}", old.asked("/code").len());
}

#[tokio::test]
async fn what_the_system_wants_back_is_seen_by_nobody_and_good_in_no_other_browser() {
    let (house, old) = house().await;
    let mut alice = house.browser();
    let page = signs_in(&house, &mut alice, "alice", "wonderland").await;
    assert!(!page.body.contains("S3SSION") && !page.body.contains("wonderland"));
    let mut mallory = house.browser();
    mallory.get("/account").await;
    let stolen = mallory.post("/sign-in/code", &[("request", &page.sealed()), ("code", "123456")]).await;
    assert!(stolen.status.is_client_error(), "{stolen:?}");
    assert_eq!(old.asked("/code").len(), 0);
}

#[tokio::test]
async fn a_code_for_a_sign_in_that_misses_none_is_refused() {
    let (house, old) = house().await;
    let mut bob = house.browser();
    let page = bob.get(&house.web().request(&[("scope", "openid")])).await;
    let fields = [("request", page.sealed()), ("code", "123456".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for path in ["/sign-in/code", "/sign-in/new-password"] {
        assert_eq!(bob.post(path, &fields).await.status, 400, "{path}");
    }
    assert_eq!(old.asked("/code").len() + old.asked("/password").len(), 0);
}

#[tokio::test]
async fn what_an_answer_to_a_code_says_of_the_account_is_told_with_its_time() {
    let (house, _) = house().await;
    let mut alice = house.browser();
    let page = signs_in(&house, &mut alice, "alice", "wonderland").await;
    let page = sends_code(&mut alice, &page, "999999").await;
    assert!(page.is_page("login-page") && page.body.contains("This account is locked"), "{}", page.body);
    assert!(page.body.contains("10 minutes"), "{}", page.body);
}

#[tokio::test]
async fn a_system_that_takes_code_and_password_together_is_sent_both_and_the_password_is_typed_again() {
    let (house, old) = house_of(&with_password()).await;
    let mut alice = house.browser();
    let page = signs_in(&house, &mut alice, "alice", "wonderland").await;
    assert!(page.body.contains(r#"name="password""#), "{}", page.body);
    let fields = [("request", &*page.sealed()), ("code", "123456"), ("password", "wonderland")];
    alice.post("/sign-in/code", &fields).await.sent_to(WEB);
    assert_eq!(old.asked("/code")[0]["secret"], "wonderland");
}

async fn change(browser: &mut Browser, page: &Shown, now: &str, new: &str, again: &str) -> Shown {
    let fields = [
        ("request", &*page.sealed()),
        ("password", now),
        ("new_password", new),
        ("new_password_again", again),
    ];
    browser.post("/sign-in/new-password", &fields).await
}

#[tokio::test]
async fn a_password_that_must_be_changed_is_changed_here_and_lets_in() {
    let (house, old) = house().await;
    let mut carol = house.browser();
    let page = signs_in(&house, &mut carol, "carol", "singer").await;
    assert!(page.is_page("new-password-page"), "{page:?}");
    assert!(page.body.contains("/help/carol"), "{}", page.body);
    let page = change(&mut carol, &page, "singer", "alto & 1", "alto & 2").await;
    assert!(page.body.contains("not the same") && old.asked("/password").is_empty(), "{}", page.body);
    let page = change(&mut carol, &page, "sinner", "alto & 1", "alto & 1").await;
    assert!(
        page.is_page("new-password-page") && page.body.contains("Wrong username or password"),
        "{}",
        page.body
    );
    change(&mut carol, &page, "singer", "alto & 1", "alto & 1").await.sent_to(WEB);
    assert_eq!(old.asked("/login")[1]["secret"], "alto & 1");
}

/// The old password is wrong by the time at which the second click would bring it.
#[tokio::test]
async fn a_double_click_changes_a_password_once_and_both_requests_are_let_in() {
    let (house, old) = house().await;
    let mut carol = house.browser();
    let page = signs_in(&house, &mut carol, "carol", "singer").await;
    old.0.lock().unwrap().slow = Duration::from_secs(1);
    let mut second = carol.clone();
    let (first_shown, second_shown) = tokio::join!(
        change(&mut carol, &page, "singer", "alto", "alto"),
        change(&mut second, &page, "singer", "alto", "alto")
    );
    assert_eq!((old.asked("/password").len(), old.asked("/login").len()), (1, 2));
    assert_eq!(first_shown.sent_to(WEB), second_shown.sent_to(WEB));
    assert_eq!(carol.cookies, second.cookies);
}

#[tokio::test]
async fn whoever_guesses_the_old_password_and_hangs_up_is_counted() {
    let (house, old) = house().await;
    let mut mallory = house.browser();
    let page = signs_in(&house, &mut mallory, "carol", "singer").await;
    old.0.lock().unwrap().slow = Duration::from_secs(1);
    let mut held = false;
    for guess in 0..20 {
        let (mut hasty, guess, before) =
            (mallory.clone(), format!("guess {guess}"), old.asked("/password").len());
        let mut submit = Box::pin(change(&mut hasty, &page, &guess, "alto", "alto"));
        while old.asked("/password").len() == before {
            if let Ok(shown) = tokio::time::timeout(Duration::from_millis(5), &mut submit).await {
                held = shown.body.contains("Too many tries");
                break;
            }
        }
        if held {
            break;
        }
    }
    assert!(held && old.asked("/password").len() < 6, "{}", old.asked("/password").len());
}

/// What is sent to the old system tells two tries apart, the password with a code too.
#[tokio::test]
async fn a_code_that_is_sent_again_with_another_password_is_another_try() {
    let (house, old) = house_of(&with_password()).await;
    let mut alice = house.browser();
    let page = signs_in(&house, &mut alice, "alice", "wonderland").await;
    old.0.lock().unwrap().slow = Duration::from_secs(1);
    let sends = async |mut browser: Browser, password: &str| {
        let fields = [("request", &*page.sealed()), ("code", "123456"), ("password", password)];
        browser.post("/sign-in/code", &fields).await
    };
    tokio::join!(sends(alice.clone(), "wonderlamd"), sends(alice.clone(), "wonderland"));
    let mut sent: Vec<_> = old.asked("/code").iter().map(|body| body["secret"].to_string()).collect();
    sent.sort();
    assert_eq!(sent, ["\"wonderlamd\"", "\"wonderland\""]);
}

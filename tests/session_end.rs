//! What ends with a session and who hears of it by other ways than the back channel: frames, refresh tokens by setting of the client, the
//! old system's own API, and the state that an app in a browser watches.

use std::time::Duration;

use axum::http::Method;
use passerelle::store::accounts;
use passerelle::store::db::{Arg, Db, Sql};
use tokio::sync::oneshot;

use crate::support::app::{App, error};
use crate::support::browser::{Browser, form};
use crate::support::house::{CONFIG, House};
use crate::support::postgres::{new_database, somebody_waits};

const FRAMED: &str = "frontchannel_logout_uri = \"https://web.example/out?kept=1\"\n";

/// `CONFIG` with `more` in the table of the web app.
fn with_web(more: &str) -> String {
    CONFIG.replacen("redirect_uris = [\"https://web", &format!("{more}redirect_uris = [\"https://web"), 1)
}

async fn signs_out(browser: &mut Browser) -> crate::support::browser::Shown {
    let page = browser.get("/sign-out").await;
    browser.sign_out(&page, "logout").await
}

#[tokio::test]
async fn an_app_that_wants_a_frame_has_one_with_issuer_and_session() {
    let house = House::of(&with_web(FRAMED)).await;
    let mut browser = house.browser();
    let sid = house.web().tokens(&mut browser, &[]).await.id_claims()["sid"].as_str().unwrap().to_owned();
    house.spa().code(&mut browser, &[]).await;
    let shown = signs_out(&mut browser).await;
    let frame = format!(
        "<iframe class=\"unseen\" src=\"https://web.example/out?kept=1&#38;iss=http%3A%2F%2Flocalhost%3A8080&#38;sid={sid}\""
    );
    assert!(shown.body.contains(&frame), "{}", shown.body);
    assert_eq!(shown.body.matches("<iframe").count(), 1, "nobody else wants one");
    let policy = shown.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-src https://web.example;"), "{policy}");
    assert!(!shown.body.contains("http-equiv"), "nobody asked to go anywhere");
}

#[tokio::test]
async fn a_frame_without_a_session_holds_neither_and_the_browser_goes_on_by_itself() {
    let more = format!("{FRAMED}frontchannel_logout_session_required = false\n");
    let house = House::of(&with_web(&more)).await;
    let mut browser = house.browser();
    let tokens = house.web().tokens(&mut browser, &[]).await;
    let bye = "https://web.example/bye";
    let request =
        format!("/end-session?id_token_hint={}&post_logout_redirect_uri={bye}&state=s", tokens.id());
    let shown = browser.get(&request).await;
    assert!(shown.body.contains("src=\"https://web.example/out?kept=1\""), "{}", shown.body);
    assert!(shown.body.contains("content=\"3;url=https://web.example/bye?state=s\""), "{}", shown.body);
    assert!(shown.body.contains("id=\"onward\" href=\"https://web.example/bye?state=s\""));
}

#[tokio::test]
async fn refresh_tokens_end_with_the_session_or_live_on_as_the_client_is_set() {
    let cases = [
        ("", "openid", "invalid_grant"),
        ("", "openid offline_access", ""),
        ("refresh_tokens = \"session\"\n", "openid offline_access", "invalid_grant"),
        ("refresh_tokens = \"standalone\"\n", "openid", ""),
    ];
    for (setting, scope, refused) in cases {
        let house = House::of(&with_web(setting)).await;
        let mut browser = house.browser();
        let tokens = house.web().tokens(&mut browser, &[("scope", scope)]).await;
        signs_out(&mut browser).await;
        let answer = house.web().refresh(tokens.refresh()).await;
        assert_eq!(error(&answer).1, refused, "{setting} {scope}");
        let known = house.web().call("/introspect", &[("token", tokens.access())]).await.json();
        assert_eq!(known["active"], refused.is_empty(), "{setting} {scope}");
    }
}

#[tokio::test]
async fn the_old_systems_api_hears_of_the_last_session_only() {
    let house = House::of(
        &CONFIG.replace("[legacy.help]", "sign_out = { url = \"{base_url}/api/signout\" }\n[legacy.help]"),
    )
    .await;
    let (mut first, mut second) = (house.browser(), house.browser());
    house.web().code(&mut first, &[]).await;
    house.web().code(&mut second, &[]).await;
    signs_out(&mut first).await;
    let told = || house.old_system().journal.calls_to("/api/signout");
    assert!(told().is_empty(), "she is still signed in elsewhere");
    signs_out(&mut second).await;
    let told = told();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].method.as_str(), told[0].status), ("POST", Some(204)));
    assert_eq!(told[0].authorization.as_deref(), Some("Bearer"));
}

/// `session_state` of a code answer.
async fn state(app: &App, browser: &mut Browser) -> String {
    let shown = browser.get(&app.request(&[])).await;
    shown.sent_to(app.redirect)["session_state"].clone()
}

#[tokio::test]
async fn the_state_of_a_session_is_in_every_answer_and_in_a_cookie_for_the_frame() {
    let house = House::open().await;
    let mut browser = house.browser();
    house.web().code(&mut browser, &[]).await;
    let cookie = browser.cookies["passerelle_state"].clone();
    let (one, two) = (state(&house.web(), &mut browser).await, state(&house.web(), &mut browser).await);
    assert_ne!(one, two, "salted");
    for answered in [one, two] {
        let (hash, salt) = answered.split_once('.').unwrap();
        // Session Management §3.2, made here once more by hand.
        let text = format!("web https://web.example {cookie} {salt}");
        assert_eq!(hash, passerelle::secret::Digest::of(&text).to_text());
    }
    let no_openid = browser.get(&house.web().request(&[("scope", "events.read")])).await;
    assert!(!no_openid.sent_to(house.web().redirect).contains_key("session_state"));
    signs_out(&mut browser).await;
    assert!(!browser.cookies.contains_key("passerelle_state"), "the frame notices");
}

#[tokio::test]
async fn a_session_that_ends_elsewhere_or_in_time_takes_the_state_of_its_browser_along() {
    let house = House::open().await;
    let (mut here, mut there) = (house.browser(), house.browser());
    house.web().code(&mut here, &[]).await;
    house.web().code(&mut there, &[]).await;
    for browser in [&mut here, &mut there] {
        browser.get("/check-session").await;
        assert!(browser.cookies.contains_key("passerelle_state"), "it lives");
    }
    let page = there.get("/account").await;
    let fields = [("request", page.sealed()), ("end_others", "yes".to_owned())];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    there.send(Method::POST, "/account", Some(form(&fields))).await;
    let shown = here.send(Method::HEAD, "/check-session", None).await;
    assert_eq!((shown.status.as_u16(), shown.header("cache-control").as_deref()), (200, Some("no-store")));
    assert!(!here.cookies.contains_key("passerelle_state"), "the frame notices");

    // Looking is no use of it: the session that lives runs out all the same.
    for _ in 0..9 {
        house.forward(Duration::from_hours(1));
        there.send(Method::HEAD, "/check-session", None).await;
    }
    assert!(!there.cookies.contains_key("passerelle_state"));
}

#[tokio::test]
async fn the_page_for_frames_runs_its_one_script_and_only_apps_may_frame_it() {
    let house = House::open().await;
    let shown = house.browser().get("/check-session").await;
    assert_eq!(shown.status, 200);
    let policy = shown.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert!(policy.contains("; connect-src 'self';"), "{policy}");
    assert!(policy.contains("https://web.example") && policy.contains("https://spa.example"), "{policy}");
    assert_eq!(shown.header("x-frame-options"), None);
    assert!(shown.body.contains("passerelle_state="), "{}", shown.body);
}

#[tokio::test]
async fn a_session_keeps_its_name_through_a_new_proof_and_a_refresh() {
    let house = House::open().await;
    let mut browser = house.browser();
    let first = house.web().tokens(&mut browser, &[]).await;
    house.forward(Duration::from_secs(600));
    let again = house.web().tokens(&mut browser, &[("prompt", "login")]).await;
    assert_eq!(again.id_claims()["sid"], first.id_claims()["sid"]);
    let refreshed = crate::support::app::Tokens::of(house.web().refresh(first.refresh()).await);
    assert_eq!(refreshed.id_claims()["sid"], first.id_claims()["sid"]);
}

/// On PostgreSQL two writes run side by side; SQLite has one writer.
#[tokio::test(flavor = "multi_thread")]
async fn who_replaces_somebody_waits_for_both_accounts_in_the_order_of_their_ids() {
    const HOLD: Sql = Sql::new("hold", "UPDATE accounts SET asked_at = asked_at WHERE id = $1");
    let url = new_database();
    let house = House::of(&CONFIG.replace("sqlite::memory:", &url)).await;
    let db = Db::open(&url, 4).await.unwrap();
    let mut people = Vec::new();
    for (name, password) in [("alice", "wonderland"), ("bob", "builder")] {
        let mut browser = house.browser();
        let page = browser.get(&house.web().request(&[])).await;
        browser.sign_in(&page, name, password).await;
        let account = accounts::list_by_user_name(&db, name).await.unwrap().remove(0);
        people.push((account.id, browser, name, password));
    }
    people.sort_by(|one, other| one.0.cmp(&other.0));
    let (second, _, name, password) = people.pop().unwrap();
    let (first, mut browser, ..) = people.pop().unwrap();
    let page = browser.get(&house.web().request(&[("prompt", "login")])).await;

    let (held, is_held) = oneshot::channel();
    let (go, may_go) = oneshot::channel::<()>();
    let other_way_round = db.write(move |tx| {
        Box::pin(async move {
            tx.execute(&HOLD, vec![Arg::from(&first)]).await?;
            held.send(()).unwrap();
            may_go.await.ok();
            tx.execute(&HOLD, vec![Arg::from(&second)]).await
        })
    });
    let replaces = async {
        is_held.await.unwrap();
        let waits = async {
            somebody_waits(&db).await;
            go.send(()).unwrap();
        };
        tokio::join!(browser.sign_in(&page, name, password), waits).0
    };
    let (other, shown) = tokio::join!(other_way_round, replaces);
    other.unwrap();
    assert!(!shown.status.is_client_error() && !shown.status.is_server_error(), "{shown:?}");
    let replaced = Sql::new("replaced", "SELECT id FROM login_sessions WHERE end_reason = 'replaced'");
    assert_eq!(db.fetch_all(&replaced, Vec::new()).await.unwrap().len(), 1);
}

//! The binary as processes: what was answered survives a kill, and two of them on one database are one bridge.

use regex::Regex;

use crate::support::app::{Tokens, error};
use crate::support::members::{handed_by, house_config};
use crate::support::postgres::new_database;
use crate::support::process::Site;

const WEB: &str = "https://web.example/callback";

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_kill_9() {
    let site = Site::at("sqlite:passerelle.db").await;
    let process = site.starts().await;
    let mut browser = process.browser();
    let tokens = process.web().tokens(&mut browser, &[("scope", "openid offline_access ledger.read")]).await;
    process.spa().code(&mut browser, &[]).await;
    let unspent = process.web().code(&mut browser, &[]).await;
    let keys = browser.get("/jwks").await.body;
    let refreshed = Tokens::of(process.web().refresh(tokens.refresh()).await);
    process.is_killed();

    let process = site.starts().await;
    let mut again = process.browser();
    again.cookies = browser.cookies.clone();
    assert_eq!(again.get("/jwks").await.body, keys, "keys");
    assert!(again.get(&process.web().request(&[])).await.sent_to(WEB).contains_key("code"), "session");
    let consented = again.get(&process.spa().request(&[("prompt", "none")])).await;
    assert!(consented.sent_to("https://spa.example/callback").contains_key("code"), "consent");
    Tokens::of(process.web().redeem(&unspent).await);
    assert_eq!(process.web().userinfo(refreshed.access()).await.status, 200, "opaque token");
    assert_eq!(
        error(&process.web().refresh(tokens.refresh()).await).1,
        "invalid_grant",
        "what was used is known"
    );
    assert_eq!(site.legacy.system.journal.calls_to("/token").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_postgresql_are_one_bridge() {
    let site = Site::at(&new_database()).await;
    let (left, right) = (site.starts().await, site.starts().await);
    let mut browser = left.browser();
    let code = left.web().code(&mut browser, &[]).await;
    // The browser is signed in at the other as well.
    let mut there = right.browser();
    there.cookies = browser.cookies.clone();
    assert!(there.get(&right.web().request(&[])).await.sent_to(WEB).contains_key("code"));

    let tries = (0..50).map(|number| {
        let app = if number % 2 == 0 { left.web() } else { right.web() };
        let code = code.clone();
        tokio::spawn(async move { app.redeem(&code).await })
    });
    let answers = futures_util::future::join_all(tries).await.into_iter().map(Result::unwrap);
    let successes: Vec<_> = answers.filter(|answer| answer.status == 200).collect();
    assert_eq!(successes.len(), 1, "one code, one redemption");
    let tokens = Tokens::of(successes.into_iter().next().unwrap());
    // It was shown again: what came of it has ended, on both.
    for process in [&left, &right] {
        assert_eq!(process.web().userinfo(tokens.access()).await.status, 401);
    }
    let log = site.logs();
    assert!(!log.contains("wonderland") && !log.contains(tokens.refresh()), "secrets in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_tells_who_did_what_and_no_secret() {
    let site = Site::at("sqlite:passerelle.db").await;
    let process = site.starts().await;
    let mut browser = process.browser();
    let page = browser.get(&process.web().request(&[("state", "st4te-of-the-app")])).await;
    browser.sign_in(&page, "the-password-in-the-wrong-field", "pa55word-typed").await;
    let code = process.web().code(&mut browser, &[]).await;
    let tokens = Tokens::of(process.web().redeem(&code).await);
    process.web().refresh(tokens.refresh()).await;
    process.web().redeem(&code).await;
    let subject = tokens.id_claims()["sub"].as_str().unwrap().to_owned();
    let log = site.logs();
    for told in
        ["signed in", "issued a code", "refused a sign-in", "a code was shown a second time", &subject]
    {
        assert!(log.contains(told), "{told}\n{log}");
    }
    let sealed = page.sealed();
    let secrets = [
        "wonderland",
        "pa55word-typed",
        "the-password-in-the-wrong-field",
        code.as_str(),
        tokens.access(),
        tokens.refresh(),
        tokens.id(),
        browser.cookies["passerelle"].as_str(),
        browser.cookies["passerelle_browser"].as_str(),
        sealed.as_str(),
        "web-secret-0123456789",
        "st4te-of-the-app",
        crate::support::app::VERIFIER,
    ];
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_tells_under_the_reference_of_an_error_page_which_check_failed_and_both_values() {
    let site = Site::at("sqlite:passerelle.db").await;
    let process = site.starts().await;
    let evil = "https://evil.example/callback";
    let page = process.browser().get(&process.web().request(&[("redirect_uri", evil)])).await;
    let (_, after) = page.body.split_once("<code>").unwrap();
    let reference = after.split('<').next().unwrap();
    let logs = site.logs();
    let line = logs.lines().find(|line| line.contains(reference)).unwrap_or_else(|| panic!("{logs}"));
    let line = Regex::new("\u{1b}\\[[0-9;]*m").unwrap().replace_all(line, "");
    for told in ["client.id=web ", "redirect_uri_not_registered", evil, "https://web.example/callback"] {
        assert!(line.contains(told), "{told}: {line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_ends_the_sessions_of_a_person_while_the_bridge_runs() {
    let site = Site::at("sqlite:passerelle.db").await;
    let process = site.starts().await;
    let mut browser = process.browser();
    let tokens = process.web().tokens(&mut browser, &[("scope", "openid")]).await;
    let listed = operates(&site, "list");
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["id"], tokens.id_claims()["sid"]);
    assert_eq!(listed[0]["clients"], serde_json::json!(["web"]));
    assert_eq!(operates(&site, "end"), listed);
    assert_eq!(operates(&site, "list"), serde_json::json!([]));
    assert!(browser.get(&process.web().request(&[])).await.is_page("login-page"));
    assert_eq!(error(&process.web().refresh(tokens.refresh()).await).1, "invalid_grant");
}

/// What `passerelle sessions` answers about alice.
fn operates(site: &Site, what: &str) -> serde_json::Value {
    let mut file = std::fs::read_dir(site.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let file = file.find(|file| file.extension().is_some_and(|kind| kind == "toml")).unwrap();
    let answer = std::process::Command::new(env!("CARGO_BIN_EXE_passerelle"))
        .args(["sessions", what, "--user", "ALICE", "--json", "--config"])
        .arg(file)
        .output()
        .unwrap();
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    serde_json::from_slice(&answer.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_handed_over_in_an_address_is_in_no_log() {
    let config = house_config("both", "handover = \"query\"", "");
    let site = Site::of("sqlite:passerelle.db", &config).await;
    let system = &site.legacy.system;
    system.console.change(|settings| settings.sso_redirect = Some("http://localhost:8080/handover".into()));
    let process = site.starts().await;
    let token = handed_by(system, "alice", "wonderland").await;
    let mut browser = process.browser();
    let shown = browser.get(&format!("/handover?refresh_token={token}&state=x")).await;
    assert!(shown.is_page("handover-page"), "{shown:?}");
    let refused = browser.get(&format!("/handover?refresh_token={token}")).await;
    assert_eq!(refused.status, 403, "spent");
    let logs = site.logs();
    assert!(logs.contains("/handover") && logs.contains("refused with a page"), "{logs}");
    assert!(!logs.contains(&token), "{logs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_that_starts_tells_which_service_account_cannot_sign_in() {
    let more = "[[service_account]]\nname = \"members\"\nuser_name = \"svc\"\n";
    let site = Site::with("sqlite:passerelle.db", more).await;
    let process = site.starts().await;
    let told = "service account members has no password yet: `passerelle service-accounts set members`";
    assert!(site.logs().contains(told), "{}", site.logs());
    drop(process);
}

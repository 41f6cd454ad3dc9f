//! `passerelle explain lifetimes`: what it says, and that a bridge does what it says.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::support::app::{App, Tokens, error};
use crate::support::house::{CONFIG, House};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// The bridge is a client of the old system, and gets refresh tokens.
fn refreshing() -> String {
    let client = "timeout = \"2s\"\nclient_id = \"passerelle\"\nclient_secret = \"legacy-client-secret\"";
    CONFIG.replace("timeout = \"2s\"", client) + "[legacy.token]\nclient = \"body\"\n"
}

struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// `passerelle explain lifetimes` over `config`.
fn explained(config: &str, more: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), config.replace("{legacy}", "http://127.0.0.1:9"))
        .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_passerelle"));
    let output =
        command.args(["explain", "lifetimes"]).args(more).current_dir(folder.path()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn json(config: &str, more: &[&str]) -> Value {
    let run = explained(config, &[more, &["--json"]].concat());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn an_administrator_reads_what_bites() {
    let told = ["--client", "web", "--legacy-refresh-token", "30min", "--legacy-access-token", "20min"];
    insta::assert_snapshot!("told", explained(&refreshing(), &told).stdout);
    let spa = explained(&refreshing(), &["--client", "spa"]);
    insta::assert_snapshot!("not_told", spa.stdout);
    let old = explained(CONFIG, &["--client", "old"]);
    insta::assert_snapshot!("without_refresh_at_the_legacy_system", old.stdout);
}

#[test]
fn a_script_reads_the_same_in_seconds() {
    let told = ["--client", "web", "--legacy-refresh-token", "30min"];
    insta::assert_json_snapshot!("json", json(&refreshing(), &told));
}

#[test]
fn a_setting_is_named_where_it_stands() {
    let config = CONFIG
        .replace(
            "name = \"Web\"\n",
            "name = \"Web\"\nlifetimes = { refresh_absolute = \"6d\", refresh_idle = \"2h\" }\n",
        )
        .replace("format = \"opaque\"\n", "format = \"opaque\"\nlifetime = \"1h\"\n");
    let told = json(&config, &["--client", "web"]);
    let case = &told["clients"][0]["cases"][0];
    assert_eq!(
        (case["unused"]["bites"].as_str(), case["unused"]["seconds"].as_u64()),
        (Some("client (web).lifetimes.refresh_idle"), Some(7200))
    );
    assert_eq!(case["used"]["bites"], "client (web).lifetimes.refresh_absolute");
    assert_eq!(case["access_token_seconds"], 3600, "the longest that it can have");
    assert!(told.to_string().contains("api (https://ledger.example.org).lifetime"), "{told}");
}

#[test]
fn every_client_is_told_of_and_one_that_signs_nobody_in_says_so() {
    let told = json(CONFIG, &[]);
    let ids: Vec<&str> = told["clients"]
        .as_array()
        .unwrap()
        .iter()
        .map(|client| client["client_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["api", "native", "old", "service", "spa", "web"]);
    assert_eq!(told["clients"][0]["cases"], serde_json::json!([]));
    assert!(explained(CONFIG, &["--client", "api"]).stdout.contains("signs nobody in"));
}

#[test]
fn what_is_not_understood_has_the_usual_exit_codes() {
    let unknown = explained(CONFIG, &["--client", "nobody"]);
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.stderr.contains("there is no client \"nobody\""), "{}", unknown.stderr);
    let no_span = explained(CONFIG, &["--legacy-refresh-token", "30"]);
    assert_eq!(no_span.code, Some(2));
    assert!(no_span.stderr.contains("`30` has no unit"), "{}", no_span.stderr);
}

/// What is explained of `client` without offline access, and with it.
fn spans(config: &str, client: &str, case: usize) -> (Duration, Duration) {
    let told = json(config, &["--client", client]);
    let case = &told["clients"][0]["cases"][case];
    let span = |name: &str| Duration::from_secs(case[name]["seconds"].as_u64().unwrap());
    (span("unused"), span("used"))
}

async fn signed_in(house: &House, app: &App, scope: &str) -> Tokens {
    app.tokens(&mut house.browser(), &[("scope", scope)]).await
}

#[tokio::test]
async fn a_bridge_ends_what_is_left_alone_when_it_was_said_and_not_before() {
    for (case, scope) in [(0, "openid"), (1, "openid offline_access")] {
        let (unused, _) = spans(CONFIG, "web", case);
        let house = House::open().await;
        let tokens = signed_in(&house, &house.web(), scope).await;
        house.forward(unused - SECOND);
        house.round().await;
        let tokens = Tokens::of(house.web().refresh(tokens.refresh()).await);
        house.forward(unused);
        house.round().await;
        assert_eq!(error(&house.web().refresh(tokens.refresh()).await).1, "invalid_grant", "{scope}");
    }
}

#[tokio::test]
async fn a_bridge_ends_what_is_used_all_the_time_when_it_was_said_and_not_before() {
    for (case, scope, every) in [(0, "openid", HOUR), (1, "openid offline_access", DAY * 20)] {
        let (_, used) = spans(CONFIG, "web", case);
        let house = House::open().await;
        let mut tokens = signed_in(&house, &house.web(), scope).await;
        let mut passed = Duration::ZERO;
        while passed + every < used {
            house.forward(every);
            house.round().await;
            passed += every;
            tokens = Tokens::of(house.web().refresh(tokens.refresh()).await);
        }
        house.forward(used - passed - SECOND);
        tokens = Tokens::of(house.web().refresh(tokens.refresh()).await);
        house.forward(SECOND);
        assert_eq!(error(&house.web().refresh(tokens.refresh()).await).1, "invalid_grant", "{scope}");
    }
}

#[tokio::test]
async fn an_access_token_longer_than_the_idle_session_makes_work_look_like_idleness() {
    let config = format!("{CONFIG}[tokens]\naccess_token = \"9h\"\n");
    let (unused, used) = spans(&config, "web", 0);
    assert_eq!((unused, used), (HOUR * 8, HOUR * 8));
    let house = House::of(&config).await;
    let tokens = signed_in(&house, &house.web(), "openid").await;
    house.forward(HOUR * 9);
    assert_eq!(error(&house.web().refresh(tokens.refresh()).await).1, "invalid_grant");
}

#[tokio::test]
async fn whoever_is_dismissed_is_out_within_what_was_said() {
    let config = refreshing();
    let told = json(&config, &["--client", "web"]);
    let within = Duration::from_secs(told["clients"][0]["cases"][0]["dismissal_seconds"].as_u64().unwrap());
    let house = House::of(&config).await;
    house.old_system().console.change(|settings| settings.refresh_on_password = true);
    let app = house.web();
    let tokens = signed_in(&house, &app, "openid").await;
    house.old_system().people.disable("alice").unwrap();
    house.forward(within);
    assert_eq!(error(&app.refresh(tokens.refresh()).await).1, "invalid_grant");
    assert_eq!(app.userinfo(tokens.access()).await.status, 401);
}

#[tokio::test]
async fn tokens_that_outlive_the_last_session_are_not_asked_about_as_was_said() {
    let config = refreshing();
    let told = json(&config, &["--client", "web"]);
    let sentences = told["clients"][0]["cases"][1]["sentences"].to_string();
    assert!(sentences.contains("nobody is asked about them any more"), "{sentences}");
    let house = House::of(&config).await;
    house.old_system().console.change(|settings| settings.refresh_on_password = true);
    let app = house.web();
    let tokens = signed_in(&house, &app, "openid offline_access").await;
    house.forward(HOUR * 9);
    house.round().await;
    house.old_system().people.disable("alice").unwrap();
    house.forward(HOUR);
    Tokens::of(app.refresh(tokens.refresh()).await);
}

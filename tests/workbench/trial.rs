//! `connector test`: what it shows of a sign-in, what it never shows, and how it exits.

use serde_json::json;

use super::mask::spellings;
use super::{Run, folder_with, passerelle};
use crate::connector::Foreign;
use crate::legacy_system::{Running, Settings, start};

fn imis(running: &Running, more: &str) -> String {
    format!("[legacy]\npreset = \"imis\"\nbase_url = \"{}\"\n{more}", running.base_url)
}

const CLIENT: &str = "client_id = \"passerelle\"\nclient_secret = { env = \"LEGACY_CLIENT_SECRET\" }\n[legacy.token]\nclient = \"body\"\n";

fn try_out(legacy: &str, arguments: &[&str], typed: &str) -> Run {
    let folder = folder_with(legacy);
    let arguments: Vec<&str> = ["connector", "test"].iter().chain(arguments).copied().collect();
    passerelle(folder.path(), &arguments, typed)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_is_shown_and_no_secret() {
    let settings = Settings { refresh_on_password: true, ..Settings::default() };
    let running = start(settings, 0).await.unwrap();
    let shown = try_out(&imis(&running, CLIENT), &["--user", "alice", "--refresh"], "wonderland\n");
    assert_eq!(shown.code, Some(0), "{}", shown.all());
    for told in [
        "1. login",
        "POST http://localhost",
        "username = alice",
        "password = ••••",
        "client_secret = ••••",
        "-> success; access token at /access_token, refresh token at /refresh_token, good for 1199 s",
        "2. user",
        "3. party",
        "authorization: Bearer ••••",
        "Signed in: alice is 6f1d4c2a-0b5e-4e7b-9a31-00c0ffee0001 at legacy.",
        "scope email:",
        "email = \"alice@example.org\"",
        "scope roles:",
        "member_id = \"M-00401\"",
        "refresh: new tokens, and they are the person's",
        "alive: the person is still good",
    ] {
        assert!(shown.stdout.contains(told), "{told}\n{}", shown.stdout);
    }
    let calls = running.system.journal.calls();
    let refresh = calls.iter().filter_map(|call| call.field("refresh_token").map(str::to_owned));
    let secrets: Vec<String> =
        refresh.chain(["wonderland".to_owned(), "legacy-client-secret".to_owned()]).collect();
    assert_eq!(secrets.len(), 3, "a token was refreshed");
    let json = try_out(&imis(&running, CLIENT), &["--user", "alice", "--refresh", "--json"], "wonderland\n");
    for secret in &secrets {
        for spelt in spellings(secret) {
            assert!(!shown.all().contains(&spelt), "{spelt}\n{}", shown.all());
            assert!(!json.all().contains(&spelt), "{spelt}\n{}", json.all());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_reads_what_happened() {
    let running = start(Settings::default(), 0).await.unwrap();
    let shown =
        try_out(&imis(&running, ""), &["--user", "alice", "--json", "--scopes", "email roles"], "wonderland");
    let told = shown.json();
    assert_eq!(told["outcome"], "signed_in");
    assert_eq!(told["identity"]["legacy_id"], "6f1d4c2a-0b5e-4e7b-9a31-00c0ffee0001");
    assert_eq!(
        told["scopes"],
        json!({ "email": { "email": "alice@example.org" }, "roles": { "member_id": "M-00401", "roles": ["Member"] } })
    );
    assert_eq!(told["steps"].as_array().unwrap().len(), 3);
    assert_eq!(told["steps"][0]["request"]["body"]["grant_type"], "password");
    assert_eq!(told["steps"][1]["answer"]["status"], 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_with_the_rule_that_decided_and_the_password_is_tried_once() {
    let running = start(Settings::default(), 0).await.unwrap();
    for (user, password, word, rule) in [
        ("alice", "wr0ng-password", "wrong_credentials", "legacy.error[4] fits: wrong user name or password"),
        ("carol", "letmein-please", "locked", "legacy.error[1] fits: the account is locked"),
    ] {
        running.system.journal.clear();
        let shown = try_out(&imis(&running, ""), &["--user", user], password);
        assert_eq!(shown.code, Some(1), "{}", shown.all());
        assert!(shown.stdout.contains(rule), "{}", shown.stdout);
        assert!(shown.stdout.contains(&format!("Nobody was let in: {word}")), "{}", shown.stdout);
        assert!(!shown.all().contains(password));
        assert_eq!(running.system.journal.calls().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_work_has_another_exit_code_than_a_refusal() {
    let running = start(Settings::default(), 0).await.unwrap();
    let wrong_place = imis(&running, "[legacy.identity]\nlegacy_id = \"/user/NoSuchThing\"\n");
    let shown = try_out(&wrong_place, &["--user", "alice"], "wonderland");
    assert_eq!(shown.code, Some(3));
    assert!(
        shown.stdout.contains("no_immutable_id (the legacy system gave no immutable id: identity.legacy_id"),
        "{}",
        shown.stdout
    );
    let usage = try_out(&imis(&running, ""), &["--user", "alice", "--realm", "elsewhere"], "wonderland");
    assert_eq!(usage.code, Some(2));
    assert!(usage.stderr.contains("there is `legacy`"), "{}", usage.stderr);
    let broken = try_out("[legacy]\npreset = \"imis\"\n", &["--user", "alice"], "wonderland");
    assert_eq!(broken.code, Some(2));
    assert!(broken.stderr.contains("legacy.base_url"), "{}", broken.stderr);
    let legacy = imis(&running, "");
    running.stop().await;
    let down = try_out(&legacy, &["--user", "alice"], "wonderland");
    assert_eq!(down.code, Some(3));
    assert!(down.stdout.contains("no answer") && down.stdout.contains("unavailable"), "{}", down.stdout);
}

/// A system with a second factor, a named secret, and a token in the query.
fn guarded(base_url: &str) -> String {
    format!(
        r#"
[legacy]
base_url = "{base_url}"
send_token = {{ query = "t" }}
[legacy.secrets]
api = "n4med s&cret/+"
[legacy.login]
url = "{{base_url}}/login"
headers = {{ "X-Key" = "{{secret.api}}" }}
basic = {{ user_name = "app", password = "{{secret.api}}" }}
json = {{ who = "{{typed.user_name}}", words = ["{{typed.password}}"] }}
access_token = "/t"
[legacy.challenge]
url = "{{base_url}}/second"
form = {{ code = "{{typed.code}}", state = "{{challenge.state}}" }}
keep = {{ state = "/state" }}
[[legacy.error]]
at = "/state"
outcome = "second_factor_required"
[[legacy.profile]]
name = "me"
url = "{{base_url}}/me"
[legacy.identity]
legacy_id = "/me/id"
user_name = "/me/login"
"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_once_and_hidden_with_everything_else_that_was_typed() {
    let foreign = Foreign::open().await;
    foreign.says("/login", 401, r#"{"state":"st&te +1"}"#);
    foreign.says("/second", 200, r#"{"t":"t0k/n &1"}"#);
    foreign.says("/me?t=t0k%2Fn+%261", 200, r#"{"id":"7f3c","login":"alice","echo":"t0k/n &1"}"#);
    let typed = "w&nder l\"nd\n24 68+0\n";
    let shown = try_out(&guarded(&foreign.base_url), &["--user", "alice"], typed);
    assert_eq!(shown.code, Some(0), "{}", shown.all());
    assert!(shown.stdout.contains("2. challenge"), "{}", shown.stdout);
    let coded = try_out(
        &guarded(&foreign.base_url),
        &["--user", "alice", "--code", "24 68+0", "--json"],
        "w&nder l\"nd",
    );
    assert_eq!(coded.code, Some(0), "{}", coded.all());
    for secret in ["w&nder l\"nd", "24 68+0", "n4med s&cret/+", "st&te +1", "t0k/n &1"] {
        for spelt in spellings(secret) {
            assert!(!shown.all().contains(&spelt), "{spelt}\n{}", shown.all());
            assert!(!coded.all().contains(&spelt), "{spelt}\n{}", coded.all());
        }
    }
    assert_eq!(foreign.asked("/login").len(), 2, "once in each run");
    let without = try_out(&guarded(&foreign.base_url), &["--user", "alice"], "w&nder l\"nd\n");
    assert_eq!(without.code, Some(1), "{}", without.all());
    assert!(without.stdout.contains("second_factor_required"), "{}", without.stdout);
}

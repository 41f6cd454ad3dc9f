//! `connector record` and `replay`: a run is kept without anything personal, and played to a connector and to a whole bridge.

use std::net::TcpListener;

use passerelle::web::replay::router;
use passerelle::workbench::cassette::Cassette;

use super::{Run, folder_with, passerelle};
use crate::connector::Foreign;
use crate::legacy_system::{Settings, start};
use crate::support::process::Site;

const CLIENT: &str = "client_id = \"passerelle\"\nclient_secret = { env = \"LEGACY_CLIENT_SECRET\" }\n[legacy.token]\nclient = \"body\"\n";

fn imis(base_url: &str) -> String {
    format!("[legacy]\npreset = \"imis\"\nbase_url = \"{base_url}\"\n{CLIENT}")
}

fn records(legacy: &str, typed: &str, more: &[&str]) -> (Run, Option<String>) {
    let folder = folder_with(legacy);
    let arguments = ["connector", "record", "--user", "alice", "--out", "cassette.json"];
    let arguments: Vec<&str> = arguments.iter().chain(more).copied().collect();
    let run = passerelle(folder.path(), &arguments, typed);
    (run, std::fs::read_to_string(folder.path().join("cassette.json")).ok())
}

/// Plays a cassette; the address.
async fn plays(cassette: &str) -> String {
    let cassette = Cassette::read(cassette).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let router = router(cassette, &base_url);
    tokio::spawn(async move { axum::serve(listener, router).await });
    base_url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cassette_of_the_stand_in_holds_nothing_of_alice_and_signs_in() {
    let running = start(Settings { refresh_on_password: true, ..Settings::default() }, 0).await.unwrap();
    let (run, cassette) = records(&imis(&running.base_url), "wonderland\n", &["--refresh", "--with-refusal"]);
    assert_eq!(run.code, Some(0), "{}", run.all());
    let cassette = cassette.unwrap();
    let small = cassette.to_lowercase();
    for personal in [
        "alice",
        "liddell",
        "wonderland",
        "legacy-client-secret",
        "6f1d4c2a",
        "+44",
        "276150",
        "oxford",
        "deanery",
        "looking-glass",
        "m-00401",
        "christ church",
        "ox1 1dp",
        "nobody-has-this",
    ] {
        assert!(!small.contains(personal), "{personal}\n{cassette}");
    }
    for call in running.system.journal.calls() {
        if let Some(token) = call.field("refresh_token") {
            assert!(!cassette.contains(token), "{cassette}");
        }
    }
    running.stop().await;

    let base_url = plays(&cassette).await;
    let folder = folder_with(&imis(&base_url));
    let test = ["connector", "test", "--user", "recorded-user", "--json"];
    let tried = passerelle(folder.path(), &[&test[..], &["--refresh"]].concat(), "recorded-password");
    assert_eq!(tried.code, Some(0), "{}", tried.all());
    let told = tried.json();
    assert_eq!(told["identity"]["user_name"], "recorded-user");
    assert!(told["scopes"]["email"]["email"].as_str().unwrap().ends_with("@example.org"), "{told}");
    assert_eq!(told["scopes"]["roles"]["roles"][0], "Member");
    let wrong = passerelle(folder.path(), &test, "another-password");
    assert_eq!(wrong.code, Some(1), "{}", wrong.all());
    assert_eq!(wrong.json()["outcome"], "wrong_credentials");
    let stranger =
        passerelle(folder.path(), &["connector", "test", "--user", "mallory"], "recorded-password");
    assert_eq!(stranger.code, Some(1), "{}", stranger.all());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_bridge_runs_on_a_cassette() {
    let running = start(Settings { refresh_on_password: true, ..Settings::default() }, 0).await.unwrap();
    let (run, cassette) = records(&imis(&running.base_url), "wonderland\n", &[]);
    assert_eq!(run.code, Some(0), "{}", run.all());
    let base_url = plays(&cassette.unwrap()).await;
    let config = crate::support::house::CONFIG.replace("{legacy}", &base_url);
    let site = Site::of("sqlite::memory:", &config).await;
    let process = site.starts().await;
    let mut browser = process.browser();
    let page = browser.get(&process.web().request(&[])).await;
    let signed_in = browser.sign_in(&page, "recorded-user", "recorded-password").await;
    assert!(signed_in.sent_to("https://web.example/callback").contains_key("code"), "{}", site.logs());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scripted_system_is_redacted_by_the_names_and_shapes_of_its_values() {
    let foreign = Foreign::open().await;
    foreign.says("/login", 200, r#"{"t":"tok en","who":{"uid":4711,"login":"alice"}}"#);
    let me = r#"{"uid":4711,"surname":"Pleasance","born":"1852-05-04","birthdate":"1852-05-04T10:00:00Z","tel":"+44 20 7946 0123","mail":"alice@wonder.example","active":true,"self":"HERE/me/4711","bag":[{"Name":"Hobby","Value":"croquet"}],"roles":["Editor"]}"#;
    foreign.says("/me/4711?n=alice", 200, &me.replace("HERE", &foreign.base_url));
    let legacy = |base_url: &str| {
        format!(
            "[legacy]\nbase_url = \"{base_url}\"\n[legacy.login]\nurl = \"{{base_url}}/login\"\naccess_token = \"/t\"\n\
             json = {{ u = \"{{typed.user_name}}\", p = \"{{typed.password}}\" }}\n\
             [[legacy.profile]]\nname = \"me\"\nurl = \"{{base_url}}/me/{{answer.who.uid}}\"\nquery = {{ n = \"{{typed.user_name}}\" }}\n\
             [legacy.identity]\nlegacy_id = \"/me/uid\"\nuser_name = \"/answer/who/login\"\n\
             [legacy.claims]\nemail = \"/me/mail\"\nbirthdate = \"/me/birthdate\"\nphone_number = \"/me/tel\"\nwebsite = \"/me/self\"\n"
        )
    };
    let (run, cassette) = records(&legacy(&foreign.base_url), "cr0quet & tea\n", &[]);
    assert_eq!(run.code, Some(0), "{}", run.all());
    let cassette = cassette.unwrap();
    for personal in [
        "alice",
        "4711",
        "Pleasance",
        "1852",
        "7946",
        "0123",
        "wonder",
        "croquet\"",
        "cr0quet",
        "tok en",
        foreign.base_url.as_str(),
    ] {
        assert!(!cassette.contains(personal), "{personal}\n{cassette}");
    }
    assert!(
        cassette.contains("Hobby")
            && cassette.contains("Editor")
            && cassette.contains("1990-01-01T00:00:00Z"),
        "{cassette}"
    );
    let folder = folder_with(&legacy(&plays(&cassette).await));
    let tried = passerelle(
        folder.path(),
        &["connector", "test", "--user", "recorded-user", "--json"],
        "recorded-password",
    );
    assert_eq!(tried.code, Some(0), "{}", tried.all());
    let claims = &tried.json()["scopes"];
    assert!(claims["phone"]["phone_number"].as_str().unwrap().starts_with("+1"), "{claims}");
    assert!(claims["profile"]["website"].as_str().unwrap().starts_with("http://127.0.0.1"), "{claims}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_redacted_is_not_written_and_its_place_is_named() {
    let foreign = Foreign::open().await;
    foreign.says("/me", 200, r#"{"id":"7f3c","login":"alice","rights":{"alice":true}}"#);
    let legacy = format!(
        "[legacy]\nbase_url = \"{}\"\ntoken = {{ url = \"{{base_url}}/login\", access_token = \"/access_token\" }}\n\
         profile = [{{ name = \"me\", url = \"{{base_url}}/me\" }}]\nidentity = {{ legacy_id = \"/me/id\", user_name = \"/me/login\" }}\n",
        foreign.base_url
    );
    let (run, cassette) = records(&legacy, "wonderland\n", &[]);
    assert_eq!((run.code, cassette), (Some(1), None), "{}", run.all());
    assert!(run.stderr.contains("a name in /calls/1/answer/body/rights"), "{}", run.stderr);
    assert!(!run.stderr.contains("alice"), "{}", run.stderr);
}

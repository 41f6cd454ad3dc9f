//! The applications' addresses.

use axum::Router;
use axum::routing::post;
use passerelle::admin::doctor::clients::findings;
use passerelle::admin::doctor::facts::ClientFacts;
use passerelle::admin::doctor::finding::Level;
use passerelle::admin::lifetimes::explain;
use passerelle::app::blueprint::Blueprint;
use passerelle::app::lifetimes::client_facts;
use passerelle::config::environment::Environment;
use passerelle::rules::lifetimes::LegacySide;

use super::{Practice, free_port};

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_looked_up_and_those_of_sign_outs_are_called() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let app = listener.local_addr().unwrap();
    let router = Router::new().route("/told", post(|| async {}));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let nobody = free_port();
    let practice = Practice::with(|config| {
        format!(
            r#"{config}
backchannel_logout_uri = "http://{app}/told"
frontchannel_logout_uri = "http://{app}/nowhere"
post_logout_redirect_uris = ["https://127.0.0.1/bye"]
[[client]]
id = "app"
name = "App"
public = true
redirect_uris = ["org.example.app:/callback", "http://127.0.0.1/callback", "https://app.invalid/callback"]
backchannel_logout_uri = "http://127.0.0.1:{nobody}/told"
"#
        )
    })
    .await;
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(0), "findings only: {}", said.text);
    // It wants a POST: that it says so is enough.
    said.tells("web backchannel_logout_uri", "ok", &["reachable (status 405)"]);
    said.tells("web frontchannel_logout_uri", "warning", &["status 404", "path"]);
    said.tells("web post_logout_redirect_uris", "ok", &[]);
    said.tells("app backchannel_logout_uri", "warning", &["nobody listens there", "hears of no sign-out"]);
    said.tells("org.example.app", "ok", &["own scheme"]);
    said.tells("http://127.0.0.1/callback", "ok", &["on the device itself"]);
    said.tells("app.invalid", "warning", &["does not resolve", "correct it"]);
    said.tells("app lifetimes", "ok", &["8 hours left alone (session.idle)", "7 days used all the time"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_on_this_machine_behind_a_public_issuer_is_warned_of() {
    let practice = Practice::with(|config| {
        config.replace("issuer = \"http://127.0.0.1:{port}", "issuer = \"https://login.invalid")
    })
    .await;
    let said = practice.says(&[]).await;
    said.tells("web redirect_uris", "warning", &["while the issuer is for everybody"]);
}

#[test]
fn a_legacy_system_that_cannot_be_asked_is_noted_at_each_client() {
    let config = super::CONFIG.replace("{port}", "8080").replace("{legacy}", "http://localhost:9090");
    let blueprint = Blueprint::of_text(&config, "/".as_ref(), &Environment::default()).unwrap();
    for (probe, level) in [(false, Level::Note), (true, Level::Ok)] {
        let legacy = LegacySide { probe, refresh: None, refresh_lifetime: None, access_lifetime: None };
        let mut lifetimes = explain(&client_facts(&blueprint), &legacy).clients;
        let lifetimes = lifetimes.remove(0);
        let facts = ClientFacts { id: "web".into(), is_public: false, addresses: Vec::new(), lifetimes };
        let found = findings(&facts, true);
        assert_eq!(found[0].level, level, "{found:?}");
        assert_eq!(found[0].advice.is_some(), level == Level::Note, "{found:?}");
    }
}

//! The demo's apps and its service call the old system's API through the gateway.

use crate::demo::ports::Ports;
use crate::demo::town::{CONFIG, Town};
use crate::loopback::http::Http;
use crate::service;
use crate::support::chromium::Chromium;

const REFUSED: &str = "You may not write invoices, the old system says.";
const WRITTEN: &str = "The invoice was written.";

async fn town() -> (Town, tempfile::TempDir) {
    let data = tempfile::tempdir().unwrap();
    (Town::start(CONFIG, Ports::FREE, data.path()).await.unwrap(), data)
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_sees_her_invoices_in_both_apps_and_may_write_none_and_bob_may() {
    let (town, _data) = town().await;
    let (web_app, spa) = (town.web_app.base_url.clone(), town.spa.base_url.clone());
    for (user, password, answer) in [("alice", "wonderland", REFUSED), ("bob", "builder", WRITTEN)] {
        let browser = Chromium::open().await;
        browser.goes_to(&web_app).await;
        browser.clicks("#sign-in").await;
        browser.signs_in(user, password).await;
        browser.reads("#invoices td", "120.50 EUR").await;
        browser.clicks("#write-invoice").await;
        browser.reads("#note", answer).await;

        browser.goes_to(&spa).await;
        browser.clicks("#sign-in").await;
        browser.clicks("form#consent button[value=allow]").await;
        browser.reads("#invoices td", "120.50 EUR").await;
        browser.clicks("#write-invoice").await;
        browser.reads("#note", answer).await;
    }
    let calls = town.old_system().journal.calls_to("/api/invoices");
    let statuses = |method: &str| {
        let statuses = calls.iter().filter(|call| call.method == method).filter_map(|call| call.status);
        statuses.collect::<Vec<_>>()
    };
    assert_eq!(statuses("POST"), [403, 403, 201, 201]);
    assert!(statuses("GET").iter().all(|status| *status == 200), "{calls:?}");
    // Every token that the old system took was one of its own: it knows no other.
    assert!(calls.iter().all(|call| call.authorization.as_deref() == Some("Bearer")));
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_reads_members_as_its_service_account() {
    let (town, _data) = town().await;
    let settings = service::Settings {
        issuer: town.bridge_url.clone(),
        client_id: "demo-service".to_owned(),
        client_secret: "demo-service-secret-for-loopback-only".to_owned(),
        audience: None,
        scope: vec!["members.read".to_owned()],
        token_only: false,
    };
    let token = service::access_token(&settings).await.unwrap();
    for _ in 0..2 {
        let members = service::members(&settings, &token).await.unwrap();
        assert!(members.iter().any(|name| name.contains("Alice")), "{members:?}");
    }
    let journal = &town.old_system().journal;
    let signed_in: Vec<_> =
        journal.calls_to("/token").iter().map(|call| call.field("username").map(str::to_owned)).collect();
    assert_eq!(signed_in, [Some("svc".to_owned())], "once, on demand");
    // Its token is for members alone.
    let invoices = Http::new().unwrap().0.get(format!("{}/api/invoices", settings.gateway()));
    let answer = invoices.bearer_auth(token.secret.secret()).send().await.unwrap();
    assert_eq!(answer.status(), 403);
    assert!(journal.calls_to("/api/invoices").is_empty());
    town.stop().await;
}

//! The bridge as the world sees it, and the clock over there.

use axum::Router;
use axum::response::IntoResponse as _;
use axum::routing::get;
use serde_json::json;

use super::{Practice, free_port};

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_is_another_ones_is_a_problem() {
    let mut practice = Practice::new().await;
    practice.opens().await;
    practice.writes(&practice.config.replace("issuer = \"http://127.0.0.1", "issuer = \"http://localhost"));
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(1));
    said.tells(
        "openid-configuration",
        "problem",
        &["names another issuer, http://127.0.0.1", "correct server.issuer"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_bridge_that_answers_at_the_issuers_url_is_found_by_its_keys() {
    let mut practice = Practice::new().await;
    practice.opens().await;
    practice.writes(&practice.config.replace("passerelle.db", "other.db"));
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(1));
    said.tells("/jwks", "problem", &["none of which is in this database", "another bridge answers there"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_leads_nowhere_while_the_bridge_runs_is_a_problem() {
    let elsewhere = free_port();
    let mut practice = Practice::with(|config| {
        config.replace(
            "issuer = \"http://127.0.0.1:{port}",
            &format!("issuer = \"http://127.0.0.1:{elsewhere}"),
        )
    })
    .await;
    practice.opens().await;
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(1));
    said.tells(
        "openid-configuration",
        "problem",
        &["nobody listens there, although somebody listens at 127.0.0.1"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_below_which_something_else_answers_is_a_problem() {
    let mut practice = Practice::new().await;
    practice.opens().await;
    let port = practice.port;
    practice
        .writes(&practice.config.replace(&format!("{port}\"\nlisten"), &format!("{port}/login\"\nlisten")));
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(1));
    said.tells("openid-configuration", "problem", &["status 404", "let the proxy pass"]);
}

/// Something at the issuer's URL whose clock is ahead by `seconds`.
async fn answers_ahead(issuer: String, port: u16, seconds: i64) {
    let discovery = json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/jwks") });
    let date = move || {
        let now = jiff::Timestamp::now().as_second() + seconds;
        let then = jiff::Timestamp::from_second(now).unwrap();
        [("date", jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&then).unwrap())]
    };
    let router = Router::new()
        .route(
            "/.well-known/openid-configuration",
            get(move || async move { (date(), axum::Json(discovery)).into_response() }),
        )
        .route("/jwks", get(|| async { "no key set" }));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_is_a_problem_with_its_seconds() {
    for (seconds, level, words) in [
        (-600, "problem", "ahead"),
        (600, "problem", "behind"),
        (30, "note", "behind"),
        (0, "ok", "the same"),
    ] {
        let practice = Practice::new().await;
        answers_ahead(format!("http://127.0.0.1:{}", practice.port), practice.port, seconds).await;
        let said = practice.says(&[]).await;
        said.tells("compared with the issuer", level, &[words]);
        if level == "problem" {
            // The moment of the answer is only known to a second or two.
            let (_, told) = said.about("compared with the issuer");
            assert!(["598", "599", "600"].iter().any(|known| told.contains(&format!("{known} s"))), "{told}");
            assert!(told.contains("NTP"), "{told}");
        }
        said.tells("/jwks", "problem", &["without a key set"]);
        assert_eq!(said.code, Some(1));
    }
}

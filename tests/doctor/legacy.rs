//! The old system: not there, not named, not on time, not right in the head.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use passerelle::admin::doctor::facts::{Answer, LegacyFacts, Reached, Timing, Unreachable};
use passerelle::admin::doctor::finding::Level;
use passerelle::admin::doctor::legacy::findings;

use super::{Practice, free_port};

#[tokio::test(flavor = "multi_thread")]
async fn an_old_system_that_is_not_there_is_a_problem() {
    let port = free_port();
    let practice =
        Practice::with(|config| config.replace("{legacy}", &format!("http://127.0.0.1:{port}"))).await;
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(1));
    said.tells("(legacy)", "note", &["plain http"]);
    assert!(
        said.text.contains(&format!("problem  http://127.0.0.1:{port} (legacy): nobody listens there")),
        "{}",
        said.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_system_whose_name_is_none_is_a_problem() {
    let practice = Practice::with(|config| config.replace("{legacy}", "https://legacy.invalid")).await;
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(1));
    assert!(
        said.text.contains("problem  https://legacy.invalid (legacy): the name does not resolve"),
        "{}",
        said.text
    );
    said.tells("https://legacy.invalid", "note", &["its certificate was not looked at"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_system_with_a_wrong_clock_and_a_broken_page_is_warned_of() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let date = "Thu, 14 Dec 2017 03:21:29 GMT";
    let router = Router::new().fallback(move || async move { (StatusCode::BAD_GATEWAY, [("date", date)]) });
    tokio::spawn(async move { axum::serve(listener, router).await });
    let practice = Practice::with(|config| config.replace("{legacy}", &format!("http://{address}"))).await;
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(0), "{}", said.text);
    said.tells("compared with legacy", "warning", &["s ahead", "NTP"]);
    assert!(said.text.contains("its first page answers with status 502"), "{}", said.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_speaks_no_http_is_told_from_what_is_not_there() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            drop(listener.accept().await);
        }
    });
    let practice = Practice::with(|config| config.replace("{legacy}", &format!("http://{address}"))).await;
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(1));
    assert!(said.text.contains("does not answer as a web server would"), "{}", said.text);
}

fn answer(millis: u64) -> Reached {
    let timing = Timing {
        resolved: Duration::from_millis(1),
        connected: Duration::from_millis(2),
        answered: Duration::from_millis(millis),
    };
    Reached::Answered(Box::new(Answer { status: 200, ahead: None, json: None, certificate: None, timing }))
}

#[test]
fn the_time_in_the_middle_is_told_and_one_slow_answer_changes_nothing() {
    let refused = || Reached::Not(Unreachable::TimedOut);
    let rows = [
        (
            vec![answer(20), answer(900), answer(10)],
            vec![(Level::Ok, "first byte 20.00 ms (the middle of 3 tries)")],
        ),
        (vec![answer(400), answer(900), answer(10)], vec![(Level::Warning, "first byte 400.00 ms")]),
        (
            vec![answer(20), refused(), answer(10)],
            vec![
                (Level::Ok, "first byte 20.00 ms"),
                (Level::Warning, "1 of 3 tries failed: no answer in time"),
            ],
        ),
        (vec![refused()], vec![(Level::Problem, "no answer in time")]),
    ];
    for (tries, expected) in rows {
        let facts = LegacyFacts {
            id: "legacy".to_owned(),
            base_url: "https://legacy.example".to_owned(),
            timeout: Duration::from_secs(1),
            tries,
        };
        let found = findings(&facts);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (finding, (level, words)) in found.iter().zip(expected) {
            assert_eq!(finding.level, level, "{finding:?}");
            assert!(finding.found.contains(words), "{finding:?}");
        }
    }
}

//! The faults that a test can switch on, and the system that is stopped and started again.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::form_urlencoded;

use super::{Answer, CLIENT, Town};
use crate::legacy_system::{Door, Fault};

const FIVE_MEGABYTES: usize = 5 * 1024 * 1024;

fn refresh_form(token: &str) -> Vec<(&str, &str)> {
    [&[("grant_type", "refresh_token"), ("refresh_token", token)], &CLIENT[..]].concat()
}

#[tokio::test]
async fn a_late_answer_is_late_and_the_call_is_in_the_journal_before_it() {
    let town = Town::open().await;
    town.system().faults.set(Door::Token, Fault::Delay(Duration::from_millis(300)));
    let begun = Instant::now();
    assert_eq!(town.password("alice", "wonderland").await.status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(300));

    town.system().journal.clear();
    town.system().faults.set(Door::Token, Fault::Delay(Duration::from_secs(60)));
    let form = [("grant_type", "password"), ("username", "alice"), ("password", "wonderland")];
    let request = town.http.post(town.url("/token")).form(&form).timeout(Duration::from_millis(500));
    assert!(request.send().await.unwrap_err().is_timeout());
    let [call] = <[_; 1]>::try_from(town.system().journal.calls()).unwrap();
    assert_eq!(call.status, None, "the caller went away");
}

#[tokio::test]
async fn who_hangs_up_on_a_late_answer_has_spent_the_refresh_token_all_the_same() {
    let town = Town::open_with_refresh().await;
    let token = town.password_with_client("alice", "wonderland").await.text("refresh_token");
    town.system().faults.set(Door::Token, Fault::Delay(Duration::from_secs(60)));
    let form = refresh_form(&token);
    let request = town.http.post(town.url("/token")).form(&form).timeout(Duration::from_millis(500));
    assert!(request.send().await.unwrap_err().is_timeout());
    town.system().faults.set(Door::Token, Fault::None);
    assert_eq!(town.refresh(&token).await.status, 400);
}

#[tokio::test]
async fn a_lost_answer_leaves_not_a_byte_and_the_refresh_token_is_spent_all_the_same() {
    let town = Town::open_with_refresh().await;
    let token = town.password_with_client("alice", "wonderland").await.text("refresh_token");
    town.system().faults.set(Door::Token, Fault::Lost);
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(refresh_form(&token)).finish();
    let request = format!(
        "POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, town.running.port)).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut came = Vec::new();
    connection.read_to_end(&mut came).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&came), "");

    town.system().faults.set(Door::Token, Fault::None);
    assert_eq!(town.refresh(&token).await.status, 400);
}

#[tokio::test]
async fn the_token_endpoint_answers_with_html_or_a_crash_until_it_is_repaired() {
    let town = Town::open().await;
    let faults = &town.system().faults;
    faults.set(Door::Token, Fault::Html503);
    let response = town.http.post(town.url("/token")).send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(response.text().await.unwrap().contains("Service Unavailable"));
    faults.set(Door::Token, Fault::Status500);
    let answer = town.password("alice", "wonderland").await;
    assert_eq!((answer.status, answer.text("Message").as_str()), (500, "An error has occurred."));
    faults.set(Door::Token, Fault::None);
    assert_eq!(town.password("alice", "wonderland").await.status, 200);
}

#[tokio::test]
async fn half_an_answer_breaks_off_and_the_refresh_token_is_spent_all_the_same() {
    let town = Town::open_with_refresh().await;
    let token = town.password_with_client("alice", "wonderland").await.text("refresh_token");
    town.system().faults.set(Door::Token, Fault::HalfAnswer);
    let mut response = town.http.post(town.url("/token")).form(&refresh_form(&token)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let promised = response.content_length().unwrap();
    let came = response.chunk().await.unwrap().unwrap();
    assert_eq!(came.len() as u64, promised / 2);
    assert!(response.chunk().await.is_err(), "the other half never comes");
    town.system().faults.set(Door::Token, Fault::None);
    assert_eq!(town.refresh(&token).await.status, 400);
}

#[tokio::test]
async fn a_redirect_is_the_callers_to_follow() {
    let town = Town::open().await;
    town.system().faults.set(Door::Token, Fault::Redirect(town.url("/elsewhere")));
    let response = town.http.post(town.url("/token")).send().await.unwrap();
    assert_eq!(response.status(), 307);
    assert_eq!(response.headers()["location"], town.url("/elsewhere"));
    assert!(town.system().journal.calls_to("/elsewhere").is_empty());
    town.http.post(town.url("/elsewhere")).send().await.unwrap();
    assert_eq!(town.system().journal.calls_to("/elsewhere").len(), 1, "who follows it is seen");
}

#[tokio::test]
async fn a_token_or_a_profile_can_be_five_megabytes_long() {
    let town = Town::open().await;
    let token = town.access_token_of("alice").await;
    town.system().faults.set(Door::Token, Fault::Huge);
    town.system().faults.set(Door::Profile, Fault::Huge);
    assert_eq!(town.password("alice", "wonderland").await.text("access_token").len(), FIVE_MEGABYTES);
    let me = town.read("/api/me", &token).await;
    assert_eq!((me.text("Picture").len(), me.text("UserName").as_str()), (FIVE_MEGABYTES, "alice"));
}

#[tokio::test]
async fn a_fault_of_the_profile_leaves_the_rest_alone() {
    let town = Town::open().await;
    town.system().faults.set(Door::Profile, Fault::Html503);
    let token = town.access_token_of("alice").await;
    for path in ["/api/me", "/api/user?username=alice", "/api/party/10001"] {
        assert_eq!(town.read(path, &token).await.status, 503, "{path}");
    }
    assert_eq!(town.read("/api/events", &token).await.status, 200);
}

#[tokio::test]
async fn a_stopped_system_is_down_and_comes_back_as_it_was() {
    let town = Town::open().await;
    let token = town.access_token_of("alice").await;
    let (me, port) = (town.url("/api/me"), town.running.port);
    let system = town.running.stop().await;
    let refused = town.http.get(&me).bearer_auth(&token).send().await.unwrap_err();
    assert!(refused.is_connect(), "{refused:?}");

    let running = system.serve(port).await.unwrap();
    let back = Answer::of(town.http.get(&me).bearer_auth(&token).send().await.unwrap()).await;
    assert_eq!((back.status, back.text("UserName").as_str()), (200, "alice"));
    drop(running);
}

//! `POST /token`: grants, refusals, and how a refresh token lives and dies.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use rstest::rstest;

use super::{Answer, CLIENT, Town};
use crate::legacy_system::{RosterError, Settings};

fn keys(answer: &Answer) -> Vec<&str> {
    answer.json.as_object().unwrap().keys().map(String::as_str).collect()
}

fn rfc1123(text: &str) -> Timestamp {
    assert!(text.ends_with(" GMT"), "{text}");
    DateTimeParser::new().parse_timestamp(text).unwrap()
}

#[tokio::test]
async fn the_password_grant_takes_no_client_and_returns_no_refresh_token() {
    let town = Town::open().await;
    let answer = town.password("Alice", "wonderland").await;
    assert_eq!(answer.status, 200);
    let expected =
        ["access_token", "token_type", "expires_in", "userName", "as:client_id", ".issued", ".expires"];
    assert_eq!(keys(&answer), expected);
    assert_eq!(answer.text("access_token").len(), 496);
    assert_eq!(answer.json["expires_in"], 1199);
    assert_eq!(answer.json["token_type"], "bearer");
    assert_eq!(answer.json["userName"], "alice", "as stored, however it was typed");
    assert_eq!(answer.json["as:client_id"], "");
    let (issued, expires) = (rfc1123(&answer.text(".issued")), rfc1123(&answer.text(".expires")));
    assert_eq!(expires.as_second() - issued.as_second(), 1199);
}

#[rstest]
#[case::a_client(("client_id", "passerelle"))]
#[case::a_scope(("scope", "openid"))]
#[case::a_second_password(("password", "wonderland"))]
#[tokio::test]
async fn the_password_grant_takes_nothing_beside_its_three_fields(#[case] extra: (&str, &str)) {
    let town = Town::open().await;
    let fields = [("grant_type", "password"), ("username", "alice"), ("password", "wonderland")];
    let answer = town.token(&[&fields[..], &[extra]].concat()).await;
    assert_eq!((answer.status, answer.text("error").as_str()), (400, "invalid_request"));
}

#[tokio::test]
async fn a_switch_makes_the_password_grant_want_the_client_and_return_a_refresh_token() {
    let town = Town::open_with_refresh().await;
    let answer = town.password_with_client("alice", "wonderland").await;
    let refresh_token = answer.text("refresh_token");
    assert_eq!(keys(&answer)[3], "refresh_token");
    assert_eq!(refresh_token.len(), 32);
    assert!(refresh_token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{refresh_token}");
    assert_eq!(answer.json["as:client_id"], "passerelle");

    let without_client = town.password("alice", "wonderland").await;
    assert_eq!((without_client.status, without_client.text("error").as_str()), (400, "invalid_client"));
}

#[tokio::test]
async fn a_refresh_token_is_spent_by_its_first_use() {
    let town = Town::open_with_refresh().await;
    let first = town.password_with_client("alice", "wonderland").await.text("refresh_token");
    let answer = town.refresh(&first).await;
    assert_eq!((answer.status, answer.text("userName").as_str()), (200, "alice"));
    let second = answer.text("refresh_token");
    assert_ne!(first, second);

    let again = town.refresh(&first).await;
    assert_eq!((again.status, again.text("error").as_str()), (400, "invalid_grant"));
    assert_eq!(town.refresh(&second).await.status, 200, "the replay did not end the successor");
}

#[tokio::test]
async fn a_second_login_through_the_client_ends_the_first_ones_refresh_token() {
    let town = Town::open_with_refresh().await;
    let phone = town.password_with_client("alice", "wonderland").await.text("refresh_token");
    let bobs = town.password_with_client("bob", "builder").await.text("refresh_token");
    let desk = town.password_with_client("alice", "wonderland").await.text("refresh_token");
    assert_eq!(town.refresh(&phone).await.status, 400);
    assert_eq!(town.refresh(&desk).await.status, 200);
    assert_eq!(town.refresh(&bobs).await.status, 200);
}

#[tokio::test]
async fn a_refresh_elsewhere_ends_the_token_here() {
    let town = Town::open_with_refresh().await;
    let here = town.password_with_client("alice", "wonderland").await.text("refresh_token");
    let other_client = town.system().rotate_elsewhere("alice", "another-client").unwrap();
    let elsewhere = town.system().rotate_elsewhere("alice", "passerelle").unwrap();
    assert_eq!(town.refresh(&here).await.text("error"), "invalid_grant");
    assert_eq!(town.refresh(&elsewhere).await.text("userName"), "alice");
    assert_eq!(town.refresh(&other_client).await.status, 400, "it was made for another client");
    assert_eq!(town.system().rotate_elsewhere("nobody", "passerelle"), Err(RosterError::NobodyHasThatLogin));
}

#[tokio::test]
async fn one_refresh_is_answered_with_somebody_else_and_takes_nothing_from_them() {
    let town = Town::open_with_refresh().await;
    let alices = town.password_with_client("alice", "wonderland").await.text("refresh_token");
    let bobs = town.password_with_client("bob", "builder").await.text("refresh_token");
    town.system().swap_next_refresh("bob").unwrap();
    assert_eq!(town.refresh("forged").await.status, 400, "a refused one does not use it up");
    let mixed_up = town.refresh(&alices).await;
    assert_eq!((mixed_up.status, mixed_up.text("userName").as_str()), (200, "bob"));
    assert_eq!(
        (mixed_up.text("refresh_token"), mixed_up.text("as:client_id")),
        (bobs.clone(), CLIENT[0].1.into())
    );
    let me = town.read("/api/me", &mixed_up.text("access_token")).await;
    assert_eq!(me.text("UserName"), "bob");
    assert_eq!(town.refresh(&alices).await.status, 400, "alice's token is spent");
    assert_eq!(
        town.refresh(&bobs).await.text("userName"),
        "bob",
        "it happens once, and bob's token lived on"
    );
    assert_eq!(town.system().swap_next_refresh("nobody"), Err(RosterError::NobodyHasThatLogin));
}

#[tokio::test]
async fn who_has_no_refresh_token_is_given_one_in_the_answer_that_goes_astray() {
    let town = Town::open_with_refresh().await;
    let alices = town.password_with_client("alice", "wonderland").await.text("refresh_token");
    town.system().swap_next_refresh("bob").unwrap();
    let bobs = town.refresh(&alices).await.text("refresh_token");
    assert_eq!(town.refresh(&bobs).await.text("userName"), "bob");
}

#[tokio::test]
async fn the_refresh_grant_wants_the_client_in_the_body() {
    let town = Town::open_with_refresh().await;
    let token = town.password_with_client("alice", "wonderland").await.text("refresh_token");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
    let basic = town.http.post(town.url("/token")).basic_auth(CLIENT[0].1, Some(CLIENT[1].1)).form(&fields);
    let basic = Answer::of(basic.send().await.unwrap()).await;
    assert_eq!((basic.status, basic.text("error").as_str()), (400, "invalid_client"));
    let wrong = [&fields[..], &[("client_id", "passerelle"), ("client_secret", "guess")]].concat();
    assert_eq!(town.token(&wrong).await.text("error"), "invalid_client");
    assert_eq!(town.refresh(&token).await.status, 200, "neither of them spent it");
}

#[tokio::test]
async fn a_refresh_token_ends_with_its_lifetime() {
    let settings =
        Settings { refresh_on_password: true, refresh_lifetime: Duration::ZERO, ..Settings::default() };
    let town = Town::open_with(settings).await;
    let token = town.password_with_client("alice", "wonderland").await.text("refresh_token");
    assert_eq!(town.refresh(&token).await.text("error"), "invalid_grant");
}

#[tokio::test]
async fn every_refused_sign_in_has_the_same_code_and_only_the_sentence_differs() {
    let town = Town::open().await;
    let mut sentences = Vec::new();
    for (login, password) in [
        ("alice", "Wonderland"),
        ("carol", "letmein-please"),
        ("dave", "letmein-please"),
        ("erin", "letmein-please"),
        ("nobody", "wonderland"),
        ("carol", "wrong"),
    ] {
        let answer = town.password(login, password).await;
        assert_eq!((answer.status, keys(&answer)), (400, vec!["error", "error_description"]), "{login}");
        assert_eq!(answer.text("error"), "invalid_grant", "{login}");
        sentences.push(answer.text("error_description"));
    }
    let [wrong, locked, expired, disabled, unknown, wrong_of_locked] =
        <[String; 6]>::try_from(sentences).unwrap();
    assert!(locked.contains("locked") && expired.contains("expired") && disabled.contains("disabled"));
    assert!(![&locked, &expired, &disabled].contains(&&wrong));
    assert_eq!([&unknown, &wrong_of_locked], [&wrong, &wrong], "who has no password learns nothing");
}

#[tokio::test]
async fn a_grant_nobody_knows_is_refused() {
    let town = Town::open().await;
    let answer = town.token(&[("grant_type", "client_credentials")]).await;
    assert_eq!((answer.status, answer.text("error").as_str()), (400, "unsupported_grant_type"));
}

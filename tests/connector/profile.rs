//! The profile chain: which row is the person, which id names them, and where a token may go.

use passerelle::legacy::refusal::Refusal;
use rstest::rstest;
use serde_json::json;

use super::foreign::{ALICE, Foreign, PLAIN};
use super::{Town, described};
use crate::legacy_system::{Door, Fault, Person, Settings, start};

/// A search by name, and the row that must be exactly one.
const SEARCH: &str = "
    token = { url = '{base_url}/login', access_token = '/access_token' }
    profile = [{ name = 'me', url = '{base_url}/search?q={/answer/user}', expect = { rows = '/rows', at = '/login', same_as = '/answer/user' } }]
    identity = { legacy_id = '/me/id', user_name = '/me/login' }
";

#[rstest]
#[case::the_only_row(json!([{"id": 1, "login": "alice"}]), Some("1"))]
#[case::the_second_of_two(json!([{"id": 2, "login": "alice2"}, {"id": 1, "login": "alice"}]), Some("1"))]
#[case::in_another_case(json!([{"id": 1, "login": "ALICE"}]), Some("1"))]
#[case::somebody_else_alone(json!([{"id": 2, "login": "alice2"}]), None)]
#[case::the_same_name_twice(json!([{"id": 1, "login": "alice"}, {"id": 2, "login": "Alice"}]), None)]
#[case::a_row_without_a_name(json!([{"id": 2}]), None)]
#[case::a_row_that_is_none(json!(["alice"]), None)]
#[case::a_name_with_a_blank(json!([{"id": 2, "login": "alice "}]), None)]
#[case::nobody(json!([]), None)]
#[case::no_list(json!({"id": 1, "login": "alice"}), None)]
#[tokio::test]
async fn the_person_is_the_one_row_that_has_the_very_name(
    #[case] rows: serde_json::Value,
    #[case] id: Option<&str>,
) {
    let foreign = Foreign::open().await;
    foreign.says("/login", 200, r#"{"access_token":"T0KEN-1","user":"alice"}"#);
    foreign.says("/search?q=alice", 200, &json!({ "rows": rows }).to_string());
    match (foreign.sign_in(SEARCH).await, id) {
        (Ok(identity), Some(id)) => assert_eq!(identity.legacy_id.as_str(), id),
        (Err(Refusal::NoImmutableId { why }), None) => assert!(!why.contains("alice"), "{why}"),
        (came, _) => panic!("{came:?}"),
    }
}

#[tokio::test]
async fn an_answer_that_names_nobody_finds_nobody() {
    let foreign = Foreign::open().await;
    foreign.says("/search?q=", 200, r#"{"rows":[{"id":1,"login":""}]}"#);
    let refusal = foreign.sign_in(SEARCH).await.unwrap_err();
    assert!(matches!(refusal, Refusal::NoImmutableId { .. }), "{refusal}");
    assert_eq!(foreign.asked("/search?q=").len(), 0);
}

#[rstest]
#[case::a_text(json!("7f3c"), Some("7f3c"))]
#[case::a_number(json!(41), Some("41"))]
#[case::the_highest_number(json!(u64::MAX), Some("18446744073709551615"))]
#[case::missing(json!(null), None)]
#[case::empty(json!(""), None)]
#[case::blank(json!(" \t"), None)]
#[case::the_guid_of_nobody(json!("00000000-0000-0000-0000-000000000000"), None)]
#[case::the_same_in_braces(json!("{00000000-0000-0000-0000-000000000000}"), None)]
#[case::a_truth_value(json!(true), None)]
#[case::an_object(json!({"id": 1}), None)]
#[tokio::test]
async fn without_an_id_of_their_own_nobody_is_let_in(
    #[case] id: serde_json::Value,
    #[case] expected: Option<&str>,
) {
    let foreign = Foreign::open().await;
    foreign.says("/me", 200, &json!({ "id": id, "login": "alice" }).to_string());
    match (foreign.sign_in(PLAIN).await, expected) {
        (Ok(identity), Some(id)) => assert_eq!(identity.legacy_id.as_str(), id),
        (Err(Refusal::NoImmutableId { .. }), None) => {}
        (came, _) => panic!("{came:?}"),
    }
}

#[tokio::test]
async fn numbers_too_long_to_be_told_apart_name_nobody() {
    let foreign = Foreign::open().await;
    for id in ["123456789012345678901", "123456789012345678902", "1.5"] {
        foreign.says("/me", 200, &format!(r#"{{"id":{id},"login":"alice"}}"#));
        let refusal = foreign.sign_in(PLAIN).await.unwrap_err();
        assert!(matches!(refusal, Refusal::NoImmutableId { .. }), "{id}: {refusal}");
    }
}

#[rstest]
#[case::not_signed_in(401)]
#[case::forbidden(403)]
#[tokio::test]
async fn a_profile_that_refuses_a_fresh_token_is_our_mistake(#[case] status: u16) {
    let foreign = Foreign::open().await;
    foreign.says("/me", status, "{}");
    let refusal = foreign.sign_in(PLAIN).await.unwrap_err();
    assert!(
        matches!(&refusal, Refusal::TokenRefused { why } | Refusal::Misconfigured { why } if why.contains("profile step me")),
        "{refusal}"
    );
    assert_eq!(foreign.asked("/login").len(), 1);
    assert_eq!(foreign.asked("/me").len(), 1);
}

#[rstest]
#[case::an_error(500, "{}")]
#[case::a_page(200, "<html></html>")]
#[case::nothing(200, "")]
#[case::no_content(204, "")]
#[case::not_found(404, ALICE)]
#[case::accepted(202, ALICE)]
#[tokio::test]
async fn a_profile_that_does_not_come_lets_nobody_in(#[case] status: u16, #[case] body: &str) {
    let foreign = Foreign::open().await;
    foreign.says("/me", status, body);
    let refusal = foreign.sign_in(PLAIN).await.unwrap_err();
    assert!(matches!(refusal, Refusal::Unavailable { .. }), "{refusal}");
    assert_eq!(foreign.asked("/me").len(), 1, "never tried again");
}

#[tokio::test]
async fn each_step_can_use_what_came_before_and_sends_the_token() {
    let foreign = Foreign::open().await;
    foreign.says("/login", 200, r#"{"access_token":"T0KEN-1","id":"a/b c"}"#);
    foreign.says("/users/a%2Fb%20c", 200, r#"{"party":{"id":"../x?y=1#z"}}"#);
    foreign.says("/parties/..%2Fx%3Fy%3D1%23z/me", 200, ALICE);
    let description = PLAIN.replace(
        "{ name = 'me', url = '{base_url}/me' }",
        "{ name = 'user', url = '{base_url}/users/{/answer/id}' }, \
         { name = 'me', url = '{base_url}/parties/{/user/party/id}/me' }",
    );
    assert_eq!(foreign.sign_in(&description).await.unwrap().user_name, "alice");
    for path in ["/users/a%2Fb%20c", "/parties/..%2Fx%3Fy%3D1%23z/me"] {
        let asked = &foreign.asked(path)[0];
        assert_eq!(asked.header("authorization"), Some("Bearer T0KEN-1"));
        assert_eq!(asked.body, "");
    }
}

#[tokio::test]
async fn without_a_profile_the_token_answer_says_who_it_is() {
    let foreign = Foreign::open().await;
    foreign.says("/login", 200, r#"{"access_token":"T0KEN-1","user":{"id":9,"login":"alice"}}"#);
    let description = "
        token = { url = '{base_url}/login', access_token = '/access_token' }
        identity = { legacy_id = '/answer/user/id', user_name = '/answer/user/login' }";
    assert_eq!(foreign.sign_in(description).await.unwrap().legacy_id.as_str(), "9");
}

#[tokio::test]
async fn a_token_does_not_travel_on_by_a_redirect() {
    let thief = start(Settings::default(), 0).await.unwrap();
    let town = Town::open().await;
    let refusal = town.breaks(Door::Profile, Fault::Redirect(format!("{}/api/me", thief.base_url))).await;
    assert!(matches!(refusal, Refusal::Unavailable { .. }), "{refusal}");
    assert_eq!(thief.system.journal.calls().len(), 0);
}

#[tokio::test]
async fn a_short_login_is_found_among_the_many_that_begin_like_it() {
    let town = Town::open().await;
    let people = &town.running.system.people;
    people.add(Person::new("jo", "first-of-all")).unwrap();
    for number in 0..120 {
        people.add(Person::new(&format!("jo{number}"), "later")).unwrap();
    }
    let jo = town.sign_in("jo", "first-of-all").await.unwrap();
    assert_eq!(jo.user_name, "jo");
    assert_eq!(Some(jo.legacy_id.as_str().to_owned()), people.by_login("jo").unwrap().guid);
}

#[tokio::test]
async fn a_name_of_any_script_is_searched_as_it_is() {
    let town = Town::open().await;
    for login in ["a&b%c", "100%41+1", "Zoë Ωmega 🦢", "line\r\nbreak", "x#y?z/..", "{/answer/userName}"]
    {
        town.running.system.people.add(Person::new(login, "p+&%=\r\n☃")).unwrap();
        let found = town.sign_in(login, "p+&%=\r\n☃").await.unwrap();
        assert_eq!(found.user_name, login);
        assert_eq!(
            Some(found.legacy_id.as_str().to_owned()),
            town.running.system.people.by_login(login).unwrap().guid
        );
    }
}

#[test]
fn no_value_chooses_who_is_sent_a_token() {
    for url in [
        "{base_url}{/answer/x}",
        "{base_url}{/answer/x}/me",
        "https://{/answer/host}/me",
        "{/answer/url}",
        "https://members.example.org:{/answer/port}/me",
        "https:///{/answer/x}",
        "/api/me",
        "https://user:pass@members.example.org/me",
        "http://members.example.org/me",
        "ftp://members.example.org/me",
    ] {
        let text = PLAIN.replace("{base_url}/me", url);
        let problems = described(&format!("base_url = 'https://members.example.org'\n{text}")).unwrap_err();
        assert!(problems[0].starts_with("legacy.profile[0] (me).url: "), "{url}: {problems:#?}");
        assert_eq!(problems.len(), 1, "{url}: {problems:#?}");
    }
    for url in [
        "{base_url}/{/answer/x}",
        "{base_url}?id={/answer/x}",
        "https://api.example.org/me",
        "http://127.0.0.1:9/me",
    ] {
        let text = PLAIN.replace("{base_url}/me", url);
        described(&format!("base_url = 'https://members.example.org'\n{text}")).unwrap();
    }
}

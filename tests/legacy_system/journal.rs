//! The journal of calls: it must not miss, merge or repair anything, or the tests that ask it prove nothing.

use serde_json::Value;

use super::Town;

#[tokio::test]
async fn a_call_is_written_down_byte_for_byte() {
    let town = Town::open().await;
    let fields = [
        ("grant_type", "password"),
        ("password", "p+w d"),
        ("username", "a&b%c\r\nü"),
        ("username", "twice"),
    ];
    let answer = town.token(&fields).await;
    assert_eq!(answer.status, 400);
    let [call] = <[_; 1]>::try_from(town.system().journal.calls_to("/token")).unwrap();
    assert_eq!((call.method.as_str(), call.query.as_deref(), call.status), ("POST", None, Some(400)));
    assert_eq!(call.authorization, None);
    let expected: Vec<_> =
        fields.iter().map(|(name, value)| (String::from(*name), String::from(*value))).collect();
    assert_eq!(call.fields, expected);
    assert_eq!(call.field("username"), Some("a&b%c\r\nü"));
    assert!(call.form.ends_with("&username=a%26b%25c%0D%0A%C3%BC&username=twice"), "{}", call.form);
    assert!(call.at.parse::<jiff::Timestamp>().is_ok());
}

#[tokio::test]
async fn each_call_is_counted_once_in_its_order_and_can_be_forgotten() {
    let town = Town::open().await;
    let token = town.access_token_of("alice").await;
    town.read("/api/events?limit=1", &token).await;
    town.read("/api/me", "forged").await;
    town.get("/login").send().await.unwrap();
    let calls = town.system().journal.calls();
    let told: Vec<_> =
        calls.iter().map(|call| (call.path.as_str(), call.authorization.as_deref(), call.status)).collect();
    let expected = [
        ("/token", None, Some(200)),
        ("/api/events", Some("Bearer"), Some(200)),
        ("/api/me", Some("Bearer"), Some(401)),
        ("/login", None, Some(200)),
    ];
    assert_eq!(told, expected);
    assert_eq!(calls[1].query.as_deref(), Some("limit=1"));
    assert!(!format!("{calls:?}").contains(&token), "the credential itself is not kept");
    town.system().journal.clear();
    town.password("alice", "wonderland").await;
    let [call] = <[_; 1]>::try_from(town.system().journal.calls()).unwrap();
    assert_eq!(call.number, 5);
}

#[tokio::test]
async fn refresh_grants_are_counted_under_either_spelling_and_whatever_comes_of_them() {
    let town = Town::open_with_refresh().await;
    let token = town.password_with_client("alice", "wonderland").await.text("refresh_token");
    assert_eq!(town.system().journal.refreshes(), 0, "a password is no refresh");
    town.refresh(&token).await;
    town.refresh(&token).await;
    let form = [("grant_type", "refresh_token")];
    town.http.post(town.url("/Token")).form(&form).send().await.unwrap();
    town.http.post(town.url("/login")).form(&form).send().await.unwrap();
    assert_eq!(
        town.system().journal.refreshes(),
        3,
        "one granted, two refused, and a form that went elsewhere"
    );
}

#[tokio::test]
async fn the_journal_is_read_and_cleared_over_http_without_a_trace() {
    let town = Town::open().await;
    town.password("alice", "wonderland").await;
    let calls: Value = town.get("/_journal").send().await.unwrap().json().await.unwrap();
    assert_eq!(calls.as_array().unwrap().len(), 1);
    assert_eq!(calls[0]["fields"][2], serde_json::json!(["password", "wonderland"]));
    assert_eq!(calls[0]["status"], 200);
    assert_eq!(town.http.delete(town.url("/_journal")).send().await.unwrap().status(), 204);
    assert!(town.system().journal.calls().is_empty());
}

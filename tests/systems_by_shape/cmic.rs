//! CMiC: HTTP Basic with the client's code before the user name on every call, no token at all, and lists in pages.

use std::fmt::Write as _;

use passerelle::legacy::refusal::Refusal;
use serde_json::{Value, json};

use super::scripted::{Scripted, says};
use super::{Asked, System, Way};

pub(super) const WAY: Way = Way::new(
    "secrets = { reader = 'r34der' }
    identity = { legacy_id = '/user/Oid', user_name = '/user/UserId' }
    claims = { name = '/user/UserName' }
    error = [{ status = 401, outcome = 'wrong_credentials' }]
    [login]
    method = 'GET'
    url = '{base_url}/rest/login'
    basic = { user_name = 'ACME||{/typed/user_name}', password = '{/typed/password}' }
    gives_tokens = false
    success_status = 200
    [[profile]]
    name = 'user'
    url = '{base_url}/rest/users'
    query = { limit = '1000' }
    basic = { user_name = 'ACME||BRIDGE', password = '{/secret/reader}' }
    paging = { items = '/items', offset = 'offset', more = '/hasMore' }
    expect = { rows = '', at = '/UserId', same_as = '/typed/user_name' }",
    "GET /rest/login",
    typed,
);

fn typed(asked: &Asked) -> (String, String) {
    let (user_name, password) = asked.basic().unwrap();
    (user_name.strip_prefix("ACME||").unwrap().to_owned(), password)
}

/// As many users as are wanted, in pages of three.
fn users(old: &Scripted, names: &[&str]) {
    let rows: Vec<Value> = names
        .iter()
        .enumerate()
        .map(|(n, name)| json!({ "Oid": 100 + n, "UserId": name, "UserName": name.to_uppercase() }))
        .collect();
    for (page, items) in rows.chunks(3).enumerate() {
        let (offset, more) = (page * 3, (page + 1) * 3 < rows.len());
        let said =
            json!({ "items": items, "count": items.len(), "hasMore": more, "limit": 1000, "offset": offset });
        let mut wanted = String::new();
        write!(wanted, "{offset}").unwrap();
        let here = move |asked: &Asked| asked.query.get("offset").map_or("0", String::as_str) == wanted;
        old.when("GET /rest/users", here, says(200, &said));
    }
}

async fn system() -> System {
    let system = System::of(&WAY).await;
    system.old.on("GET /rest/login", says(401, &json!({})));
    system.old.when("GET /rest/login", |asked| typed(asked).1 == "wonderland", says(200, &json!({})));
    system
}

#[tokio::test]
async fn alice_has_no_token_and_is_found_on_the_second_page() {
    let system = system().await;
    users(&system.old, &["ann", "alice2", "bob", "ALICE", "zoe"]);
    let arrival = system.sign_in("alice", "wonderland").await.unwrap();
    assert!(arrival.tokens.is_none());
    let alice = arrival.identity;
    assert_eq!((alice.legacy_id.as_str(), alice.user_name.as_str()), ("103", "ALICE"));
    let pages = system.old.asked("GET /rest/users");
    assert_eq!(pages.len(), 2);
    for page in pages {
        assert_eq!(page.basic(), Some(("ACME||BRIDGE".into(), "r34der".into())));
        assert_eq!(page.query["limit"], "1000");
    }
    assert_eq!(system.connector.rotation(), None);
}

#[tokio::test]
async fn a_wrong_password_and_a_person_who_is_not_listed_stay_outside() {
    let system = system().await;
    users(&system.old, &["alice2"]);
    assert_eq!(system.refusal("alice", "x").await, Refusal::WrongCredentials);
    assert!(matches!(system.refusal("alice", "wonderland").await, Refusal::NoImmutableId { .. }));
}

//! The REST API: who is let in, the profile's shapes, pages, and who may do what.

use std::time::Duration;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{Answer, CLIENT, Town};
use crate::legacy_system::Settings;

const ALICES_GUID: &str = "6f1d4c2a-0b5e-4e7b-9a31-00c0ffee0001";

#[tokio::test]
async fn only_a_living_token_opens_the_api() {
    let town = Town::open().await;
    let token = town.access_token_of("alice").await;
    assert_eq!(town.read("/api/me", &token).await.status, 200);

    let without = town.get("/api/me").send().await.unwrap();
    assert_eq!(without.headers()["www-authenticate"], "Bearer");
    let without = Answer::of(without).await;
    assert_eq!(without.status, 401);
    assert_eq!(without.json, json!({"Message": "Authorization has been denied for this request."}));
    assert_eq!(town.read("/api/events", "forged").await.status, 401);
    let basic = town.get("/api/me").header("authorization", format!("Basic {token}")).send().await.unwrap();
    assert_eq!(basic.status(), 401);

    town.system().end_access_tokens();
    assert_eq!(town.read("/api/me", &token).await.status, 401);
    assert_eq!(town.get("/nothing-here").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_sign_out_ends_the_token_that_asks_and_every_refresh_token_of_its_person() {
    let town = Town::open_with_refresh().await;
    let other_desk = town.password_with_client("alice", "wonderland").await.text("access_token");
    let alice = town.password_with_client("alice", "wonderland").await;
    let through_another_client = town.system().rotate_elsewhere("alice", "another-client").unwrap();
    let bob = town.password_with_client("bob", "builder").await;
    let token = alice.text("access_token");
    let sign_out = async |token: &str| {
        town.http.post(town.url("/api/signout")).bearer_auth(token).send().await.unwrap().status()
    };
    assert_eq!(sign_out("forged").await, 401);
    assert_eq!(sign_out(&token).await, 204);

    assert_eq!(sign_out(&token).await, 401, "it ended itself");
    assert_eq!(town.read("/api/me", &token).await.status, 401);
    assert_eq!(town.read("/api/me", &other_desk).await.status, 200, "no other access token");
    assert_eq!(town.refresh(&alice.text("refresh_token")).await.status, 400);
    town.system().console.change(|settings| settings.client_id = "another-client".into());
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", through_another_client.as_str()),
        ("client_id", "another-client"),
        CLIENT[1],
    ];
    assert_eq!(town.token(&fields).await.text("error"), "invalid_grant", "through no client");
    town.system().console.change(|settings| settings.client_id = CLIENT[0].1.into());
    assert_eq!(town.refresh(&bob.text("refresh_token")).await.status, 200, "nobody else's");
}

#[tokio::test]
async fn an_access_token_ends_with_its_lifetime() {
    let town = Town::open_with(Settings { access_lifetime: Duration::ZERO, ..Settings::default() }).await;
    let answer = town.password("alice", "wonderland").await;
    assert_eq!(answer.json["expires_in"], 0);
    assert_eq!(town.read("/api/me", &answer.text("access_token")).await.status, 401);
}

#[tokio::test]
async fn me_is_one_object_with_everything_about_the_signed_in_user() {
    let town = Town::open().await;
    let me = town.read("/api/me", &town.access_token_of("alice").await).await.json;
    let expected = json!({
        "UserId": ALICES_GUID,
        "UserName": "alice",
        "IsDisable": false,
        "Roles": {"$values": ["Member"]},
        "MemberId": "M-00401",
        "PartyId": "10001",
        "Id": "10001",
        "UniformId": ALICES_GUID,
        "PersonName": {"FirstName": "Alice", "InformalName": "Alice", "LastName": "Liddell", "FullName": "Alice Liddell"},
        "PrimaryOrganization": {"Name": "Christ Church", "Title": "Reader"},
        "Emails": {"$values": [
            {"Address": "alice@example.org", "EmailType": "Primary", "IsPrimary": true},
            {"Address": "alice.liddell@college.example", "EmailType": "Work", "IsPrimary": false},
        ]},
        "Phones": {"$values": [
            {"Number": "+44 1865 276150", "PhoneType": "Home"},
            {"Number": "+44 7700 900123", "PhoneType": "Mobile"},
        ]},
        "Addresses": {"$values": [{"AddressPurpose": "Home", "Address": {
            "AddressLines": {"$values": ["The Deanery", "1 Looking-Glass Lane"]},
            "CityName": "Oxford",
            "CountrySubEntityName": "Oxfordshire",
            "PostalCode": "OX1 1DP",
            "CountryName": "United Kingdom",
        }}]},
        "AdditionalAttributes": {"$values": [{"Name": "MemberId", "Value": "M-00401"}]},
        "Status": {"PartyStatusId": "A", "Name": "Active"},
    });
    assert_eq!(me, expected);
}

#[tokio::test]
async fn a_party_is_seen_by_itself_and_by_the_office() {
    let town = Town::open().await;
    let [alice, bob, svc] = [
        town.access_token_of("alice").await,
        town.access_token_of("bob").await,
        town.access_token_of("svc").await,
    ];
    assert_eq!(town.read("/api/party/10002", &alice).await.status, 403);
    assert_eq!(town.read("/api/party/10001", &alice).await.status, 200);
    assert_eq!(town.read("/api/party/10001", &svc).await.json["UniformId"], ALICES_GUID);
    assert_eq!(town.read("/api/party/1", &bob).await.status, 404);
    let bobs = town.read("/api/party/10002", &bob).await.json;
    assert_eq!(bobs["PersonName"]["InformalName"], "Böb");
    assert_eq!(bobs["Emails"]["$values"][0]["IsPrimary"], false, "the primary one is not the first");
    assert!(bobs.get("UserName").is_none(), "a party is not a login");
}

#[tokio::test]
async fn users_are_found_by_prefix_and_the_first_hit_is_somebody_else() {
    let town = Town::open().await;
    town.system().people.add(crate::legacy_system::Person::new("bobby", "tables")).unwrap();
    let found = town.read("/api/user?username=BOB", &town.access_token_of("svc").await).await.json;
    let names: Vec<&Value> =
        found["Items"]["$values"].as_array().unwrap().iter().map(|row| &row["UserName"]).collect();
    assert_eq!(names, ["bobby", "bob"]);
    let bob = &found["Items"]["$values"][1];
    assert_eq!(bob["Party"]["Email"], "bob@example.org");
    assert_eq!(bob["Party"]["UniformId"], bob["UserId"]);
    assert_eq!(bob["Party"]["Name"], "Robert Bäumeister");
    assert_eq!(found["TotalCount"], 2);
}

#[rstest]
#[case::the_first_page("", [0, 100, 100, 100], true)]
#[case::a_page_within("?limit=10&offset=20", [20, 10, 10, 30], true)]
#[case::more_than_is_allowed("?limit=5000", [0, 1000, 1000, 1000], true)]
#[case::the_last_page("?Limit=1000&Offset=1000", [1000, 1000, 47, 0], false)]
#[case::beyond_the_end("?offset=9999", [9999, 100, 0, 0], false)]
#[tokio::test]
async fn collections_are_paged(#[case] query: &str, #[case] numbers: [usize; 4], #[case] has_next: bool) {
    let town = Town::open().await;
    let page = town.read(&format!("/api/members{query}"), &town.access_token_of("svc").await).await.json;
    let [offset, limit, count, next] = numbers;
    assert_eq!(page["Items"]["$values"].as_array().unwrap().len(), count);
    let mut rest = page.clone();
    rest.as_object_mut().unwrap().remove("Items");
    let expected = json!({
        "Offset": offset, "Limit": limit, "Count": count, "TotalCount": 1047, "HasNext": has_next, "NextOffset": next,
    });
    assert_eq!(rest, expected);
}

#[tokio::test]
async fn a_window_that_is_no_number_is_refused() {
    let town = Town::open().await;
    let answer = town.read("/api/members?limit=all", &town.access_token_of("svc").await).await;
    assert_eq!(
        (answer.status, answer.json),
        (400, json!({"Message": "The request is invalid. limit is not a number."}))
    );
}

fn body_for(path: &str) -> Value {
    if path.starts_with("/api/events") {
        json!({"Title": "Fête du pont", "City": "Avignon", "Begins": "2026-07-14T10:00:00", "Seats": 12})
    } else if path.starts_with("/api/invoices") {
        json!({"PartyId": "10001", "Description": "Tea", "Amount": 4.5, "Currency": "EUR", "IsPaid": false})
    } else {
        json!({"Name": "New Member", "MemberType": "Regular", "City": "Gent"})
    }
}

/// One row for each action and record; 30001 is alice's invoice, 30002 is not.
#[rstest]
#[case("GET", "/api/events", [200, 200, 200, 403])]
#[case("GET", "/api/events/501", [200, 200, 200, 403])]
#[case("GET", "/api/invoices", [200, 200, 200, 403])]
#[case("GET", "/api/invoices/30001", [200, 200, 200, 403])]
#[case("GET", "/api/invoices/30002", [403, 200, 200, 403])]
#[case("GET", "/api/members", [200, 200, 200, 200])]
#[case("GET", "/api/members/10002", [403, 200, 200, 200])]
#[case("POST", "/api/events", [403, 201, 201, 403])]
#[case("POST", "/api/invoices", [403, 201, 201, 403])]
#[case("POST", "/api/members", [403, 403, 201, 403])]
#[case("PUT", "/api/events/501", [403, 200, 200, 403])]
#[case("PUT", "/api/invoices/30001", [403, 403, 200, 403])]
#[case("PUT", "/api/members/10001", [403, 403, 200, 403])]
#[tokio::test]
async fn roles_decide_who_may_what(#[case] method: Method, #[case] path: &str, #[case] expected: [u16; 4]) {
    let town = Town::open().await;
    let mut statuses = Vec::new();
    for login in ["alice", "bob", "admin", "svc"] {
        let token = town.access_token_of(login).await;
        statuses.push(town.call(method.clone(), path, &token, &body_for(path)).await.status);
    }
    assert_eq!(statuses, expected);
}

#[tokio::test]
async fn a_member_sees_only_the_own_invoices_and_what_staff_adds_to_them() {
    let town = Town::open().await;
    let [alice, bob] = [town.access_token_of("alice").await, town.access_token_of("bob").await];
    let before = town.read("/api/invoices", &alice).await.json;
    assert_eq!(before["TotalCount"], 3);
    let written = town.call(Method::POST, "/api/invoices", &bob, &body_for("/api/invoices")).await.json;
    let after = town.read("/api/invoices", &alice).await.json;
    let rows = after["Items"]["$values"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["PartyId"] == "10001"));
    assert_eq!((rows.len(), rows.last()), (4, Some(&written)));
    assert_eq!(
        town.read(&format!("/api/invoices/{}", written["Id"].as_str().unwrap()), &alice).await.json,
        written
    );
}

#[tokio::test]
async fn a_change_is_kept_and_a_bad_one_is_refused() {
    let town = Town::open().await;
    let bob = town.access_token_of("bob").await;
    let mut body = body_for("/api/events");
    town.call(Method::PUT, "/api/events/501", &bob, &body).await;
    assert_eq!(town.read("/api/events/501", &bob).await.json["Title"], "Fête du pont");
    assert_eq!(town.call(Method::PUT, "/api/events/1", &bob, &body).await.status, 404);
    body["Colour"] = json!("red");
    let refused = town.call(Method::POST, "/api/events", &bob, &body).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text("Message").contains("Colour"));
}

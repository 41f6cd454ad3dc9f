//! What happens to people while the system runs: renamed, disabled, replaced, spelt oddly.

use super::Town;
use crate::legacy_system::{Person, RosterError, Standing};

#[tokio::test]
async fn a_changed_login_keeps_the_guid_and_the_tokens() {
    let town = Town::open().await;
    let token = town.access_token_of("alice").await;
    let before = town.read("/api/me", &token).await.json;
    town.system().people.rename("alice", "alicia").unwrap();
    let after = town.read("/api/me", &token).await.json;
    assert_eq!((&after["UserName"], &after["UserId"]), (&"alicia".into(), &before["UserId"]));
    assert_eq!(town.password("alice", "wonderland").await.status, 400);
    assert_eq!(town.password("alicia", "wonderland").await.text("userName"), "alicia");
    assert_eq!(town.system().people.rename("bob", "ALICIA"), Err(RosterError::LoginTaken));
}

#[tokio::test]
async fn a_reused_login_is_another_person_with_another_guid() {
    let town = Town::open().await;
    let old = town.access_token_of("alice").await;
    town.system().people.give_login_to_another("alice", "looking-glass").unwrap();
    let new = town.password("alice", "looking-glass").await.text("access_token");
    let [old, new] = [town.read("/api/me", &old).await.json, town.read("/api/me", &new).await.json];
    assert_eq!(new["UserName"], "alice");
    assert!(new["UserId"].is_string() && new["UserId"] != old["UserId"] && new["PartyId"] != old["PartyId"]);
}

#[tokio::test]
async fn a_lost_guid_is_missing_everywhere() {
    let town = Town::open().await;
    let token = town.access_token_of("alice").await;
    town.system().people.lose_guid("alice").unwrap();
    let row = town.read("/api/user?username=alice", &token).await.json["Items"]["$values"][0].clone();
    for profile in [town.read("/api/me", &token).await.json, row["Party"].clone(), row] {
        assert!(profile.is_object() && profile.get("UserId").is_none() && profile.get("UniformId").is_none());
    }
}

#[tokio::test]
async fn a_disabled_user_still_refreshes_and_still_gets_a_200_that_says_so() {
    let town = Town::open_with_refresh().await;
    let granted = town.password_with_client("alice", "wonderland").await;
    town.system().people.disable("alice").unwrap();
    assert_eq!(town.password_with_client("alice", "wonderland").await.status, 400);
    let refreshed = town.refresh(&granted.text("refresh_token")).await;
    assert_eq!(refreshed.status, 200);
    let token = refreshed.text("access_token");
    let me = town.read("/api/me", &token).await;
    assert_eq!(
        (me.status, &me.json["IsDisable"], &me.json["Status"]["Name"]),
        (200, &true.into(), &"Inactive".into())
    );
    assert_eq!(town.read("/api/invoices", &token).await.status, 403);
}

#[tokio::test]
async fn who_was_disabled_is_let_in_again() {
    let town = Town::open().await;
    let people = &town.system().people;
    people.disable("alice").unwrap();
    assert_eq!(town.password("alice", "wonderland").await.status, 400);
    people.enable("alice").unwrap();
    let token = town.password("alice", "wonderland").await.text("access_token");
    assert_eq!(town.read("/api/me", &token).await.json["IsDisable"], false);
    assert_eq!(people.enable("nobody"), Err(RosterError::NobodyHasThatLogin));
}

#[tokio::test]
async fn a_new_password_replaces_the_old_one_and_an_unlocked_user_gets_in() {
    let town = Town::open().await;
    let people = &town.system().people;
    people.set_password("alice", "through the looking-glass").unwrap();
    assert_eq!(town.password("alice", "wonderland").await.status, 400);
    assert_eq!(town.password("alice", "through the looking-glass").await.status, 200);
    people.change("carol", |person| person.standing = Standing::Active).unwrap();
    assert_eq!(town.password("carol", "letmein-please").await.status, 200);
    assert_eq!(people.disable("nobody"), Err(RosterError::NobodyHasThatLogin));
}

#[tokio::test]
async fn any_login_can_be_typed_and_comes_back_as_it_was() {
    let town = Town::open().await;
    for login in ["a&b%c", "line\r\nbreak", "ümläut+plus", "日本 user", " space ", "nul\0"] {
        town.system().people.add(Person::new(login, "p&w=%+\r\n")).unwrap();
        let answer = town.password(login, "p&w=%+\r\n").await;
        assert_eq!(answer.text("userName"), login);
        let me = town.read("/api/me", &answer.text("access_token")).await.json;
        assert_eq!(me["UserName"], login);
    }
    assert_eq!(town.password("space", "p&w=%+\r\n").await.status, 400, "nothing is trimmed");
    assert!(matches!(town.system().people.add(Person::new("BOB", "x")), Err(RosterError::LoginTaken)));
}

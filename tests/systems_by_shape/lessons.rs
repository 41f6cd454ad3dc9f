//! What other bridges learnt at these systems, where it concerns the connector alone.

use passerelle::legacy::probe::Life;
use passerelle::legacy::refusal::Refusal;
use passerelle::secret::Secret;
use serde_json::json;

use super::scripted::says;
use super::{System, directus, matrix, refresh};

#[tokio::test]
async fn a_refresh_that_works_is_no_proof_of_life() {
    let system = matrix::system().await;
    let locked = json!({ "errcode": "M_USER_LOCKED", "soft_logout": true });
    system.old.on("GET /_matrix/client/v3/account/whoami", says(401, &locked));
    assert_eq!(
        refresh(&system.refreshed("syr_1").await.unwrap()),
        Some("syr_2"),
        "a locked user can refresh"
    );
    assert_eq!(system.life("syt_2", "@alice:example.org").await, Life::Over);
}

#[tokio::test]
async fn a_profile_that_comes_is_no_proof_of_life() {
    let system = directus::system().await;
    system.old.on("GET /users/me", says(200, &json!({ "data": { "id": "d1r3" } })));
    assert_eq!(system.life("T", "d1r3").await, Life::Over);
}

#[tokio::test]
async fn a_sign_out_that_is_not_heard_is_told_and_changes_nothing() {
    let system = matrix::system().await;
    system.old.on("POST /_matrix/client/v3/logout", says(500, &json!({})));
    let refusal = system.connector.sign_out(&Secret::from("syt_1"), None).await.unwrap_err();
    assert!(matches!(refusal, Refusal::Unavailable { .. }), "{refusal}");
}

#[tokio::test]
async fn spellings_of_one_name_are_one_name_before_anything_is_counted() {
    let way = super::Way::new(
        "preset = 'directus'\nuser_name = \"typed.user_name | trim | lower | with_suffix('@example.org')\"",
        "POST /auth/login",
        directus::WAY.typed,
    );
    let system = System::of(&way).await;
    for typed in ["alice", " Alice ", "ALICE@example.org", "alice@EXAMPLE.ORG"] {
        assert_eq!(system.connector.user_name(typed).as_deref(), Some("alice@example.org"));
        system.sign_in(typed, "x").await.unwrap_err();
        assert_eq!(system.old.last("POST /auth/login").json_at("/email"), "alice@example.org");
    }
}

#[tokio::test]
async fn a_system_that_is_down_is_unavailable_in_whatever_way_it_is_down() {
    let system = directus::system().await;
    for (status, body) in [
        (500, "{}"),
        (502, "<html>Bad gateway</html>"),
        (503, ""),
        (504, "timeout"),
        (200, "<html>maintenance</html>"),
    ] {
        system.old.on("POST /auth/login", super::scripted::text(status, "text/html", body));
        let refusal = system.refusal("alice", "wonderland").await;
        assert!(matches!(refusal, Refusal::Unavailable { .. }), "{status}: {refusal}");
    }
}

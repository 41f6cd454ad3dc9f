//! Strapi 5: an identifier, a message for each reason, and refresh tokens where its sessions are managed.

use passerelle::legacy::probe::Life;
use passerelle::legacy::refresh::Class;
use passerelle::legacy::refusal::Refusal;
use rstest::rstest;
use serde_json::{Value, json};

use super::scripted::{jwt, says};
use super::{Asked, System, Way, about, epoch, refresh};

pub(super) const WAY: Way = Way::new("preset = 'strapi'", "POST /api/auth/local", typed);

fn typed(asked: &Asked) -> (String, String) {
    (asked.json_at("/identifier"), asked.json_at("/password"))
}

fn refused(message: &str) -> Value {
    json!({ "data": null, "error": { "status": 400, "name": "ValidationError", "message": message, "details": {} } })
}

async fn system() -> System {
    let system = System::of(&WAY).await;
    system.old.on("POST /api/auth/local", says(400, &refused("Invalid identifier or password")));
    let user = json!({ "id": 8, "documentId": "x7", "username": "alice", "email": "alice@example.org", "blocked": false });
    let token = jwt(&json!({ "id": 8, "exp": epoch(600) }));
    let granted = json!({ "jwt": token, "refreshToken": "R1", "user": user });
    system.old.when("POST /api/auth/local", |asked| typed(asked).1 == "wonderland", says(200, &granted));
    let renewed = json!({ "jwt": token, "refreshToken": "R2" });
    system.old.when(
        "POST /api/auth/refresh",
        |asked| asked.json_at("/refreshToken") == "R1",
        says(200, &renewed),
    );
    let me = json!({ "id": 8, "username": "alice", "email": "alice@example.org", "blocked": false, "role": { "name": "Editor" } });
    system.old.on("GET /api/users/me", says(200, &me));
    system
}

#[tokio::test]
async fn alice_signs_in_and_the_token_tells_when_it_ends() {
    let system = system().await;
    let (alice, tokens) = system.alice().await;
    assert_eq!((alice.legacy_id.as_str(), alice.user_name.as_str()), ("8", "alice"));
    assert_eq!(
        (&alice.claims["roles"], &alice.claims["email"]),
        (&json!(["Editor"]), &json!("alice@example.org"))
    );
    assert!(about(&tokens, 600), "{tokens:?}");
    assert_eq!(refresh(&tokens), Some("R1"));
    assert_eq!(system.old.last("GET /api/users/me").query["populate"], "role");
}

#[rstest]
#[case(400, "Invalid identifier or password", Refusal::WrongCredentials)]
#[case(400, "Your account email is not confirmed", Refusal::Unconfirmed)]
#[case(400, "Your account has been blocked by an administrator", Refusal::Disabled)]
#[case(429, "Too many requests, please try again later.", Refusal::RateLimited { after: None })]
#[case(400, "This provider is disabled", Refusal::Misconfigured { why: "status 400, by legacy.error[4]".into() })]
#[tokio::test]
async fn the_message_tells_why(#[case] status: u16, #[case] message: &str, #[case] refusal: Refusal) {
    let system = system().await;
    system.old.on("POST /api/auth/local", says(status, &refused(message)));
    assert_eq!(system.refusal("alice", "wonderland").await, refusal);
}

#[tokio::test]
async fn a_refresh_rotates_and_a_closed_route_is_no_verdict() {
    let system = system().await;
    assert_eq!(refresh(&system.refreshed("R1").await.unwrap()), Some("R2"));
    for (status, class) in [(401, Class::Fatal), (403, Class::Transient), (404, Class::Transient)] {
        system.old.on("POST /api/auth/refresh", says(status, &refused("…")));
        assert_eq!(system.refreshed("R2").await.unwrap_err().class, class, "{status}");
    }
}

#[tokio::test]
async fn where_sessions_are_not_managed_there_is_no_refresh_token() {
    let system = system().await;
    let granted = json!({ "jwt": jwt(&json!({ "id": 8 })), "user": { "id": 8, "username": "alice" } });
    system.old.on("POST /api/auth/local", says(200, &granted));
    let (_, tokens) = system.alice().await;
    assert_eq!((refresh(&tokens), tokens.lifetime), (None, None));
}

#[tokio::test]
async fn who_is_blocked_is_out() {
    let system = system().await;
    assert_eq!(system.life("T", "8").await, Life::Alive);
    system.old.on("GET /api/users/me", says(200, &json!({ "id": 8, "blocked": true })));
    assert_eq!(system.life("T", "8").await, Life::Over);
}

//! How the gateway says no.

use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use crate::support::browser::Shown;
use crate::support::gate::{Gate, ROUTES};

const METADATA: &str =
    "resource_metadata=\"http://localhost:8080/.well-known/oauth-protected-resource/gateway/echo\"";

fn challenge(shown: &Shown) -> String {
    shown.header("www-authenticate").unwrap_or_default()
}

fn refused(shown: &Shown) -> (u16, String) {
    (shown.status.as_u16(), shown.json()["error"].as_str().unwrap().to_owned())
}

/// The first route with something in front of its first rule, or in place of its scopes.
fn with_rule(rule: &str) -> String {
    ROUTES.replacen("scopes = [\"events.read\"]", rule, 1)
}

#[tokio::test]
async fn without_a_token_nobody_is_told_an_error() {
    let gate = Gate::open().await;
    let shown = gate.sends(Method::GET, "/gateway/echo/x", &[], Body::empty()).await;
    assert_eq!(shown.status, 401);
    // RFC 6750 §3.1.
    assert_eq!(challenge(&shown), format!("Bearer realm=\"passerelle\", {METADATA}"));
    // RFC 6750 §2.3 is not among the ways in.
    let path = format!("/gateway/echo/x?access_token={}", gate.alice().await);
    assert_eq!(gate.sends(Method::GET, &path, &[], Body::empty()).await.status, 401);
    assert!(gate.upstream.seen().is_empty());
}

#[tokio::test]
async fn a_token_that_is_no_good_is_told() {
    let gate = Gate::open().await;
    for token in ["nonsense", "a.b.c", &format!("{}x", gate.alice().await)] {
        let shown = gate.get("/gateway/echo/x", token).await;
        assert_eq!(refused(&shown), (401, "invalid_token".to_owned()));
        assert!(challenge(&shown).contains("error=\"invalid_token\", error_description=\""), "{shown:?}");
        assert!(challenge(&shown).ends_with(METADATA));
    }
    let token = gate.alice().await;
    gate.house.forward(Duration::from_mins(11));
    assert_eq!(refused(&gate.get("/gateway/echo/x", &token).await).0, 401, "expired");
    let ids = gate.signs_in("alice", "wonderland").await.1;
    assert_eq!(refused(&gate.get("/gateway/echo/x", ids.id()).await).0, 401, "an ID token is none");
}

#[tokio::test]
async fn one_header_with_one_token_is_the_only_way() {
    let gate = Gate::open().await;
    let bearer = format!("Bearer {}", gate.alice().await);
    let other = [("authorization", bearer.as_str()), ("authorization", bearer.as_str())];
    let shown = gate.sends(Method::GET, "/gateway/echo/x", &other, Body::empty()).await;
    assert_eq!(refused(&shown), (400, "invalid_request".to_owned()));
    for (value, status) in [("Basic eA==", 401), ("Bearer", 400), ("Bearer a b", 400), ("bearer a\"b", 400)] {
        let shown =
            gate.sends(Method::GET, "/gateway/echo/x", &[("authorization", value)], Body::empty()).await;
        assert_eq!(shown.status, status, "{value}");
    }
}

#[tokio::test]
async fn a_token_for_another_api_opens_nothing() {
    let gate = Gate::open().await;
    let fields = [("grant_type", "client_credentials"), ("resource", "https://ledger.example.org")];
    let tokens = gate.house.service().token(&fields).await.json();
    let shown = gate.get("/gateway/echo/x", tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(refused(&shown), (401, "invalid_token".to_owned()));
    assert!(shown.body.contains("another API"));
}

#[tokio::test]
async fn a_scope_that_is_missing_is_named() {
    let gate = Gate::with(&with_rule("scopes = [\"events.write\"]")).await;
    let shown = gate.get("/gateway/echo/x", &gate.alice().await).await;
    assert_eq!(refused(&shown), (403, "insufficient_scope".to_owned()));
    assert!(challenge(&shown).contains("error=\"insufficient_scope\""));
    assert!(challenge(&shown).contains("scope=\"events.write\""), "{shown:?}");
}

#[tokio::test]
async fn what_no_rule_allows_and_what_wants_a_role_is_forbidden() {
    let gate = Gate::with(&with_rule("methods = [\"GET\"]\nroles = [\"Staff\"]")).await;
    let alice = gate.alice().await;
    for method in [Method::GET, Method::POST] {
        let shown = gate.call(method, "/gateway/echo/x", &alice).await;
        assert_eq!(refused(&shown), (403, "access_denied".to_owned()));
        assert_eq!(challenge(&shown), "");
    }
    let bob = gate.signs_in("bob", "builder").await.1;
    assert_eq!(gate.get("/gateway/echo/x", bob.access()).await.status, 200);
    assert_eq!(gate.call(Method::HEAD, "/gateway/echo/x", bob.access()).await.status, 200);
    assert_eq!(refused(&gate.get("/gateway/nowhere/x", bob.access()).await).0, 403);
}

#[tokio::test]
async fn an_old_sign_in_is_asked_to_be_fresh_and_a_fresh_one_is_let_in() {
    let gate =
        Gate::with(&with_rule("max_age = \"5min\"\nacr_values = [\"urn:passerelle:acr:password\"]")).await;
    let token = gate.alice().await;
    assert_eq!(gate.get("/gateway/echo/x", &token).await.status, 200);
    gate.house.forward(Duration::from_secs(301));
    let shown = gate.get("/gateway/echo/x", &token).await;
    // RFC 9470 §3.
    assert_eq!(refused(&shown), (401, "insufficient_user_authentication".to_owned()));
    assert!(challenge(&shown).contains("error=\"insufficient_user_authentication\""));
    assert!(
        challenge(&shown).contains("acr_values=\"urn:passerelle:acr:password\", max_age=\"300\""),
        "{shown:?}"
    );
    assert_eq!(gate.get("/gateway/echo/x", &gate.alice().await).await.status, 200);
}

#[tokio::test]
async fn each_route_says_what_it_is() {
    let gate = Gate::open().await;
    let shown = gate
        .sends(Method::GET, "/.well-known/oauth-protected-resource/gateway/echo", &[], Body::empty())
        .await;
    // RFC 9728 §3.2.
    let expected = json!({
        "resource": "http://localhost:8080/gateway/echo",
        "authorization_servers": ["http://localhost:8080"],
        "scopes_supported": ["events.read", "events.write"],
        "bearer_methods_supported": ["header"],
    });
    assert_eq!(shown.json(), expected);
}

#[tokio::test]
async fn too_many_requests_wait_each_for_themselves() {
    let limits = "timeout = \"2s\"\nlimits = { per_second = 1, burst = 3 }";
    let gate = Gate::with(&ROUTES.replacen("timeout = \"2s\"", limits, 1)).await;
    let (alice, bob) = (gate.alice().await, gate.signs_in("bob", "builder").await.1);
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(gate.get("/gateway/echo/x", &alice).await);
    }
    let last = statuses.last().unwrap();
    assert_eq!(refused(last), (429, "too_many_requests".to_owned()));
    assert_eq!(last.header("retry-after").as_deref(), Some("1"));
    assert!(statuses.iter().filter(|shown| shown.status == 200).count() >= 3);
    assert_eq!(gate.get("/gateway/echo/x", bob.access()).await.status, 200, "bob did nothing");
}

#[tokio::test]
async fn so_many_at_a_time_and_no_more() {
    let limits = "timeout = \"1s\"\nlimits = { concurrent = 2 }";
    let gate = Gate::with(&ROUTES.replacen("timeout = \"2s\"", limits, 1)).await;
    let alice = gate.alice().await;
    gate.get("/gateway/echo/x", &alice).await;
    let slow = || gate.get("/gateway/echo/slow", &alice);
    let (first, second, third) = tokio::join!(slow(), slow(), slow());
    let mut statuses = [first, second, third].map(|shown| shown.status.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [429, 504, 504]);
    assert_eq!(gate.get("/gateway/echo/x", &alice).await.status, 200, "the places are free again");
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_whether_its_length_is_told_or_not() {
    let limited = "timeout = \"2s\"\nbody_limit = 1000";
    let gate = Gate::with(&ROUTES.replacen("timeout = \"2s\"", limited, 1)).await;
    let bearer = format!("Bearer {}", gate.alice().await);
    let headers = [("authorization", bearer.as_str())];
    let post = async |body: Body| gate.sends(Method::POST, "/gateway/echo/up", &headers, body).await;
    let chunks = |count: usize| {
        let chunk = Ok::<_, std::convert::Infallible>("x".repeat(100));
        Body::from_stream(futures_util::stream::iter(vec![chunk; count]))
    };
    assert_eq!(post(Body::from("x".repeat(1000))).await.json(), json!({ "bytes": 1000 }));
    assert_eq!(post(chunks(10)).await.json(), json!({ "bytes": 1000 }));
    assert_eq!(refused(&post(Body::from("x".repeat(1001))).await), (413, "invalid_request".to_owned()));
    assert_eq!(refused(&post(chunks(11)).await).0, 413);
}

#[tokio::test]
async fn an_api_that_is_away_or_silent_is_told_apart() {
    let gate = Gate::with(&ROUTES.replacen("{upstream}", "http://127.0.0.1:1", 1)).await;
    let shown = gate.get("/gateway/echo/x", &gate.alice().await).await;
    assert_eq!(refused(&shown), (502, "bad_gateway".to_owned()));
    let gate = Gate::with(&ROUTES.replacen("timeout = \"2s\"", "timeout = \"1s\"", 1)).await;
    let shown = gate.get("/gateway/echo/slow", &gate.alice().await).await;
    assert_eq!(refused(&shown), (504, "gateway_timeout".to_owned()));
}

#[tokio::test]
async fn in_shadow_a_denial_is_only_said() {
    let shadow =
        with_rule("roles = [\"Staff\"]").replacen("timeout = \"2s\"", "timeout = \"2s\"\nshadow = true", 1);
    let gate = Gate::with(&shadow).await;
    let alice = gate.alice().await;
    assert_eq!(gate.call(Method::DELETE, "/gateway/echo/x", &alice).await.status, 200);
    assert_eq!(gate.upstream.seen(), ["DELETE /x"]);
    assert_eq!(gate.get("/gateway/echo/x", "nonsense").await.status, 401, "only rules are in shadow");
}

#[tokio::test]
async fn a_client_that_stands_for_nobody_there_is_told() {
    let gate = Gate::open().await;
    let service = gate.service().await;
    let shown = gate.get("/gateway/legacy/api/members", &service).await;
    assert_eq!(refused(&shown), (403, "access_denied".to_owned()));
}

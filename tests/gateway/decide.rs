//! Other proxies ask.

use axum::body::Body;
use axum::http::Method;

use crate::support::browser::Shown;
use crate::support::gate::{Gate, ROUTES};

const SECRET: &str = "a-secret-between-two-proxies";

fn routes(decide: &str) -> String {
    ROUTES.replace("[gateway]\n", &format!("[gateway]\ndecide = {decide}\n"))
}

async fn asks(gate: &Gate, headers: &[(&str, &str)], token: Option<&str>) -> Shown {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut all = headers.to_vec();
    if let Some(bearer) = &bearer {
        all.push(("authorization", bearer.as_str()));
    }
    gate.sends(Method::GET, "/gateway/decide", &all, Body::empty()).await
}

#[tokio::test]
async fn a_proxy_with_the_secret_is_told_yes_and_who_or_no_and_why() {
    let gate = Gate::with(&routes(&format!("{{ secret = \"{SECRET}\" }}"))).await;
    let alice = gate.alice().await;
    let about = |method: &'static str, uri: &'static str| {
        [("x-gateway-secret", SECRET), ("x-original-method", method), ("x-original-uri", uri)]
    };
    let yes = asks(&gate, &about("POST", "/gateway/echo/x?y"), Some(&alice)).await;
    assert_eq!((yes.status.as_u16(), yes.body.as_str()), (200, ""));
    assert_eq!(yes.header("x-user").as_deref(), Some("alice"));
    assert_eq!(yes.header("x-client").as_deref(), Some("web"));

    let unknown = asks(&gate, &about("GET", "/gateway/echo/x"), None).await;
    assert_eq!(unknown.status, 401);
    assert!(unknown.header("www-authenticate").unwrap().contains("resource_metadata="));
    assert_eq!(asks(&gate, &about("GET", "/gateway/echo/x"), Some("nonsense")).await.status, 401);
    // Everything else is a no that every proxy understands.
    for uri in ["/gateway/echo/../x", "/gateway/other/x", "/x", "/gateway/echo/%2e%2e/x"] {
        assert_eq!(asks(&gate, &about("GET", uri), Some(&alice)).await.status, 403, "{uri}");
    }
    assert!(gate.upstream.seen().is_empty(), "nobody is called");
}

#[tokio::test]
async fn strangers_find_no_such_endpoint() {
    let original = [("x-original-method", "GET"), ("x-original-uri", "/gateway/echo/x")];
    let gate = Gate::with(&routes(&format!("{{ secret = \"{SECRET}\" }}"))).await;
    let alice = gate.alice().await;
    assert_eq!(asks(&gate, &original, Some(&alice)).await.status, 404);
    let wrong = [("x-gateway-secret", "wrong"), original[0], original[1]];
    assert_eq!(asks(&gate, &wrong, Some(&alice)).await.status, 404);
    let twice = [("x-gateway-secret", SECRET), ("x-gateway-secret", SECRET), original[0], original[1]];
    assert_eq!(asks(&gate, &twice, Some(&alice)).await.status, 404);
    let off = Gate::open().await;
    let alice = off.alice().await;
    assert_eq!(asks(&off, &original, Some(&alice)).await.status, 403, "no route has this prefix");
}

#[tokio::test]
async fn only_the_headers_that_were_agreed_on_count() {
    let gate = Gate::with(&routes(&format!("{{ secret = \"{SECRET}\", headers = \"forwarded\" }}"))).await;
    let alice = gate.alice().await;
    let secret = ("x-gateway-secret", SECRET);
    let original = [secret, ("x-original-method", "GET"), ("x-original-uri", "/gateway/echo/x")];
    assert_eq!(asks(&gate, &original, Some(&alice)).await.status, 400);
    let forwarded = [secret, ("x-forwarded-method", "GET"), ("x-forwarded-uri", "/gateway/echo/x")];
    assert_eq!(asks(&gate, &forwarded, Some(&alice)).await.status, 200);
    let both = [forwarded.as_slice(), &[("x-forwarded-uri", "/gateway/echo/y")]].concat();
    assert_eq!(asks(&gate, &both, Some(&alice)).await.status, 400, "of two none is the better");
    let whole = [secret, ("x-forwarded-method", "GET"), ("x-forwarded-uri", "http://a/gateway/echo/x")];
    assert_eq!(asks(&gate, &whole, Some(&alice)).await.status, 400);
}

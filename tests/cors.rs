//! Which scripts may call which endpoints.

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};

use crate::support::bridge::{bridge, get};
use crate::support::machines::{Answer, posted, send};

/// The origin of the example configuration's JavaScript app.
const SPA: &str = "http://localhost:3001";
const ALLOWED: &str = "access-control-allow-origin";

async fn preflight(router: &Router, path: &str, origin: &str, method: &str, headers: &str) -> Answer {
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri(path)
        .header(header::ORIGIN, origin)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, method)
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, headers);
    send(router, request.body(Body::empty()).unwrap()).await
}

/// The words of a header that lists them.
fn list(answer: &Answer, name: &str) -> Vec<String> {
    answer.header(name).split(',').map(|word| word.trim().to_ascii_lowercase()).collect()
}

#[tokio::test]
async fn the_registered_origin_may_call_token_userinfo_and_revocation() {
    let router = bridge(&[]).await;
    for (path, method) in
        [("/token", "POST"), ("/userinfo", "GET"), ("/userinfo", "POST"), ("/revoke", "POST")]
    {
        let answer = preflight(&router, path, SPA, method, "authorization, content-type").await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.header(ALLOWED), SPA, "{path}");
        assert!(list(&answer, "access-control-allow-methods").contains(&method.to_ascii_lowercase()));
        let headers = list(&answer, "access-control-allow-headers");
        assert_eq!(headers, ["authorization", "content-type"], "{path}");
        // A script brings its token itself; cookies have no business here.
        assert_eq!(answer.header("access-control-allow-credentials"), "");
        assert!(list(&answer, "vary").contains(&"origin".to_owned()));
    }
}

#[tokio::test]
async fn a_registered_origin_can_read_answers_and_refusals() {
    let router = bridge(&[]).await;
    let mut request = posted("/token", None, &[("grant_type", "nonsense"), ("client_id", "demo-spa")]);
    request.headers_mut().insert(header::ORIGIN, SPA.parse().unwrap());
    let answer = send(&router, request).await;
    assert_eq!((answer.status, answer.header(ALLOWED)), (StatusCode::BAD_REQUEST, SPA));
    let answer = get(&router, "/userinfo", &[("origin", SPA)]).await;
    assert_eq!((answer.status, answer.header(ALLOWED)), (StatusCode::UNAUTHORIZED, SPA));
    assert_eq!(list(&answer, "access-control-expose-headers"), ["www-authenticate"]);
}

#[tokio::test]
async fn origins_are_compared_character_by_character() {
    let router = bridge(&[]).await;
    for origin in [
        "http://localhost:3000",
        "http://localhost:30011",
        "http://localhost",
        "https://localhost:3001",
        "http://localhost:3001/",
        "http://localhost:3001.evil.example",
        "http://LOCALHOST:3001",
        "http://evil.example",
        "null",
    ] {
        for path in ["/token", "/userinfo", "/revoke"] {
            let answer = preflight(&router, path, origin, "POST", "authorization").await;
            assert_eq!(answer.header(ALLOWED), "", "{origin} {path}");
        }
        let answer = get(&router, "/userinfo", &[("origin", origin)]).await;
        assert_eq!(answer.header(ALLOWED), "", "{origin}");
    }
}

#[tokio::test]
async fn any_origin_may_read_the_public_documents_and_none_brings_cookies() {
    let router = bridge(&[]).await;
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks"] {
        let answer = get(&router, path, &[("origin", "https://anybody.example")]).await;
        assert_eq!((answer.status, answer.header(ALLOWED)), (StatusCode::OK, "*"), "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), "");
        let answer = preflight(&router, path, "https://anybody.example", "GET", "").await;
        assert_eq!(answer.header("access-control-allow-methods"), "GET", "{path}");
    }
}

#[tokio::test]
async fn no_script_calls_pages_or_introspection() {
    let router = bridge(&[]).await;
    for path in ["/authorize", "/sign-in", "/consent", "/end-session", "/sign-out", "/introspect"] {
        for method in ["GET", "POST"] {
            let answer = preflight(&router, path, SPA, method, "authorization, content-type").await;
            let granted: Vec<_> =
                answer.headers.keys().filter(|name| name.as_str().starts_with("access-control-")).collect();
            assert!(granted.is_empty(), "{path}: {granted:?}");
        }
        let answer = get(&router, path, &[("origin", SPA)]).await;
        assert_eq!(answer.header(ALLOWED), "", "{path}");
    }
}

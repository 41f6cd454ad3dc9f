//! Bytes on a socket: the decision was made on what was forwarded, or nothing was.

use crate::support::gate::{Gate, ROUTES, raw};

/// `/public` for everybody with a token, and everything else for nobody.
fn routes() -> String {
    ROUTES.replacen("path = \"/{*rest}\"", "path = \"/public/{*rest}\"", 1)
}

async fn status_of(gate: &Gate, address: std::net::SocketAddr, token: &str, target: &str) -> u16 {
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: localhost:8080\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    let answer = raw(address, request.as_bytes()).await;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.unwrap_or_else(|| panic!("{target}: {answer:?} {:?}", gate.upstream.seen()))
}

#[tokio::test]
async fn path_tricks_reach_nobody() {
    let gate = Gate::with(&routes()).await;
    let (address, token) = (gate.listens(), gate.alice().await);
    for target in [
        "/gateway/echo/public/../secret",
        "/gateway/echo/public/..",
        "/gateway/echo/public/./x",
        "/gateway/echo/public/%2e%2e/secret",
        "/gateway/echo/public/%2E%2E/secret",
        "/gateway/echo/public/.%2e/secret",
        "/gateway/echo/public/..%2fsecret",
        "/gateway/echo/public%2f..%2fsecret",
        "/gateway/echo/public/..%5csecret",
        "/gateway/echo/public/..\\secret",
        "/gateway/echo/public/..;/secret",
        "/gateway/echo/public;x=y/secret",
        "/gateway/echo/public/x%3b",
        "/gateway/echo/public/%252e%252e/secret",
        "/gateway/echo/public/%c0%ae%c0%ae/secret",
        "/gateway/echo/public/%e0%80%ae/secret",
        "/gateway/echo/public/x%00",
        "/gateway/echo/public/x%0d%0aX:y",
        "/gateway/echo/public//secret",
        "/gateway/echo//public/x",
        "/gateway/echo/public/%zz",
        "http://localhost:8080/gateway/echo/public/x",
        "http://elsewhere.example/gateway/echo/public/x",
    ] {
        assert_eq!(status_of(&gate, address, &token, target).await, 400, "{target}");
    }
    for target in [
        "/gateway/echo/secret",
        "/gateway/echo/PUBLIC/x",
        "/gateway/echo/publicx",
        "/gateway/echo/public",
        "/gateway/%65cho/public/x",
        "/gateway/echo%2fpublic/x",
        "/gateway/echo;/public/x",
        "/gateway/../gateway/echo/public/x",
    ] {
        assert_eq!(status_of(&gate, address, &token, target).await, 403, "{target}");
    }
    for target in ["//gateway/echo/public/x", "/GATEWAY/echo/public/x", "/x/../gateway/echo/public/x"] {
        assert_eq!(status_of(&gate, address, &token, target).await, 404, "{target}");
    }
    assert!(gate.upstream.seen().is_empty(), "{:?}", gate.upstream.seen());
    for (target, forwarded) in [
        ("/gateway/echo/public/x?../..;//%2e%2e", "GET /public/x?../..;//%2e%2e"),
        ("/gateway/echo/p%75blic/%41", "GET /public/A"),
    ] {
        assert_eq!(status_of(&gate, address, &token, target).await, 200, "{target}");
        assert_eq!(gate.upstream.seen().pop().unwrap(), forwarded);
    }
}

#[tokio::test]
async fn what_is_smuggled_behind_a_request_is_decided_like_any_other_or_refused() {
    let gate = Gate::with(&routes()).await;
    let (address, token) = (gate.listens(), gate.alice().await);
    let head = |method: &str, more: &str| {
        format!(
            "{method} /gateway/echo/public/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{more}\r\n"
        )
    };
    let hidden = "GET /secret HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let length = hidden.len();
    for request in [
        // Both lengths.
        head("POST", &format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"))
            + "0\r\n\r\n"
            + hidden,
        head("POST", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n") + "0\r\n\r\n" + hidden,
        // Two lengths.
        head("POST", &format!("Content-Length: 0\r\nContent-Length: {length}\r\n")) + hidden,
        // Odd codings.
        head("POST", "Transfer-Encoding: xchunked\r\n") + "0\r\n\r\n" + hidden,
        head("POST", "Transfer-Encoding : chunked\r\n") + "0\r\n\r\n" + hidden,
        head("POST", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n") + "0\r\n\r\n" + hidden,
        head("POST", "Transfer_Encoding: chunked\r\nContent-Length: 5\r\n") + "0\r\n\r\n" + hidden,
        head("POST", &format!("Content-Length: +{length}\r\n")) + hidden,
        // Line breaks.
        head("GET", "X-A: b\r\n\tGET /secret HTTP/1.1\r\n") + hidden,
        head("GET", "X-A: b\nX-B: c\r\n") + hidden,
        head("GET", "X-A: b\rX-B: c\r\n") + hidden,
        // An upgrade that nobody asked for, and one to HTTP/2 in the clear.
        head(
            "GET",
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
        ) + hidden,
        // A body that is a request.
        head("POST", &format!("Content-Length: {length}\r\n")) + hidden,
        head("GET", &format!("Content-Length: {length}\r\n")) + hidden,
    ] {
        raw(address, request.as_bytes()).await;
    }
    let seen = gate.upstream.seen();
    assert!(seen.iter().all(|line| line.ends_with(" /public/x")), "{seen:?}");
    assert!(seen.len() >= 2, "the honest ones got through: {seen:?}");
}

#[tokio::test]
async fn methods_that_are_for_proxies_go_nowhere() {
    let gate = Gate::open().await;
    let (address, token) = (gate.listens(), gate.alice().await);
    for line in
        ["TRACE /gateway/echo/x", "CONNECT secret.example:443", "OPTIONS *", "CONNECT /gateway/echo/x"]
    {
        let request = format!(
            "{line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        let answer = raw(address, request.as_bytes()).await;
        assert!(!answer.starts_with("HTTP/1.1 2"), "{line}: {answer}");
    }
    assert!(gate.upstream.seen().is_empty());
}

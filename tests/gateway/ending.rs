//! When it ends: a token that was good a moment ago, and is kept as such, opens nothing once what it lives on has ended.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::app::Tokens;
use crate::support::browser::{Browser, Shown};
use crate::support::gate::{AUDIENCE, Gate, ROUTES, signs_in};
use crate::support::house::CONFIG;
use crate::support::postgres::new_database;
use crate::support::process::Site;
use crate::support::upstream::Upstream;

async fn signs_out(browser: &mut Browser) {
    let page = browser.get("/sign-out").await;
    let page = browser.sign_out(&page, "logout").await;
    assert!(page.is_page("signed-out-page"), "{page:?}");
}

#[tokio::test]
async fn a_sign_out_ends_the_tokens_of_the_session_at_once() {
    let gate = Gate::open().await;
    let (mut browser, tokens) = gate.signs_in("alice", "wonderland").await;
    let other = gate.alice().await;
    for token in [tokens.access(), &other] {
        assert_eq!(gate.get("/gateway/echo/x", token).await.status, 200);
    }
    signs_out(&mut browser).await;
    assert_eq!(gate.get("/gateway/echo/x", tokens.access()).await.status, 401);
    assert_eq!(gate.get("/gateway/echo/x", &other).await.status, 200, "her other browser stays in");
}

#[tokio::test]
async fn a_revoked_token_opens_nothing_be_it_a_jwt_or_opaque() {
    let routes = format!(
        "{ROUTES}[[gateway.route]]\nprefix = \"/gateway/ledger\"\nupstream = \"{{upstream}}\"\nidentity = \"none\"\n\
         audience = \"https://ledger.example.org\"\n[[gateway.route.rule]]\npath = \"/{{*rest}}\"\n\
         [[gateway.route]]\nprefix = \"/gateway/own\"\nupstream = \"{{upstream}}\"\nidentity = \"none\"\n\
         audience = \"https://api.example.org\"\n[[gateway.route.rule]]\npath = \"/{{*rest}}\"\n"
    );
    let gate = Gate::with(&routes).await;
    for (resource, path) in
        [(AUDIENCE, "/gateway/own/x"), ("https://ledger.example.org", "/gateway/ledger/x")]
    {
        let fields = [("grant_type", "client_credentials"), ("resource", resource)];
        let tokens = Tokens::of(gate.house.service().token(&fields).await);
        assert_eq!(gate.get(path, tokens.access()).await.status, 200);
        let revoked = gate.house.service().call("/revoke", &[("token", tokens.access())]).await;
        assert_eq!(revoked.status, 200);
        assert_eq!(gate.get(path, tokens.access()).await.status, 401, "{resource}");
    }
    let (_, tokens) = gate.signs_in("alice", "wonderland").await;
    assert_eq!(gate.get("/gateway/echo/x", tokens.access()).await.status, 200);
    gate.house.web().call("/revoke", &[("token", tokens.refresh())]).await;
    assert_eq!(gate.get("/gateway/echo/x", tokens.access()).await.status, 401);
}

#[tokio::test]
async fn whom_the_old_system_disabled_is_out_once_the_bridge_has_heard_of_it() {
    let gate = Gate::open().await;
    let (_, tokens) = gate.signs_in("alice", "wonderland").await;
    assert_eq!(gate.get("/gateway/echo/x", tokens.access()).await.status, 200);
    gate.house.old_system().people.disable("alice").unwrap();
    gate.house.forward(Duration::from_mins(6));
    // An app asks; the answer ends everything of hers, and the gateway knows without asking anybody.
    assert_eq!(gate.house.web().userinfo(tokens.access()).await.status, 401);
    assert_eq!(gate.get("/gateway/echo/x", tokens.access()).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_on_one_node_has_ended_on_the_other_soon_after() {
    let upstream = Upstream::start().await;
    let config = format!("{CONFIG}{}", ROUTES.replace("{upstream}", &upstream.base_url));
    for storage in ["sqlite:passerelle.db".to_owned(), new_database()] {
        let site = Site::of(&storage, &config).await;
        let (left, right) = (site.starts().await, site.starts().await);
        let (mut browser, tokens) = signs_in(&left.web(), left.browser(), ("alice", "wonderland")).await;
        let token = tokens.access();
        for process in [&left, &right] {
            assert_eq!(get(&process.browser(), token).await.status, 200, "{}", site.logs());
        }
        signs_out(&mut browser).await;
        assert_eq!(get(&left.browser(), token).await.status, 401, "at once");
        let since = Instant::now();
        while get(&right.browser(), token).await.status != 401 {
            assert!(since.elapsed() < Duration::from_secs(10), "it is still let in");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let log = site.logs();
        assert!(log.contains("GET /gateway/echo/x 200") && !log.contains(token), "{log}");
        assert!(!log.contains("secret-in-a-query"), "no query");
    }
}

async fn get(browser: &Browser, token: &str) -> Shown {
    let mut browser = browser.clone();
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    browser.send_with(&headers, Method::GET, "/gateway/echo/x?key=secret-in-a-query", None).await
}

/// Opens a WebSocket, as far as HTTP goes.
async fn socket(address: SocketAddr, token: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /gateway/echo/socket HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).await.unwrap();
        head.push(byte[0]);
    }
    (stream, String::from_utf8(head).unwrap())
}

#[tokio::test]
async fn a_websocket_echoes_and_is_closed_when_the_session_ends() {
    let gate = Gate::open().await;
    let address = gate.listens();
    let (mut browser, tokens) = gate.signs_in("alice", "wonderland").await;
    let (mut socket, head) = socket(address, tokens.access()).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    for word in ["ahoy", "there"] {
        socket.write_all(word.as_bytes()).await.unwrap();
        let mut heard = vec![0; word.len()];
        socket.read_exact(&mut heard).await.unwrap();
        assert_eq!(heard, word.as_bytes());
    }
    signs_out(&mut browser).await;
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(10), socket.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "it is still open");
    assert_eq!(rest, b"");
    let (_, head) = self::socket(address, "nonsense").await;
    assert!(head.starts_with("HTTP/1.1 401 "), "{head}");
}

//! What stands around the routes: headers, cookies, limits, addresses, and what is shown when there is no page to show.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use axum::routing::get;
use passerelle::oauth::params::LONGEST;
use passerelle::web::page::branding::Branding;
use passerelle::web::page::stylesheet::Stylesheet;
use passerelle::web::serve::{Patience, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};

use crate::support::front::{Front, Page, with_query};

fn is_guarded(page: &Page) {
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert_eq!(page.header("cross-origin-opener-policy"), "same-origin-allow-popups");
    let policy = page.header("content-security-policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn every_page_is_guarded() {
    let front = Front::new().await;
    let alice = front.signs_in("alice").await;
    let mut browser = front.browser_of(&alice);
    for (method, uri, status) in [
        (Method::GET, "/sign-out", StatusCode::OK),
        (Method::POST, "/sign-out", StatusCode::BAD_REQUEST),
        (Method::PUT, "/sign-out", StatusCode::METHOD_NOT_ALLOWED),
        (Method::GET, "/end-session?client_id=nobody", StatusCode::BAD_REQUEST),
        (Method::GET, "/nothing/here", StatusCode::NOT_FOUND),
        (Method::GET, "/broken", StatusCode::INTERNAL_SERVER_ERROR),
    ] {
        let page = browser.send(method, uri, Body::empty()).await;
        assert_eq!(page.status, status, "{uri}");
        is_guarded(&page);
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let front = Front::new().await;
    let mut browser = front.browser();
    for uri in ["/sign-out", "/end-session"] {
        let page = browser.send(Method::DELETE, uri, Body::empty()).await;
        assert_eq!((page.status, page.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD,POST"));
        assert!(page.body.contains("id=\"error-page\""));
    }
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let front = Front::new().await;
    let alice = front.signs_in("alice").await;
    let page = front.browser_of(&alice).send(Method::HEAD, "/sign-out", Body::empty()).await;
    assert_eq!((page.status, page.body.as_str()), (StatusCode::OK, ""));
    is_guarded(&page);
}

#[tokio::test]
async fn a_panic_is_a_page_for_people_and_json_for_machines_and_tells_nothing() {
    let front = Front::new().await;
    let mut browser = front.browser();
    let page = browser.get("/broken").await;
    assert!(page.body.contains("id=\"error-page\"") && !page.body.contains("breaks"), "{}", page.body);
    let answer = browser.get("/machine/broken").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(answer.body.contains("\"server_error\"") && !answer.body.contains("breaks"), "{}", answer.body);
}

#[tokio::test]
async fn an_error_page_carries_a_reference_and_details_only_in_development() {
    let uri = with_query("/end-session", &[("client_id", "<script>")]);
    let page = Front::new().await.browser().get(&uri).await;
    let (_, after) = page.body.split_once("<code>").unwrap();
    let reference = after.split('<').next().unwrap();
    assert!(reference.len() == 10 && reference.bytes().all(|byte| byte.is_ascii_hexdigit()), "{reference}");
    assert!(!page.body.contains("client_id_unknown"), "the name of the check: {}", page.body);

    let page = Front::new().await.in_development().browser().get(&uri).await;
    assert!(page.body.contains("<code>client_id_unknown</code>"), "{}", page.body);
    assert!(!page.body.contains("<script>"));
}

#[tokio::test]
async fn forms_that_are_too_long_or_no_forms_are_refused() {
    let front = Front::new().await;
    let mut browser = front.browser();
    let field = "request=";
    let fits = format!("{field}{}", "a".repeat(LONGEST - field.len()));
    let page = browser.send(Method::POST, "/sign-out", Body::from(fits.clone())).await;
    assert!(page.body.contains("was not opened in this browser"), "it is read, and is no sealed request");
    let page = browser.send(Method::POST, "/sign-out", Body::from(fits + "a")).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.body.contains("This request cannot be answered"), "{}", page.body);

    browser.headers.push(("content-type", "application/json".to_owned()));
    let page = browser.send(Method::PUT, "/sign-out", Body::from("{}")).await;
    assert_eq!(page.status, StatusCode::METHOD_NOT_ALLOWED);
    for form in ["state=%FF", "state=%00", "state=a&state=b"] {
        let page = front.browser().send(Method::POST, "/sign-out", Body::from(form)).await;
        assert!(page.body.contains("This request cannot be answered"), "{form}");
    }
    let many = "a=b&".repeat(65);
    assert_eq!(browser.get(&format!("/end-session?{many}")).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_new_browser_gets_its_binding_cookie_once() {
    let front = Front::new().await;
    let mut browser = front.browser();
    let page = browser.get("/sign-out").await;
    let cookie = page.header("set-cookie").to_owned();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert!(pair.starts_with("passerelle_browser=") && pair.len() == 19 + 43, "{pair}");
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax");
    assert_eq!(browser.get("/sign-out").await.header("set-cookie"), "");
    // What we did not make is replaced.
    for planted in ["", "short", &"é".repeat(20), &"=".repeat(43)] {
        browser.cookies.insert("passerelle_browser".to_owned(), planted.to_owned());
        assert!(browser.get("/sign-out").await.header("set-cookie").starts_with("passerelle_browser="));
    }
}

#[tokio::test]
async fn under_https_cookies_belong_to_this_host_alone() {
    let front = Front::new().await.at("https://login.example", "");
    let page = front.browser().get("/sign-out").await;
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("__Host-passerelle_browser="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
}

#[tokio::test]
async fn who_only_visits_gets_no_session_cookie() {
    let front = Front::new().await;
    let mut browser = front.browser();
    browser.get("/sign-out").await;
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["passerelle_browser"]);
    let page = browser.get("/healthz").await;
    assert_eq!((page.status, page.body.as_str(), page.header("set-cookie")), (StatusCode::OK, "ok\n", ""));
}

#[tokio::test]
async fn health_tells_when_the_database_is_gone() {
    let front = Front::new().await;
    let alice = front.signs_in("alice").await;
    front.parts.db.close().await;
    assert_eq!(front.browser().get("/healthz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    let page = front.browser_of(&alice).get("/sign-out").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.body.contains("Not available right now"), "{}", page.body);
}

#[tokio::test]
async fn the_stylesheet_is_kept_for_ever() {
    let front = Front::new().await.at("https://login.example", "/base");
    let path = Stylesheet::of(&Branding::named("Heron")).unwrap().path;
    let mut browser = front.browser();
    let page = browser.get("/base/sign-out").await;
    assert!(page.body.contains(&format!("href=\"/base{path}\"")), "{}", page.body);
    let styles = browser.get(&format!("/base{path}")).await;
    assert_eq!(styles.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(styles.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(styles.header("x-content-type-options"), "nosniff");
    assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND, "outside of the base");
}

#[tokio::test]
async fn only_trusted_proxies_are_believed_about_addresses() {
    let table = [
        // Peer, X-Forwarded-For, whom we see.
        ("203.0.113.7", None, "203.0.113.7"),
        ("203.0.113.7", Some("198.51.100.1"), "203.0.113.7"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", Some("198.51.100.1"), "198.51.100.1"),
        ("10.0.0.1", Some("192.0.2.66, 198.51.100.1"), "198.51.100.1"),
        ("10.0.0.1", Some("198.51.100.1, 10.0.0.2"), "198.51.100.1"),
        ("10.0.0.1", Some("192.0.2.66,198.51.100.1 ,10.0.0.3, 10.0.0.2"), "198.51.100.1"),
        ("10.0.0.1", Some("198.51.100.1:4711"), "198.51.100.1"),
        ("10.0.0.1", Some("[2001:db8::1]:4711"), "2001:db8::1"),
        ("10.0.0.1", Some("2001:db8::1"), "2001:db8::1"),
        ("10.0.0.1", Some("[2001:db8::1]"), "2001:db8::1"),
        ("10.0.0.1", Some("198.51.100.1, unknown"), "10.0.0.1"),
        ("10.0.0.1", Some(""), "10.0.0.1"),
        ("::ffff:10.0.0.1", Some("198.51.100.1"), "198.51.100.1"),
        ("fd00::1", Some("::ffff:198.51.100.1"), "198.51.100.1"),
    ];
    let front = Front::new().await.behind(&["10.0.0.0/8", "fd00::/8"]);
    for (peer, forwarded, seen) in table {
        let mut browser = front.browser();
        browser.peer = SocketAddr::new(peer.parse().unwrap(), 1);
        browser.headers.extend(forwarded.map(|value| ("x-forwarded-for", value.to_owned())));
        assert_eq!(browser.get("/whence").await.body, seen, "{peer} {forwarded:?}");
    }
    let mut browser = front.browser();
    browser.peer = SocketAddr::from(([10, 0, 0, 1], 1));
    browser.headers.push(("x-forwarded-for", "192.0.2.66".to_owned()));
    browser.headers.push(("x-forwarded-for", "198.51.100.1".to_owned()));
    assert_eq!(browser.get("/whence").await.body, "198.51.100.1", "a second header continues the first");
}

/// A server with little patience. It stops when the sender goes.
async fn served() -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<std::io::Result<()>>) {
    let patience = Patience { head: Duration::from_millis(100), farewell: Duration::from_secs(5) };
    serving(axum::Router::new().route("/", get(async || "hello")), patience)
}

fn serving(
    router: axum::Router,
    patience: Patience,
) -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async move { drop(stopped.await) };
    let server = tokio::spawn(serve(listener, router.into(), None, patience, stopped));
    (address, stop, server)
}

#[tokio::test]
async fn a_request_is_answered_and_the_server_stops_when_told() {
    let (address, stop, server) = served().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("hello"), "{answer}");
    drop(stop);
    server.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn while_the_server_stops_newcomers_are_refused_and_who_came_before_is_answered() {
    let (began, may_end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (began, may_end) = (began.clone(), may_end.clone());
        async move || {
            began.notify_one();
            may_end.notified().await;
            "at last"
        }
    };
    let patience = Patience { farewell: Duration::from_mins(1), ..Patience::default() };
    let (address, stop, server) = serving(axum::Router::new().route("/", get(slow)), patience);
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    began.notified().await;
    drop(stop);
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), refused).await.expect("newcomers still come in");
    may_end.notify_one();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("at last"), "{answer}");
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn whoever_does_not_finish_the_head_of_a_request_is_let_go() {
    let (address, _stop, _server) = served().await;
    for beginning in ["", "P", "PRI * HTTP/2.0\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let closed = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
        assert!(closed.is_ok(), "still open after {beginning:?}");
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{beginning:?}");
    }
}

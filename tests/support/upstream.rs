//! An API behind the gateway that tells what reached it: method, target and headers, byte by byte as they came; and a few paths that do
//! what APIs do.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use futures_util::{StreamExt as _, stream};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::form_urlencoded;

/// How large the pieces of a download are.
const PIECE: usize = 64 * 1024;

/// The API, listening on loopback.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// `http://127.0.0.1:<port>`.
    pub base_url: String,
    seen: Seen,
}

/// The request lines that reached it.
type Seen = Arc<Mutex<Vec<String>>>;

impl Upstream {
    /// Starts it.
    pub async fn start() -> Self {
        let seen = Seen::default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/down/{bytes}", get(down))
            .route("/up", post(up))
            .route("/status/{code}", any(status))
            .route("/redirect", get(redirect))
            .route("/answers", get(answers))
            .route("/socket", get(socket))
            .route("/slow", any(slow))
            .fallback(echo)
            .with_state(seen.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base_url, seen }
    }

    /// `METHOD target` of every request that reached the fallback, in order.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

async fn echo(State(seen): State<Seen>, request: Request) -> Json<Value> {
    let target = request.uri().path_and_query().unwrap().as_str().to_owned();
    seen.lock().unwrap().push(format!("{} {target}", request.method()));
    let headers: Vec<[String; 2]> = request
        .headers()
        .iter()
        .map(|(name, value)| [name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()])
        .collect();
    let method = request.method().to_string();
    let mut body = request.into_body().into_data_stream();
    let mut bytes = Vec::new();
    while let Some(Ok(piece)) = body.next().await {
        bytes.extend_from_slice(&piece);
    }
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Json(json!({ "method": method, "target": target, "headers": headers, "body": body }))
}

async fn down(Path(bytes): Path<usize>) -> Response {
    let piece = Bytes::from(vec![0; PIECE]);
    let pieces = (0..bytes / PIECE).map(move |_| Ok::<_, Infallible>(piece.clone()));
    Body::from_stream(stream::iter(pieces)).into_response()
}

async fn up(request: Request) -> Json<Value> {
    let mut body = request.into_body().into_data_stream();
    let mut bytes = 0;
    while let Some(Ok(piece)) = body.next().await {
        bytes += piece.len();
    }
    Json(json!({ "bytes": bytes }))
}

async fn status(Path(code): Path<u16>) -> Response {
    let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"legacy\"")];
    (StatusCode::from_u16(code).unwrap(), challenge, "the API says so").into_response()
}

async fn redirect(RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let to = form_urlencoded::parse(query.as_bytes()).next().unwrap().1.into_owned();
    (StatusCode::FOUND, [(header::LOCATION, to)]).into_response()
}

/// Headers that are nobody's business outside, and one that tells the token.
async fn answers(headers: HeaderMap) -> Response {
    let mut response = "here".into_response();
    let told = response.headers_mut();
    for (name, value) in [
        ("set-cookie", "session=legacy"),
        ("clear-site-data", "\"*\""),
        ("strict-transport-security", "max-age=1"),
        ("access-control-allow-origin", "*"),
        ("connection", "x-private"),
        ("x-private", "of this connection"),
        ("keep-alive", "timeout=5"),
        ("etag", "\"1\""),
    ] {
        told.insert(name, HeaderValue::from_static(value));
    }
    if let Some(token) = headers.get(header::AUTHORIZATION) {
        told.insert("x-token", token.clone());
    }
    response
}

async fn slow() {
    tokio::time::sleep(Duration::from_secs(60)).await;
}

/// Agrees to leave HTTP, and says back what it hears.
async fn socket(mut request: Request) -> Response {
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let (mut read, mut write) = tokio::io::split(TokioIo::new(upgrade.await.unwrap()));
        let _ = tokio::io::copy(&mut read, &mut write).await;
    });
    let headers = [(header::CONNECTION, "upgrade"), (header::UPGRADE, "websocket")];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

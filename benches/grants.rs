//! What one grant costs through the whole router on SQLite, beside what it cannot do without, in one run: `cargo bench --bench grants`.
//! A client-credentials token should cost little more than its bare signature and a bare request; a code exchange waits for a durable
//! commit and an RSA signature, and the benchmark of thirty-two at once shows commits being shared.
#![expect(clippy::unwrap_used, reason = "a benchmark has nobody to answer to")]

pub mod apps;
#[path = "../examples/legacy_system.rs"]
pub mod legacy_system;

use std::path::Path;
use std::sync::LazyLock;

use apps::{AUTHORIZATION, CONFIG, SERVICE, code_in, redemption, sealed_in};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use divan::{Bencher, black_box};
use josekit::jwk::P_256;
use josekit::jwk::alg::ec::EcKeyPair;
use josekit::jws::{self, ES256, JwsHeader};
use passerelle::app::blueprint::Blueprint;
use passerelle::app::bridge::Bridge;
use passerelle::config::environment::Environment;
use passerelle::secret::Chance;
use passerelle::time::Clock;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use url::form_urlencoded;

fn main() {
    // Before anything runs on the runtime that it is made with.
    LazyLock::force(&HOUSE);
    divan::main();
}

/// Two cores, as the machines that this is measured on have.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
});

/// A bridge on a database file, and the cookies of a browser in which Alice is signed in.
struct House {
    router: Router,
    cookies: String,
    _data: tempfile::TempDir,
}

static HOUSE: LazyLock<House> = LazyLock::new(|| RUNTIME.block_on(house()));

async fn house() -> House {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let legacy = legacy_system::start(legacy_system::Settings::default(), 0).await.unwrap();
    let config = format!(
        r#"
        server.issuer = "http://localhost:8080"
        legacy = {{ preset = "imis", base_url = "{}" }}
        {CONFIG}
        "#,
        legacy.base_url
    );
    // On the disk that the project is on: a temporary directory may be memory.
    let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let blueprint = Blueprint::of_text(&config, Path::new(data.path()), &Environment::default()).unwrap();
    let router = Bridge::open(blueprint, Clock::System, Chance::System).await.unwrap().router();
    let page = send(&router, Request::get(authorize()).body(Body::empty()).unwrap()).await;
    let binding = cookies(&page);
    let html = String::from_utf8(to_bytes(page.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap();
    let fields = [("request", sealed_in(&html)), ("username", "alice"), ("password", "wonderland")];
    let request = form("/sign-in", &fields);
    let (mut parts, body) = request.into_parts();
    parts.headers.insert(header::COOKIE, binding.parse().unwrap());
    let signed_in = send(&router, Request::from_parts(parts, body)).await;
    assert_eq!(signed_in.status(), StatusCode::SEE_OTHER);
    let cookies = format!("{binding}; {}", cookies(&signed_in));
    House { router, cookies, _data: data }
}

fn authorize() -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(AUTHORIZATION).finish();
    format!("/authorize?{query}")
}

/// What the answer sets, as a browser sends it back.
fn cookies(response: &Response<Body>) -> String {
    let cookies =
        response.headers().get_all(header::SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap());
    cookies.filter_map(|cookie| cookie.split(';').next()).collect::<Vec<_>>().join("; ")
}

fn form(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(Body::from(form)).unwrap()
}

async fn send(router: &Router, request: Request<Body>) -> Response<Body> {
    router.clone().oneshot(request).await.unwrap()
}

async fn succeeds(request: Request<Body>) -> axum::body::Bytes {
    let response = send(&HOUSE.router, request).await;
    assert_eq!(response.status(), StatusCode::OK);
    to_bytes(response.into_body(), 1 << 20).await.unwrap()
}

async fn code() -> String {
    let request = Request::get(authorize()).header(header::COOKIE, &HOUSE.cookies);
    let response = send(&HOUSE.router, request.body(Body::empty()).unwrap()).await;
    let location = response.headers()[header::LOCATION].to_str().unwrap();
    code_in(location).to_owned()
}

/// Everything around an answer that is bytes made before: routing, layers, the body.
#[divan::bench]
fn bare_request(bencher: Bencher<'_, '_>) {
    let request = || Request::get("/.well-known/openid-configuration").body(Body::empty()).unwrap();
    bencher.with_inputs(request).bench_values(|request| RUNTIME.block_on(succeeds(black_box(request))));
}

/// The signature of such a token by the library itself, built signer, nothing around it.
#[divan::bench]
fn bare_signature(bencher: Bencher<'_, '_>) {
    let pair = EcKeyPair::generate(P_256).unwrap();
    let signer = ES256.signer_from_der(pair.to_der_private_key()).unwrap();
    let claims: Value = json!({
        "iss": "http://localhost:8080", "sub": "service", "aud": "https://api.example.org",
        "exp": 1_800_000_600, "iat": 1_800_000_000, "jti": "nXkqk4Yk0l6m8Qe8l5mQ8wnXkqk4Yk0l6m8Qe8l5mQ",
        "client_id": "service", "scope": "events.read",
    });
    let mut header = JwsHeader::new();
    header.set_token_type("at+jwt");
    let sign = || jws::serialize_compact(&serde_json::to_vec(black_box(&claims)).unwrap(), &header, &signer);
    bencher.bench(|| sign().unwrap());
}

#[divan::bench]
fn client_credentials(bencher: Bencher<'_, '_>) {
    bencher
        .with_inputs(|| form("/token", &SERVICE))
        .bench_values(|request| RUNTIME.block_on(succeeds(black_box(request))));
}

#[divan::bench]
fn code_exchange(bencher: Bencher<'_, '_>) {
    bencher
        .with_inputs(|| form("/token", &redemption(&RUNTIME.block_on(code()))))
        .bench_values(|request| RUNTIME.block_on(succeeds(black_box(request))));
}

/// Thirty-two at once share commits.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn code_exchange_32_at_once(bencher: Bencher<'_, '_>) {
    let codes = || {
        RUNTIME.block_on(async {
            let codes = (0..32).map(|_| tokio::spawn(code()));
            futures_util::future::join_all(codes)
                .await
                .into_iter()
                .map(|code| code.unwrap())
                .collect::<Vec<_>>()
        })
    };
    bencher.with_inputs(codes).bench_values(|codes| {
        RUNTIME.block_on(async {
            let exchanges =
                codes.iter().map(|code| tokio::spawn(succeeds(form("/token", &redemption(code)))));
            futures_util::future::join_all(exchanges).await.into_iter().for_each(|done| drop(done.unwrap()));
        });
    });
}

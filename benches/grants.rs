//! What one grant costs through the whole router on SQLite, beside what it cannot do without, in one run: `cargo bench --bench grants`.
//! A client-credentials token should cost little more than its bare signature and a bare request; a code exchange waits for a durable
//! commit and an RSA signature, and the benchmark of thirty-two at once shows commits being shared.
#![expect(clippy::unwrap_used, reason = "a benchmark has nobody to answer to")]

#[path = "../examples/legacy_system.rs"]
pub mod legacy_system;

use std::path::Path;
use std::sync::LazyLock;

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

const SERVICE_SECRET: &str = "service-secret-0123456789-0123456789-0123456789";
const WEB_SECRET: &str = "web-secret-0123456789-0123456789-0123456789";
const REDIRECT: &str = "https://web.example/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

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
        [[api]]
        audience = "https://api.example.org"
        scopes = ["events.read"]
        [[client]]
        id = "service"
        secret = "{SERVICE_SECRET}"
        token_endpoint_auth_method = "client_secret_post"
        grant_types = ["client_credentials"]
        scopes = ["events.read"]
        audiences = ["https://api.example.org"]
        [[client]]
        id = "web"
        secret = "{WEB_SECRET}"
        token_endpoint_auth_method = "client_secret_post"
        redirect_uris = ["{REDIRECT}"]
        consent = "skip"
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
    let sealed =
        html.split("name=\"request\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = [("request", sealed.as_str()), ("username", "alice"), ("password", "wonderland")];
    let request = form("/sign-in", &fields);
    let (mut parts, body) = request.into_parts();
    parts.headers.insert(header::COOKIE, binding.parse().unwrap());
    let signed_in = send(&router, Request::from_parts(parts, body)).await;
    assert_eq!(signed_in.status(), StatusCode::SEE_OTHER);
    let cookies = format!("{binding}; {}", cookies(&signed_in));
    House { router, cookies, _data: data }
}

fn authorize() -> String {
    let parameters = [
        ("client_id", "web"),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("scope", "openid profile"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
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
    location.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned()
}

fn redemption(code: &str) -> Request<Body> {
    form(
        "/token",
        &[
            ("grant_type", "authorization_code"),
            ("client_id", "web"),
            ("client_secret", WEB_SECRET),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("code", code),
        ],
    )
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
    let fields =
        [("grant_type", "client_credentials"), ("client_id", "service"), ("client_secret", SERVICE_SECRET)];
    bencher
        .with_inputs(|| form("/token", &fields))
        .bench_values(|request| RUNTIME.block_on(succeeds(black_box(request))));
}

#[divan::bench]
fn code_exchange(bencher: Bencher<'_, '_>) {
    bencher
        .with_inputs(|| redemption(&RUNTIME.block_on(code())))
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
            let exchanges = codes.iter().map(|code| tokio::spawn(succeeds(redemption(code))));
            futures_util::future::join_all(exchanges).await.into_iter().for_each(|done| drop(done.unwrap()));
        });
    });
}

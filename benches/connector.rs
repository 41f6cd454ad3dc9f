//! What a login costs the bridge itself, everything but the legacy system's time: `cargo bench --bench connector`. The system answers on
//! another thread; printed first is the processor time of this one for each login, HTTP client and all, and then how long a login takes.
#![expect(clippy::unwrap_used, reason = "a benchmark has nobody to answer to")]

#[path = "../examples/legacy_system.rs"]
pub mod legacy_system;

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use divan::{Bencher, black_box};
use passerelle::app::outbound::legacy_client;
use passerelle::config::environment::{Environment, Surroundings};
use passerelle::config::reading;
use passerelle::legacy::connector::Connector;
use passerelle::legacy::description_table;
use passerelle::secret::Secret;
use passerelle::time::Clock;
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

const LOGINS: u32 = 2_000;

/// A connector, and the runtime of this thread that it runs on: all of its work is done here.
struct Desk {
    connector: Connector,
    runtime: Runtime,
    user_name: &'static str,
    password: Secret,
}

fn main() {
    for (name, desk) in [("imis", imis()), ("drf-simplejwt", simplejwt())] {
        for _ in 0..100 {
            desk.lets_in();
        }
        let before = processor_time();
        for _ in 0..LOGINS {
            desk.lets_in();
        }
        println!("{name}: {:?} of processor time a login", (processor_time() - before) / LOGINS);
    }
    divan::main();
}

/// What this thread has used so far.
fn processor_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap()
}

impl Desk {
    fn of(legacy: &str, user_name: &'static str, password: &str) -> Self {
        rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
        let environment = Environment::default();
        let around = Surroundings { base: Path::new("."), environment: &environment };
        let (description, _) = description_table::read(reading::parse(legacy).unwrap(), "legacy", &around);
        let description = description.unwrap();
        let http = legacy_client(description.timeout).unwrap();
        let connector = Connector::new(description, http, Clock::System);
        Self { connector, runtime: runtime(), user_name, password: Secret::from(password) }
    }

    fn lets_in(&self) {
        let sign_in = self.connector.sign_in(black_box(self.user_name), &self.password);
        black_box(self.runtime.block_on(sign_in).unwrap());
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A token, then the person by a search, then all about them: three calls, a claim of each kind.
fn imis() -> Desk {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        runtime().block_on(async move {
            let running = legacy_system::start(legacy_system::Settings::default(), 0).await.unwrap();
            tell.send(running.base_url.clone()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    let base_url = told.recv().unwrap();
    Desk::of(&format!("preset = 'imis'\nbase_url = '{base_url}'"), "alice", "wonderland")
}

/// A pair of JWTs, one of which is read, then the person: two calls.
fn simplejwt() -> Desk {
    let part = |json: serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    let claims =
        json!({ "token_type": "access", "exp": 4_102_444_800_u32, "iat": 1_795_616_000, "user_id": "1" });
    let token =
        format!("{}.{}.{}", part(json!({ "alg": "HS256", "typ": "JWT" })), part(claims), "c".repeat(43));
    let pair = json!({ "access": token, "refresh": token });
    let alice = json!({
        "id": 1, "username": "alice", "email": "alice@example.org", "first_name": "Alice", "last_name": "Liddell",
        "is_active": true, "groups": ["editors", "members"],
    });
    let router = Router::new()
        .route("/api/token/", post(move || async { Json(pair) }))
        .route("/api/me", get(move || async { Json(alice) }));
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        runtime().block_on(async move {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    let address = told.recv().unwrap();
    Desk::of(&format!("preset = 'drf-simplejwt'\nbase_url = 'http://{address}'"), "alice", "correct horse")
}

#[divan::bench]
fn login_by_imis(bencher: Bencher<'_, '_>) {
    let desk = imis();
    bencher.bench_local(|| desk.lets_in());
}

#[divan::bench]
fn login_by_simplejwt(bencher: Bencher<'_, '_>) {
    let desk = simplejwt();
    bencher.bench_local(|| desk.lets_in());
}

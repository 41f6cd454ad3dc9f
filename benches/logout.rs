//! What it costs to end sessions: a thousand with ten participants each, on SQLite in a file, with a local server as every app:
//! `cargo bench --bench logout`. Printed are the time until a person is answered, the time until everybody was told, and memory; and the
//! same for a thousand that end by themselves while two of the ten apps hang.
#![expect(clippy::unwrap_used, reason = "a benchmark has nobody to answer to")]
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "the helpers of the tests are used as they are"
)]

#[path = "../examples/legacy_system.rs"]
pub mod legacy_system;
#[path = "../examples/loopback/mod.rs"]
pub mod loopback;
#[path = "../tests/support/mod.rs"]
pub mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use passerelle::id::ClientId;
use passerelle::jobs::deliver_logouts::DeliverLogouts;
use passerelle::model::client::Client;
use passerelle::model::login_session::{EndReason, LoginSession};
use passerelle::provider::logout::end_session::EndSession;
use passerelle::store::db::Db;
use support::hearers::{Hearers, Way};
use support::parts::{Parts, web};
use tempfile::TempDir;

const SESSIONS: usize = 1000;
const PARTICIPANTS: usize = 10;

/// The parts of a bridge with a database of its own, and a session of everybody.
async fn prepared(hearers: &Hearers) -> (TempDir, Parts, Vec<LoginSession>) {
    let client = |number| {
        let uri = hearers.uri(&format!("app-{number}"));
        let id = ClientId::from(format!("app-{number}"));
        Client { id, backchannel_logout_uri: Some(uri), ..web() }
    };
    let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let db = Db::open(&format!("sqlite:{}", data.path().join("logout.db").display()), 8).await.unwrap();
    let parts = Parts { db, ..Parts::with_clients((0..PARTICIPANTS).map(client).collect()).await };
    let mut sessions = Vec::new();
    for number in 0..SESSIONS {
        sessions.push(parts.everybody_takes_part(number).await);
    }
    (data, parts, sessions)
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    people_sign_out().await;
    sessions_expire_while_two_apps_hang().await;
}

async fn people_sign_out() {
    let hearers = Hearers::open().await;
    let (_data, parts, sessions) = prepared(&hearers).await;
    let (farewell, before, began) = (parts.farewell(), resident(), Instant::now());
    let mut answers = Vec::new();
    for session in &sessions {
        let asked = Instant::now();
        farewell.end(session, EndReason::SignedOut, parts.now()).await.unwrap();
        answers.push(asked.elapsed());
    }
    while hearers.calls().len() < SESSIONS * PARTICIPANTS {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let all = began.elapsed();
    answers.sort();
    println!("answered: median {:?}, p99 {:?}", answers[SESSIONS / 2], answers[SESSIONS * 99 / 100]);
    println!("everybody told: {all:?} for {} calls", hearers.calls().len());
    println!("resident before: {before}, after: {}", resident());
}

async fn sessions_expire_while_two_apps_hang() {
    let hearers = Hearers::open().await;
    let (_data, parts, sessions) = prepared(&hearers).await;
    for app in ["app-0", "app-1"] {
        hearers.go_about(app, Way::Hangs);
    }
    let (channel, before, began) = (parts.back_channel(), resident(), Instant::now());
    let end_session = EndSession { wake: Arc::clone(&channel.wake), ..parts.end_session() };
    let job = tokio::spawn(DeliverLogouts { back_channel: channel }.run());
    for session in &sessions {
        end_session.end(&session.id, EndReason::Expired, parts.now()).await.unwrap();
    }
    let healthy = || hearers.calls().iter().filter(|call| !["app-0", "app-1"].contains(&&*call.app)).count();
    while healthy() < SESSIONS * (PARTICIPANTS - 2) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!("two of ten hang: the others told in {:?}, {} calls", began.elapsed(), hearers.calls().len());
    println!("resident before: {before}, after: {}", resident());
    job.abort();
}

/// What this process holds in memory, as the kernel says it.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    line.trim_start_matches("VmRSS:").trim().to_owned()
}

//! What it costs to end sessions whose apps all hear: a thousand with ten participants each, on SQLite in a file, with a local server as
//! every app: `cargo bench --bench logout`. Printed are the time until a person is answered, the time until everybody was told, and memory.
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

use std::time::{Duration, Instant};

use passerelle::id::ClientId;
use passerelle::model::client::Client;
use passerelle::model::login_session::EndReason;
use passerelle::store::db::Db;
use support::hearers::Hearers;
use support::parts::{Parts, web};

const SESSIONS: usize = 1000;
const PARTICIPANTS: usize = 10;

#[tokio::main(worker_threads = 2)]
async fn main() {
    let hearers = Hearers::open().await;
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

/// What this process holds in memory, as the kernel says it.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    line.trim_start_matches("VmRSS:").trim().to_owned()
}

//! What was answered is there, also when the process is killed in the next moment. (That a commit reaches the disk and not
//! only the kernel is what `synchronous=FULL` is for; no test can pull the plug.)

use std::io::{BufRead as _, BufReader, Write as _};
use std::time::Duration;

use passerelle::secret::Chance;
use passerelle::store::db::{Db, Sql};
use passerelle::store::revoked_tokens;
use tokio::task::JoinSet;

use super::child;
use super::place::{Engine, Place, commit};
use crate::support::parts::BEGINNING;

/// Tells the child which database it writes to.
const URL: &str = "PASSERELLE_TEST_DURABILITY_URL";
/// How often it is killed.
const LIVES: usize = 16;
/// How many write at the same time.
const WRITERS: usize = 8;

/// The child: writes without end, and says of each write that was answered: `acknowledged <jti>`.
#[tokio::test(flavor = "multi_thread")]
async fn a_child_writes_until_it_is_killed() {
    let Some(url) = child::told(URL) else { return };
    let db = Db::open(&url, 2).await.unwrap();
    let life = Chance::System.secret();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (db, life) = (db.clone(), life.clone());
        writers.spawn(async move {
            for number in 0_u32.. {
                let jti = format!("{}-{writer}-{number}", life.expose());
                let line = format!("acknowledged {jti}\n");
                commit!(db, revoked_tokens::insert, &jti, BEGINNING, BEGINNING).unwrap();
                // In one piece, and past the test harness, which keeps what is printed to itself.
                std::io::stdout().write_all(line.as_bytes()).unwrap();
            }
        });
    }
    writers.join_all().await;
}

#[tokio::test]
async fn every_write_that_was_answered_survives_a_kill() {
    let place = Place::new(Engine::Sqlite);
    let mut acknowledged = Vec::new();
    for _ in 0..LIVES {
        let mut writing =
            child::start("store::durability::a_child_writes_until_it_is_killed", URL, &place.url);
        let mut lines = BufReader::new(writing.stdout.take().unwrap()).lines().map(Result::unwrap);
        // After a random number of answers and a random moment more, so that it falls into any part of a commit.
        let [answers, moment] = Chance::System.bytes();
        let before = acknowledged.len();
        let enough = before + 1 + usize::from(answers);
        while acknowledged.len() < enough {
            let line = lines.next().expect("the child writes until it is killed");
            acknowledged.extend(line.strip_prefix("acknowledged ").map(str::to_owned));
        }
        std::thread::sleep(Duration::from_micros(u64::from(moment) * 8));
        writing.kill().unwrap();
        writing.wait().unwrap();
        // What it had still said before it died; the last line may be cut off.
        let mut rest: Vec<String> = lines.collect();
        rest.pop();
        acknowledged
            .extend(rest.iter().filter_map(|line| line.strip_prefix("acknowledged ")).map(str::to_owned));
    }
    let db = place.open().await;
    let check = Sql::new("check", "PRAGMA integrity_check");
    let checked = db.fetch_optional(&check, Vec::new()).await.unwrap().unwrap();
    assert_eq!(checked.text("integrity_check").unwrap(), "ok");
    for jti in &acknowledged {
        assert!(revoked_tokens::contains(&db, jti).await.unwrap(), "{jti} of {}", acknowledged.len());
    }
}

/// Otherwise it grows with every write, and with it what a start has to read.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_write_ahead_log_is_moved_into_the_database_and_cut() {
    let place = Place::new(Engine::Sqlite);
    let db = place.open().await;
    let log = format!("{}-wal", place.url.strip_prefix("sqlite:").unwrap());
    let long = |number: u32| format!("{number} {}", "x".repeat(150_000));
    let length = || std::fs::metadata(&log).map_or(0, |log| log.len());
    // As many writes as wake the task, and together more pages than the log may have.
    let mut writers = JoinSet::new();
    for number in 0..256 {
        let (db, jti) = (db.clone(), long(number));
        writers.spawn(async move { commit!(db, revoked_tokens::insert, &jti, BEGINNING, BEGINNING) });
    }
    assert!(writers.join_all().await.iter().all(Result::is_ok));
    let cut = async {
        while length() > 1 << 20 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let cut = tokio::time::timeout(Duration::from_secs(60), cut).await;
    assert!(cut.is_ok(), "still {} bytes", length());
    assert!(revoked_tokens::contains(&db, &long(255)).await.unwrap());
}

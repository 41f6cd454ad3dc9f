//! Two nodes on one PostgreSQL: what can be had once is had once by both of them together.

use std::io::{BufRead as _, BufReader, Write as _};

use futures_util::future::join_all;
use passerelle::id::FamilyId;
use passerelle::secret::Digest;
use passerelle::store::codes::{self, Redeemed};
use passerelle::store::db::Db;

use super::child;
use super::place::{Engine, Place, commit};
use super::samples::code;
use crate::support::parts::BEGINNING;

/// Tells the child which database the codes are in.
const URL: &str = "PASSERELLE_TEST_TWO_PROCESSES_URL";
const CODES: usize = 50;

/// Redeems every code, all at once. The numbers of those that were ours.
async fn redeem_all(db: &Db, node: &'static str) -> Vec<usize> {
    let redemptions = (0..CODES).map(|number| {
        let db = db.clone();
        tokio::spawn(async move {
            let digest = Digest::of(&format!("code {number}"));
            let family = FamilyId::from(format!("{node} {number}"));
            let redeemed = commit!(db, codes::redeem, &digest, &family, BEGINNING).unwrap();
            (redeemed == Redeemed::Now).then_some(number)
        })
    });
    join_all(redemptions).await.into_iter().filter_map(Result::unwrap).collect()
}

fn say(line: &str) {
    std::io::stdout().write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// The child: says that it is ready, redeems, says which codes were its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_child_redeems_every_code() {
    let Some(url) = child::told(URL) else { return };
    let db = Db::open(&url, 8).await.unwrap();
    say("ready");
    for number in redeem_all(&db, "child").await {
        say(&format!("redeemed {number}"));
    }
    say("done");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_redeem_each_code_once_together() {
    let place = Place::new(Engine::Postgres);
    let db = place.open().await;
    for number in 0..CODES {
        let code = code(&format!("code {number}"));
        commit!(db, codes::insert, &code).unwrap();
    }
    let name = "store::two_processes::a_child_redeems_every_code";
    let mut other = child::start(name, URL, &place.url);
    let mut lines = BufReader::new(other.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.ends_with("ready")), "the child opens the database");
    let ours = redeem_all(&db, "parent").await;
    let said: Vec<String> = lines.collect();
    assert!(other.wait().unwrap().success(), "{said:?}");
    assert!(said.iter().any(|line| line == "done"), "{said:?}");
    let theirs = said.iter().filter_map(|line| line.strip_prefix("redeemed ")?.parse().ok());

    let mut redeemed: Vec<usize> = ours.iter().copied().chain(theirs).collect();
    redeemed.sort_unstable();
    let all: Vec<usize> = (0..CODES).collect();
    assert_eq!(redeemed, all, "each once; {} of them here", ours.len());
    for number in 0..CODES {
        let kept = codes::find(&db, &Digest::of(&format!("code {number}"))).await.unwrap().unwrap();
        let node = if ours.contains(&number) { "parent" } else { "child" };
        assert_eq!(kept.redeemed_as, Some(FamilyId::from(format!("{node} {number}"))));
    }
}

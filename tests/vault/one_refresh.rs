//! However many ask, in one process or in two: one refresh, and its token for everybody.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use super::*;
use crate::support::postgres;

/// Tells the child where database and old system are, and whose token is wanted.
const TOLD: &str = "PASSERELLE_TEST_VAULT";
/// Long enough for everybody to come while the refresh is under way.
const A_WHILE: Duration = Duration::from_millis(500);

fn all_the_same(tokens: &[Secret]) -> bool {
    tokens.windows(2).all(|pair| pair[0] == pair[1])
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_who_ask_at_once_share_one_refresh() {
    let town = Town::open().await;
    let arrival = town.arrival("alice", "wonderland").await;
    let alice = town.keep(arrival.clone()).await;
    town.forward(BEYOND_ITS_LIFE);
    town.breaks(Fault::Delay(A_WHILE));
    let (mut some, others) = tokio::join!(ten_at_once(&town.vault, &alice), ten_at_once(&town.vault, &alice));
    some.extend(others);
    assert_eq!((some.len(), all_the_same(&some)), (20, true));
    assert_ne!(some[0], arrival.tokens.as_ref().unwrap().access_token);
    assert_eq!(town.refreshes(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_caller_goes_away_is_finished_and_kept() {
    let town = Town::open().await;
    let alice = town.alice_later().await;
    town.breaks(Fault::Delay(A_WHILE));
    tokio::time::timeout(A_WHILE / 5, town.vault.fresh(&alice)).await.unwrap_err();
    town.vault.fresh(&alice).await.unwrap();
    assert_eq!(town.refreshes(), 1);
}

/// Each thread that serves has a runtime of its own, which ends with its last request.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_stops_finishes_the_refresh_that_it_began() {
    let town = Town::open().await;
    let alice = town.alice_later().await;
    town.breaks(Fault::Delay(A_WHILE));
    let (vault, asked, system) = (town.vault.clone(), alice.clone(), town.running.system.clone());
    let lane = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let begun = async {
                while system.journal.refreshes() == 0 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::select! {
                biased;
                () = begun => {}
                token = vault.fresh(&asked) => panic!("{token:?} came before the thread ended"),
            }
        });
    });
    tokio::task::spawn_blocking(|| lane.join().unwrap()).await.unwrap();
    town.vault.comes_to_rest().await;
    let grant = town.grant(&alice).await;
    assert_eq!((grant.generation, grant.lease), (1, None), "its answer is kept");
    town.vault.fresh(&alice).await.unwrap();
    assert_eq!(town.refreshes(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_share_one_refresh() {
    let url = postgres::new_database();
    let town = Town::on(&url, "").await;
    let alice = town.alice_later().await;
    let other_db = Db::open(&url, 8).await.unwrap();
    let other = vault(&other_db, &town.running.base_url, "", &town.clock);
    assert_ne!(other.node, town.vault.node);
    town.breaks(Fault::Delay(A_WHILE));
    let (mut ours, theirs) = tokio::join!(ten_at_once(&town.vault, &alice), ten_at_once(&other, &alice));
    ours.extend(theirs);
    assert_eq!((ours.len(), all_the_same(&ours)), (20, true));
    assert_eq!(town.refreshes(), 1);
}

fn say(line: &str) {
    std::io::stdout().write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// The child: says that it is ready, asks ten times, says what it got. Without the variable it does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_child_asks_ten_times() {
    let Some(told) = std::env::var_os(TOLD) else { return };
    let told = told.into_string().unwrap();
    let [url, base_url, id] = *told.split('|').collect::<Vec<_>>() else { panic!("{told}") };
    let db = Db::open(url, 8).await.unwrap();
    let clock = Clock::set_to(BEGINNING + BEYOND_ITS_LIFE);
    let vault = vault(&db, base_url, "", &clock);
    let alice = accounts::find(&db, &AccountId::from(id)).await.unwrap().unwrap();
    say("ready");
    for token in ten_at_once(&vault, &alice).await {
        say(&format!("token {}", token.expose()));
    }
    say("done");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_one_refresh() {
    let url = postgres::new_database();
    let town = Town::on(&url, "").await;
    let alice = town.alice_later().await;
    town.breaks(Fault::Delay(A_WHILE));
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["vault::one_refresh::a_child_asks_ten_times", "--exact", "--nocapture"])
        .env(TOLD, format!("{url}|{}|{}", town.running.base_url, alice.id.as_str()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.ends_with("ready")), "the child opens the database");
    let mut tokens = ten_at_once(&town.vault, &alice).await;
    let said: Vec<String> = tokio::task::spawn_blocking(move || lines.collect()).await.unwrap();
    assert!(child.wait().unwrap().success() && said.iter().any(|line| line == "done"), "{said:?}");
    tokens.extend(said.iter().filter_map(|line| line.strip_prefix("token ")).map(Secret::from));
    assert_eq!((tokens.len(), all_the_same(&tokens)), (20, true));
    assert_eq!(town.refreshes(), 1);
}

//! What was begun at the old system, the thread in which it began, and a process that stops.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use passerelle::store::db::{Db, Sql};
use passerelle::vault::errands::Errands;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::legacy_system::{Door, Fault};
use crate::support::browser::Shown;
use crate::support::house::{House, ISSUER};
use crate::support::members::{handed_by, house_config, posts};

const LONG: Duration = Duration::from_mins(10);

#[tokio::test]
async fn an_errand_outlives_the_thread_in_which_it_began_and_is_waited_for() {
    let errands = Errands::of(Handle::current());
    errands.come_to_rest(LONG).await;
    let (may_end, done) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
    let (begun, ends, notes) = (errands.clone(), may_end.clone(), done.clone());
    let lane = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            drop(begun.begin(async move {
                ends.notified().await;
                notes.store(true, Ordering::SeqCst);
            }));
        });
    });
    lane.join().unwrap();
    let mut rest = Box::pin(errands.come_to_rest(LONG));
    let rests = tokio::time::timeout(Duration::from_millis(20), &mut rest).await;
    assert!(rests.is_err() && !done.load(Ordering::SeqCst), "it is under way");
    may_end.notify_one();
    rest.await;
    assert!(done.load(Ordering::SeqCst));
}

/// Sends `request` from a thread that ends as soon as the old system was `asked`.
async fn hangs_up(
    request: impl Future<Output = Shown> + Send + 'static,
    asked: impl Fn() -> bool + Send + 'static,
) {
    let lane = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let was_asked = async {
            while !asked() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        runtime.block_on(async {
            tokio::select! {
                shown = request => panic!("{shown:?} came before the thread ended"),
                () = was_asked => {}
            }
        });
    });
    tokio::task::spawn_blocking(|| lane.join().unwrap()).await.unwrap();
}

async fn rows(db: &Db, of: Sql) -> usize {
    let rows = db.write(move |tx| Box::pin(async move { tx.fetch_all(&of, Vec::new()).await }));
    rows.await.unwrap().len()
}

#[tokio::test]
async fn a_bridge_that_stops_finishes_the_sign_ins_and_hand_overs_that_it_began() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("store.db").display());
    let house = House::of(&house_config("both", "", "").replace("sqlite::memory:", &url)).await;
    let db = Db::open(&url, 2).await.unwrap();
    let system = house.old_system().clone();
    system.console.change(|settings| settings.sso_redirect = Some(format!("{ISSUER}/handover")));
    let token = handed_by(&system, "alice", "wonderland").await;
    let (mut alice, mut bob) = (house.browser(), house.browser());
    let page = bob.get(&house.web().request(&[])).await;
    system.faults.set(Door::Token, Fault::Delay(Duration::from_secs(1)));
    let (origin, journal) = (house.legacy.base_url.clone(), system.journal.clone());
    let handed = async move { posts(&mut alice, &[("origin", &origin)], &token).await };
    let signed_in = async move { bob.sign_in(&page, "bob", "builder").await };
    let again = journal.clone();
    tokio::join!(
        hangs_up(handed, move || journal.refreshes() > 0),
        hangs_up(signed_in, move || again
            .calls_to("/token")
            .iter()
            .any(|call| call.field("grant_type") == Some("password")))
    );
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    house.bridge.serve(listener, async {}).await.unwrap();
    let waiting = Sql::new("look at hand-overs", "SELECT digest FROM handovers");
    let sessions = Sql::new("look at sessions", "SELECT id FROM login_sessions");
    assert_eq!((rows(&db, waiting).await, rows(&db, sessions).await), (1, 1));
}

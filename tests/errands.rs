//! What was begun at the old system, and a process that stops.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use passerelle::provider::errands::Errands;
use tokio::runtime::Handle;
use tokio::sync::Notify;

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

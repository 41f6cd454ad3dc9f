//! The work of one transaction, run so that it can harm nobody but itself: a panic becomes an error, and so does waiting.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use super::Tx;
use crate::store::error::StoreError;

/// What a transaction does, as [`super::Db::write`] wants it: `Box::pin(async move { … })`.
pub type Work<'t, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 't>>;

/// A handful of statements takes milliseconds. What takes longer waits for something that has no place in a transaction.
const LIMIT: Duration = Duration::from_secs(10);

/// Runs `work`; afterwards the transaction is to be kept if and only if the answer is `Ok`.
pub(super) async fn run<T, W>(tx: &mut Tx, work: W) -> Result<T, StoreError>
where
    W: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T>,
{
    tx.failure = None;
    let done = {
        let mut work = match catch_unwind(AssertUnwindSafe(|| work(tx))) {
            Ok(work) => work,
            Err(_) => return Err(StoreError::Panicked),
        };
        let guarded = poll_fn(|context| {
            catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)))
                .unwrap_or(Poll::Ready(Err(StoreError::Panicked)))
        });
        tokio::time::timeout(LIMIT, guarded).await.unwrap_or(Err(StoreError::TooSlow { limit: LIMIT }))
    };
    // A work that swallowed a statement's error does not stand.
    done.and_then(|value| tx.may_go_on().map(|()| value))
}

//! Bodies that stream through: counted, bounded in size and in silence, never gathered.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use tokio::time::{Instant, Sleep, sleep};

/// What goes wrong in a body, whoever it comes from.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// A body on its way.
pub type Body = UnsyncBoxBody<Bytes, BodyError>;

/// A body of nothing.
pub fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// More came than the route takes.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the body is larger than this route takes")]
pub struct TooLarge;

/// Nothing came for too long.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the other side fell silent")]
struct Silent;

/// How an upload goes on, for whoever waits for the answer to it.
#[derive(Debug)]
pub struct Progress {
    began: Instant,
    moved_at: AtomicU64,
    exceeded: AtomicBool,
}

impl Progress {
    /// Something that has just begun.
    pub fn begin() -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            moved_at: AtomicU64::new(0),
            exceeded: AtomicBool::new(false),
        })
    }

    fn moved(&self) {
        let since = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved_at.store(since, Ordering::Relaxed);
    }

    /// When something last moved.
    pub fn last(&self) -> Instant {
        self.began + Duration::from_millis(self.moved_at.load(Ordering::Relaxed))
    }

    /// Whether more came than is taken.
    pub fn exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }
}

/// A request's body on its way up: at most so many bytes.
pub struct Upload {
    inner: Body,
    left: u64,
    progress: Arc<Progress>,
}

impl Upload {
    /// `inner`, of which at most `limit` bytes pass.
    pub fn new(inner: Body, limit: u64, progress: Arc<Progress>) -> Self {
        Self { inner, left: limit, progress }
    }
}

impl HttpBody for Upload {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        self.progress.moved();
        let length = match &frame {
            Some(Ok(frame)) => {
                frame.data_ref().map_or(0, |data| u64::try_from(data.len()).unwrap_or(u64::MAX))
            }
            _ => 0,
        };
        let Some(left) = self.left.checked_sub(length) else {
            self.progress.exceeded.store(true, Ordering::Relaxed);
            return Poll::Ready(Some(Err(TooLarge.into())));
        };
        self.left = left;
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// An answer's body on its way down. It ends when the other side falls silent while somebody waits for it (a slow reader is not the other
/// side's silence), and what it holds is let go with it.
pub struct Download<B, H> {
    inner: B,
    idle: Duration,
    patience: Option<Pin<Box<Sleep>>>,
    _held: H,
}

impl<B, H> Download<B, H> {
    /// `inner`, between whose pieces at most `idle` passes.
    pub fn new(inner: B, idle: Duration, held: H) -> Self {
        Self { inner, idle, patience: None, _held: held }
    }
}

impl<B, H> HttpBody for Download<B, H>
where
    B: HttpBody<Data = Bytes> + Unpin,
    B::Error: Into<BodyError>,
    H: Unpin,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        match Pin::new(&mut this.inner).poll_frame(context) {
            Poll::Ready(frame) => {
                this.patience = None;
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending => {
                let patience = this.patience.get_or_insert_with(|| Box::pin(sleep(this.idle)));
                ready!(patience.as_mut().poll(context));
                Poll::Ready(Some(Err(Silent.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

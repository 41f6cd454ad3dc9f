//! The first bytes of a connection, waited for with an end.
//!
//! # Why
//! Until it knows which HTTP a peer speaks, the server waits without a limit: whoever connects and says nothing, or only the beginning of
//! HTTP/2's preface, would stay for ever. Once that is known, the limits of HTTP/1.1 and HTTP/2 themselves hold.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// RFC 9113 §3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Accepts as `inner` does; what comes in must then begin within `limit`.
#[derive(Clone, Debug)]
pub struct Punctual<A> {
    /// Plain, or TLS, which bounds its own handshake.
    pub inner: A,
    /// How long a peer may take to say which HTTP it speaks.
    pub limit: Duration,
}

/// A connection that breaks when its peer does not begin in time.
#[derive(Debug)]
pub struct Opening<S> {
    stream: S,
    /// How much of the preface has come.
    matched: usize,
    /// None once it is known which HTTP is spoken.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<A, I, S> Accept<I, S> for Punctual<A>
where
    A: Accept<I, S>,
    A::Future: Send + 'static,
{
    type Stream = Opening<A::Stream>;
    type Service = A::Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let accepted = self.inner.accept(stream, service);
        let limit = self.limit;
        Box::pin(async move {
            let (stream, service) = accepted.await?;
            Ok((Opening { stream, matched: 0, deadline: Some(Box::pin(sleep(limit))) }, service))
        })
    }
}

impl<S> Opening<S> {
    /// What is not the preface any more is HTTP/1.1, and the whole preface is HTTP/2.
    fn hear(&mut self, heard: &[u8]) {
        let rest = PREFACE.get(self.matched..).unwrap_or_default();
        if !heard.is_empty() && heard.len() < rest.len() && rest.starts_with(heard) {
            self.matched += heard.len();
        } else {
            self.deadline = None;
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Opening<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(deadline) = &mut self.deadline
            && deadline.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if self.deadline.is_some() {
            self.hear(buffer.filled().get(before..).unwrap_or_default());
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Opening<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

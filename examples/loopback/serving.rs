//! An app that listens on loopback, and the handle that stops it.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A port of our own: the listener, and the URL under which a browser on this machine finds it.
pub struct Port {
    listener: TcpListener,
    number: u16,
    /// `http://localhost:<port>`, without a slash at the end.
    pub base_url: String,
}

impl Port {
    /// Takes that loopback port; 0 takes a free one.
    pub async fn take(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| {
            io::Error::new(error.kind(), format!("cannot listen on port {port}: {error}"))
        })?;
        let number = listener.local_addr()?.port();
        Ok(Self { listener, number, base_url: format!("http://localhost:{number}") })
    }

    /// Its number.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The listener alone, for a server that brings its own loop.
    ///
    /// # Errors
    /// When the runtime does not let go of it.
    pub fn into_listener(self) -> io::Result<std::net::TcpListener> {
        self.listener.into_std()
    }

    /// Serves these routes until the answer is stopped or dropped.
    pub fn serve(self, routes: Router) -> Running {
        let (closing, closed) = oneshot::channel::<()>();
        // A dropped `Running` drops `closing`, which ends the wait as well as a message would.
        let server = axum::serve(self.listener, routes).with_graceful_shutdown(async { drop(closed.await) });
        let task = tokio::spawn(async { server.await });
        Running { base_url: self.base_url, port: self.number, closing, task }
    }
}

/// An app that listens.
pub struct Running {
    /// `http://localhost:<port>`, without a slash at the end.
    pub base_url: String,
    /// The port.
    pub port: u16,
    closing: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Running {
    /// Closes the port and the idle connections, and waits a moment for the busy ones.
    pub async fn stop(self) {
        drop(self.closing);
        let abort = self.task.abort_handle();
        if tokio::time::timeout(Duration::from_secs(1), self.task).await.is_err() {
            abort.abort();
        }
    }
}

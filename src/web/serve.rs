//! Listens: HTTP/1.1 and HTTP/2, with or without TLS, until it is told to stop.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::TokioTimer;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::web::opening::Punctual;

/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 128;

/// Certificate chain and key as PEM files.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The chain, leaf first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// How long peers are waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Whoever has not sent the head of a request by then never meant to.
    pub head: Duration,
    /// How long requests under way may take to finish at the end.
    pub farewell: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { head: Duration::from_secs(15), farewell: Duration::from_secs(10) }
    }
}

/// The same routes for each thread that serves.
#[derive(Clone, Debug)]
pub struct Lanes {
    /// Those of the first thread,
    pub first: Router,
    /// and of the others.
    pub others: Vec<Router>,
}

impl From<Router> for Lanes {
    /// One alone.
    fn from(router: Router) -> Self {
        Self { first: router, others: Vec::new() }
    }
}

/// Serves on `listener` until `stop` is done and what is under way has been answered.
///
/// # Why
/// A thread with a small runtime of its own for each lane: a connection and all that is done for it stay on one processor. With one runtime
/// that hands work between threads, a third of the gateway's time went into waking them.
///
/// # Errors
/// When the certificate cannot be read, or the listener breaks.
pub async fn serve(
    listener: TcpListener,
    lanes: Lanes,
    tls: Option<TlsFiles>,
    patience: Patience,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let tls = match tls {
        None => None,
        Some(files) => Some(RustlsConfig::from_pem_file(&files.certificate, &files.key).await?),
    };
    let mut handles = Vec::new();
    let mut served = JoinSet::new();
    for router in std::iter::once(lanes.first).chain(lanes.others) {
        let (listener, tls, handle) = (listener.try_clone()?, tls.clone(), Handle::new());
        handles.push(handle.clone());
        let (done, ended) = oneshot::channel();
        let lane = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let served =
                runtime.and_then(|runtime| runtime.block_on(lane(listener, router, tls, (patience, handle))));
            // Whoever waits for it may be gone.
            done.send(served).ok();
        };
        std::thread::Builder::new().name("lane".to_owned()).spawn(lane)?;
        served
            .spawn(async move { ended.await.unwrap_or_else(|_| Err(io::Error::other("a lane broke off"))) });
    }
    // While anybody holds it, connections are taken in that nobody will serve any more.
    drop(listener);
    let stopping = handles.clone();
    tokio::spawn(async move {
        stop.await;
        stopping.iter().for_each(|handle| handle.graceful_shutdown(Some(patience.farewell)));
    });
    // Whoever stops waiting for the servers stops them.
    let _ends = Ends(handles.clone());
    let mut outcome = Ok(());
    while let Some(ended) = served.join_next().await {
        let ended = ended.map_err(io::Error::other).and_then(|ended| ended);
        if outcome.is_ok() && ended.is_err() {
            outcome = ended;
            // One that is broken takes the others along: nobody serves with half of the house.
            handles.iter().for_each(|handle| handle.graceful_shutdown(Some(patience.farewell)));
        }
    }
    outcome
}

/// Ends the lanes with whoever holds it.
struct Ends(Vec<Handle<SocketAddr>>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.iter().for_each(Handle::shutdown);
    }
}

/// One thread's share.
async fn lane(
    listener: TcpListener,
    router: Router,
    tls: Option<RustlsConfig>,
    (patience, handle): (Patience, Handle<SocketAddr>),
) -> io::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    // The two kinds of server have different types and nothing else that differs.
    macro_rules! run {
        ($server:expr) => {{
            let punctual = |inner| Punctual { inner, limit: patience.head };
            let mut server = $server.handle(handle).map(punctual);
            let builder = server.http_builder();
            builder.http1().timer(TokioTimer::new()).header_read_timeout(patience.head);
            builder
                .http2()
                .timer(TokioTimer::new())
                .keep_alive_interval(Some(Duration::from_secs(30)))
                .max_concurrent_streams(STREAMS);
            server.serve(service).await
        }};
    }
    match tls {
        None => run!(axum_server::from_tcp(listener)?),
        Some(config) => run!(axum_server::from_tcp_rustls(listener, config)?),
    }
}

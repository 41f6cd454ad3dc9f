//! Listens: HTTP/1.1 and HTTP/2, with or without TLS, until it is told to stop.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::TokioTimer;

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

/// Serves `router` on `listener` until `stop` is done and what is under way has been answered.
///
/// # Errors
/// When the certificate cannot be read, or the listener breaks.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<TlsFiles>,
    patience: Patience,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let handle = Handle::new();
    let stopping = handle.clone();
    tokio::spawn(async move {
        stop.await;
        stopping.graceful_shutdown(Some(patience.farewell));
    });
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
        Some(files) => {
            let config = RustlsConfig::from_pem_file(&files.certificate, &files.key).await?;
            run!(axum_server::from_tcp_rustls(listener, config)?)
        }
    }
}

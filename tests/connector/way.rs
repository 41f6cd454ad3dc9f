//! The way to the old system: a private authority, a certificate of the bridge's own, a proxy, and how many go it at once.

use std::io::{Read as _, Write as _};
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use passerelle::app::outbound::client_of;
use passerelle::legacy::connector::Connector;
use passerelle::legacy::refusal::Refusal;
use passerelle::secret::Secret;
use passerelle::time::Clock;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::described;
use super::foreign::GRANTED;
use crate::support::certificates::{Authority, Issued, Validity};

const NOW: Validity = Validity { from: -1, until: 2 };
const BY_ANSWER: &str = "
    token = { url = '{base_url}/login', access_token = '/access_token' }
    identity = { legacy_id = '/answer/token_type', user_name = '/typed/user_name' }
";

fn connector(description: &str) -> Connector {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let description = described(description).unwrap();
    let http = client_of(&description).unwrap();
    Connector::new(description, http, Clock::System)
}

async fn signs_in(connector: &Connector) -> Result<(), Refusal> {
    connector.sign_in("alice", &Secret::from("wonderland")).await.map(|_| ())
}

/// A login over TLS that demands a certificate of the same authority.
fn guarded_by(authority: &Path, own: &Issued) -> String {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_file_iter(authority).unwrap().map(Result::unwrap));
    let demand =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let chain = CertificateDer::pem_file_iter(&own.certificate).unwrap().map(Result::unwrap).collect();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(demand)
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(&own.key).unwrap())
        .unwrap();
    let (config, listener) =
        (Arc::new(config), std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    let base_url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            let mut sent = [0; 4096];
            if matches!(stream.read(&mut sent), Ok(1..)) {
                let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json";
                let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{GRANTED}", GRANTED.len());
                stream.write_all(answer.as_bytes()).and_then(|()| stream.flush()).ok();
            }
        }
    });
    base_url
}

#[tokio::test]
async fn a_private_authority_and_a_certificate_of_our_own_are_what_the_system_wants() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let authority = Authority::founded();
    let root = authority.writes_itself(theirs.path());
    let base_url = guarded_by(&root, &authority.issues("127.0.0.1", NOW, theirs.path()));
    let own = authority.issues("bridge.example", NOW, ours.path());
    let (ca, certificate, key) = (root.display(), own.certificate.display(), own.key.display());
    let base = format!("base_url = '{base_url}'\n{BY_ANSWER}");
    signs_in(&connector(&format!(
        "{base}tls = {{ ca_file = '{ca}', certificate_file = '{certificate}', key_file = '{key}' }}"
    )))
    .await
    .unwrap();
    // Without either of the two nobody comes through.
    for tls in [format!("tls = {{ ca_file = '{ca}' }}"), String::new()] {
        let refusal = signs_in(&connector(&format!("{base}{tls}"))).await.unwrap_err();
        assert!(matches!(refusal, Refusal::Unavailable { .. }), "{tls}: {refusal:?}");
    }
}

#[test]
fn files_that_are_not_there_or_do_not_belong_together_are_told() {
    let base = format!("base_url = 'https://old.example'\n{BY_ANSWER}");
    for (tls, path) in [
        ("{ ca_file = '/nowhere/ca.pem' }", "legacy.tls.ca_file: cannot read"),
        ("{ certificate_file = '/nowhere/a.pem' }", "legacy.tls.key_file: missing"),
        ("{ key_file = '/nowhere/a.key' }", "legacy.tls.certificate_file: missing"),
    ] {
        let problems = described(&format!("{base}tls = {tls}")).unwrap_err();
        assert!(problems.iter().any(|problem| problem.starts_with(path)), "{tls}: {problems:?}");
    }
    let problems = described(&format!("{base}proxy = 'proxy:3128'")).unwrap_err();
    assert!(problems[0].starts_with("legacy.proxy: not an http"), "{problems:?}");
}

#[tokio::test]
async fn a_proxy_is_gone_through_when_one_is_named() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&asked);
    let proxy = Router::new().fallback(async move |request: axum::extract::Request| {
        seen.lock().unwrap().push(request.uri().to_string());
        ([("content-type", "application/json")], GRANTED)
    });
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move { axum::serve(listener, proxy).await });
    let description =
        format!("base_url = 'http://old.internal'\nallow_plain_http = true\nproxy = '{url}'\n{BY_ANSWER}");
    signs_in(&connector(&description)).await.unwrap();
    assert_eq!(*asked.lock().unwrap(), ["http://old.internal/login"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_calls_are_under_way_at_once_than_the_configuration_allows() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counts = (Arc::clone(&now), Arc::clone(&most));
    let slow = Router::new().route(
        "/login",
        post(async move || {
            counts.1.fetch_max(counts.0.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            counts.0.fetch_sub(1, Ordering::SeqCst);
            ([("content-type", "application/json")], GRANTED)
        }),
    );
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base_url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move { axum::serve(listener, slow).await });
    let connector = connector(&format!("base_url = '{base_url}'\nconcurrency = 3\n{BY_ANSWER}"));
    let tries = (0..20).map(|_| {
        let connector = connector.clone();
        tokio::spawn(async move { signs_in(&connector).await })
    });
    for tried in futures_util::future::join_all(tries).await {
        tried.unwrap().unwrap();
    }
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

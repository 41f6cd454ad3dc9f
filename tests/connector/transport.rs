//! The way to the old system: encrypted, to whom the certificate names, once, and within the time that is configured.

use std::io::Read;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509Name};
use passerelle::legacy::refusal::Refusal;
use passerelle::secret::Secret;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::foreign::PLAIN;
use super::{Town, connector};
use crate::legacy_system::{Door, Fault, Settings};

/// What a listener does with each connection.
#[derive(Clone, Copy)]
enum Manner {
    /// Reads what it is sent and hangs up.
    HangsUp,
    /// Reads what it is sent and says nothing.
    SaysNothing,
    /// Answers, a byte now and then, without ever coming to an end.
    Drips,
}

/// A listener on a free port, and how many requests reached it.
async fn listener(manner: Manner) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let mut sent = [0; 4096];
                while stream.read(&mut sent).await.is_ok_and(|read| read > 0) {
                    counted.fetch_add(1, Ordering::SeqCst);
                    match manner {
                        Manner::HangsUp => return,
                        Manner::SaysNothing => {}
                        Manner::Drips => drip(&mut stream).await,
                    }
                }
            });
        }
    });
    (base_url, requests)
}

async fn drip(stream: &mut tokio::net::TcpStream) {
    let mut pulse = tokio::time::interval(Duration::from_millis(50));
    let mut bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n".to_vec();
    while stream.write_all(&bytes).await.is_ok() {
        bytes = b" ".to_vec();
        pulse.tick().await;
    }
}

#[tokio::test]
async fn a_password_that_may_have_arrived_is_not_sent_again() {
    let (base_url, requests) = listener(Manner::HangsUp).await;
    let connector = connector(&format!("base_url = '{base_url}'\n{PLAIN}"));
    for tried in 1..=3 {
        let refusal = connector.sign_in("alice", &Secret::from("wonderland")).await.unwrap_err();
        assert_eq!(refusal, Refusal::Unavailable { why: "the request failed".to_owned() });
        assert_eq!(requests.load(Ordering::SeqCst), tried);
    }
}

#[tokio::test]
async fn the_whole_sign_in_ends_within_the_configured_time() {
    for manner in [Manner::SaysNothing, Manner::Drips] {
        let (base_url, requests) = listener(manner).await;
        let connector = connector(&format!("base_url = '{base_url}'\ntimeout = '1s'\n{PLAIN}"));
        let begun = Instant::now();
        let refusal = connector.sign_in("alice", &Secret::from("wonderland")).await.unwrap_err();
        assert!(matches!(refusal, Refusal::Unavailable { .. }), "{refusal}");
        let waited = begun.elapsed();
        assert!(waited >= Duration::from_secs(1) && waited < Duration::from_secs(10), "{waited:?}");
        assert_eq!(requests.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn the_time_is_for_all_calls_together() {
    let town = Town::with(Settings::default(), "timeout = '2s'").await;
    // Each call alone would be in time; the token and two steps of the profile together are not.
    for door in [Door::Token, Door::Profile] {
        town.running.system.faults.set(door, Fault::Delay(Duration::from_millis(1200)));
    }
    let refusal = town.sign_in("alice", "wonderland").await.unwrap_err();
    assert_eq!(refusal, Refusal::Unavailable { why: "no answer in time".to_owned() });
    assert_eq!(town.running.system.journal.calls_to("/token").len(), 1);
    assert!(town.running.system.journal.calls_to("/api/party/10001").is_empty());
}

#[tokio::test]
async fn an_answer_may_have_as_many_bytes_as_are_configured_and_no_more() {
    let town = Town::with(Settings::default(), "largest_answer = 6_000_000").await;
    town.running.system.faults.set(Door::Profile, Fault::Huge);
    town.sign_in("alice", "wonderland").await.unwrap();
    let town = Town::with(Settings::default(), "largest_answer = 400").await;
    let refusal = town.sign_in("alice", "wonderland").await.unwrap_err();
    assert_eq!(refusal, Refusal::Unavailable { why: "an answer of more than 400 bytes".to_owned() });
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_gets_no_password() {
    let (address, decrypted) = encrypted();
    let connector = connector(&format!("base_url = 'https://{address}'\n{PLAIN}"));
    let refusal = connector.sign_in("alice", &Secret::from("wonderland")).await.unwrap_err();
    let Refusal::Unavailable { why } = refusal else { panic!("{refusal}") };
    assert!(why.starts_with("no connection: invalid peer certificate"), "{why}");
    assert_eq!(decrypted.load(Ordering::SeqCst), 0);
}

/// A TLS listener with a certificate of its own making, and how many bytes of requests it could read.
fn encrypted() -> (String, Arc<AtomicUsize>) {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let config = Arc::new(self_signed());
    let decrypted = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&decrypted);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            let mut sent = [0; 4096];
            while let Ok(read @ 1..) = stream.read(&mut sent) {
                counted.fetch_add(read, Ordering::SeqCst);
            }
        }
    });
    (address, decrypted)
}

fn self_signed() -> ServerConfig {
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&curve).unwrap()).unwrap();
    let mut certificate = X509::builder().unwrap();
    certificate.set_version(2).unwrap();
    // Without a name it would be refused even where it is trusted.
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", "old system").unwrap();
    let name = name.build();
    certificate.set_subject_name(&name).unwrap();
    certificate.set_issuer_name(&name).unwrap();
    certificate.set_pubkey(&key).unwrap();
    certificate.set_not_before(&Asn1Time::from_unix(0).unwrap()).unwrap();
    certificate.set_not_after(&Asn1Time::days_from_now(2).unwrap()).unwrap();
    let address =
        SubjectAlternativeName::new().ip("127.0.0.1").build(&certificate.x509v3_context(None, None));
    certificate.append_extension(address.unwrap()).unwrap();
    certificate.sign(&key, MessageDigest::sha256()).unwrap();
    let certificate = certificate.build().to_der().unwrap();
    let key = key.private_key_to_pkcs8().unwrap();
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(certificate)], PrivatePkcs8KeyDer::from(key).into())
        .unwrap()
}

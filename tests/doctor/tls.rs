//! Certificates: as they are shown by a bridge that serves TLS itself, and in its file.

use std::path::PathBuf;

use super::Practice;
use crate::support::certificates::{Authority, Validity};

const GOOD: Validity = Validity { from: -1, until: 90 };

/// A bridge that serves TLS with a certificate for `host`, and the file of the authority that issued it.
async fn encrypted(host: &str, validity: Validity) -> (Practice, PathBuf) {
    let tls = "tls = { certificate = \"chain.pem\", key = \"key.pem\" }\n[storage]";
    let mut practice = Practice::with(|config| {
        config
            .replace("issuer = \"http://127.0.0.1", "issuer = \"https://localhost")
            .replace("[storage]", tls)
    })
    .await;
    let authority = Authority::founded();
    authority.issues(host, validity, practice.path());
    let trusted = authority.writes_itself(practice.path());
    practice.opens().await;
    (practice, trusted)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_certificate_is_told_with_the_time_that_is_left() {
    let (practice, trusted) = encrypted("localhost", GOOD).await;
    let said = practice.says_trusting(&[], Some(trusted)).await;
    assert_eq!(said.code, Some(0), "{}", said.text);
    said.tells("  ok       https://localhost", "ok", &[]);
    assert_eq!(
        said.text.matches("valid for 90 days (for localhost, issued by Test Authority)").count(),
        2,
        "{}",
        said.text
    );
    said.tells("/jwks", "ok", &["the same as in the database"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_ends_soon_is_a_warning() {
    let (practice, trusted) = encrypted("localhost", Validity { from: -80, until: 10 }).await;
    let said = practice.says_trusting(&[], Some(trusted)).await;
    assert_eq!(said.code, Some(0), "{}", said.text);
    said.tells("server.tls.certificate", "warning", &["valid for 10 days", "renew it"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_is_a_problem() {
    let (practice, trusted) = encrypted("localhost", Validity { from: -90, until: -10 }).await;
    let said = practice.says_trusting(&[], Some(trusted)).await;
    assert_eq!(said.code, Some(1));
    said.tells("server.tls.certificate", "problem", &["expired 9 days ago"]);
    assert!(
        said.text
            .contains("the certificate expired 9 days ago (it is for localhost, issued by Test Authority)"),
        "{}",
        said.text
    );
    said.tells("openid-configuration", "problem", &["its certificate is not taken", "see TLS"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_name_is_a_problem() {
    let (practice, trusted) = encrypted("login.example.org", GOOD).await;
    let said = practice.says_trusting(&[], Some(trusted)).await;
    assert_eq!(said.code, Some(1));
    assert!(said.text.contains("it is for login.example.org, not for localhost"), "{}", said.text);
    assert!(
        said.text.contains("the certificate is for another name (it is for login.example.org"),
        "{}",
        said.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_valid_yet_is_a_problem() {
    let (practice, trusted) = encrypted("localhost", Validity { from: 5, until: 90 }).await;
    let said = practice.says_trusting(&[], Some(trusted)).await;
    assert_eq!(said.code, Some(1));
    said.tells("server.tls.certificate", "problem", &["not valid for 5 days yet", "clock"]);
    assert!(said.text.contains("the certificate is not valid yet"), "{}", said.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_an_authority_that_nobody_trusts_is_a_problem() {
    let (practice, _) = encrypted("localhost", GOOD).await;
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(1));
    assert!(said.text.contains("nobody whom this machine trusts issued the certificate"), "{}", said.text);
    said.tells("server.tls.certificate", "ok", &["valid for 90 days"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_the_certificates_and_a_file_that_is_no_certificate_are_problems() {
    let (mut practice, trusted) = encrypted("localhost", GOOD).await;
    practice.closes().await;
    let certificate = std::fs::read(practice.path().join("chain.pem")).unwrap();
    Authority::founded().issues("localhost", GOOD, practice.path());
    std::fs::write(practice.path().join("chain.pem"), certificate).unwrap();
    let said = practice.says_trusting(&[], Some(trusted.clone())).await;
    assert_eq!(said.code, Some(1));
    assert!(said.text.contains("server.tls.key is not its private key"), "{}", said.text);
    std::fs::write(practice.path().join("chain.pem"), "no certificate").unwrap();
    let said = practice.says_trusting(&[], Some(trusted)).await;
    said.tells("server.tls.certificate", "problem", &["holds no certificate in PEM"]);
}

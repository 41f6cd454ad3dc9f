//! An X.509 certificate as far as an operator wants to know it: for which names, since when, until when. Whether anybody trusts it is
//! not decided here.

use std::path::{Path, PathBuf};

use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::{X509, X509NameRef};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;

use crate::time::Timestamp;

/// A leaf certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The names and addresses that it is for.
    pub names: Vec<String>,
    /// Who issued it.
    pub issued_by: String,
    /// From when it counts.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
    der: Vec<u8>,
}

/// Why a file shows no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Something else stands in it.
    #[error("{} holds no {what} in PEM", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
}

impl Certificate {
    /// The certificate in `der`; none when it is none.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        Self::of(&X509::from_der(der).ok()?)
    }

    /// The first certificate of a PEM file: the leaf of its chain.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn read_file(path: &Path) -> Result<Self, CertificateError> {
        let malformed = || CertificateError::Malformed { path: path.to_owned(), what: "certificate" };
        let certificate = X509::from_pem(&read(path)?).map_err(|_| malformed())?;
        Self::of(&certificate).ok_or_else(malformed)
    }

    /// Whether the private key of a PEM file is this certificate's.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn belongs_to(&self, key: &Path) -> Result<bool, CertificateError> {
        let malformed = || CertificateError::Malformed { path: key.to_owned(), what: "private key" };
        let private = PKey::private_key_from_pem(&read(key)?).map_err(|_| malformed())?;
        let public = X509::from_der(&self.der).and_then(|own| own.public_key());
        Ok(public.is_ok_and(|public| public.public_eq(&private)))
    }

    /// Whether it is for `host`, a name or an address, by the rules that clients have (RFC 9525).
    pub fn is_for(&self, host: &str) -> bool {
        let Ok(name) = ServerName::try_from(host) else { return false };
        let parsed = CertificateDer::from(self.der.as_slice());
        ParsedCertificate::try_from(&parsed)
            .is_ok_and(|parsed| rustls::client::verify_server_name(&parsed, &name).is_ok())
    }

    fn of(certificate: &X509) -> Option<Self> {
        let alternatives = certificate.subject_alt_names().into_iter().flatten();
        let names = alternatives.filter_map(|name| match (name.dnsname(), name.ipaddress()) {
            (Some(name), _) => Some(name.to_owned()),
            (None, Some(address)) => address_text(address),
            (None, None) => None,
        });
        Some(Self {
            names: names.collect(),
            issued_by: name_text(certificate.issuer_name()),
            not_before: moment(certificate.not_before())?,
            not_after: moment(certificate.not_after())?,
            der: certificate.to_der().ok()?,
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    std::fs::read(path).map_err(|source| CertificateError::File { path: path.to_owned(), source })
}

fn moment(time: &Asn1TimeRef) -> Option<Timestamp> {
    let since = Asn1Time::from_unix(0).ok()?.diff(time).ok()?;
    Some(Timestamp::from_seconds(i64::from(since.days) * 86_400 + i64::from(since.secs)))
}

fn address_text(bytes: &[u8]) -> Option<String> {
    let four = <[u8; 4]>::try_from(bytes).map(std::net::IpAddr::from);
    let address = four.or_else(|_| <[u8; 16]>::try_from(bytes).map(std::net::IpAddr::from));
    address.ok().map(|address| address.to_string())
}

fn name_text(name: &X509NameRef) -> String {
    let entry = |nid| name.entries_by_nid(nid).next().and_then(|entry| entry.data().to_string().ok());
    let text = [Nid::COMMONNAME, Nid::ORGANIZATIONNAME].into_iter().find_map(entry);
    text.unwrap_or_else(|| "nobody named".to_owned())
}

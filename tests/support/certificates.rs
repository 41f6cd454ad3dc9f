//! An authority of the tests' own, and what it issues: good certificates, and each kind of bad one.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Name, X509NameRef};

/// Days before now and days from now.
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Validity {
    pub from: i64,
    pub until: i64,
}

/// An authority.
pub struct Authority {
    certificate: X509,
    key: PKey<Private>,
}

/// A certificate and its key as files.
#[expect(missing_docs, reason = "the names say it")]
pub struct Issued {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Authority {
    /// A new one.
    pub fn founded() -> Self {
        let key = key();
        let mut builder = begun(&name("Test Authority"), &key, Validity { from: -400, until: 400 });
        builder.set_issuer_name(&name("Test Authority")).unwrap();
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        builder.append_extension(KeyUsage::new().critical().key_cert_sign().build().unwrap()).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        Self { certificate: builder.build(), key }
    }

    /// Writes its certificate, so that somebody can trust it.
    pub fn writes_itself(&self, folder: &Path) -> PathBuf {
        let file = folder.join("authority.pem");
        std::fs::write(&file, self.certificate.to_pem().unwrap()).unwrap();
        file
    }

    /// Issues a certificate for `host`, a name or an address, into files of `folder`.
    pub fn issues(&self, host: &str, validity: Validity, folder: &Path) -> Issued {
        let key = key();
        let mut builder = begun(&name("bridge"), &key, validity);
        builder.set_issuer_name(self.certificate.subject_name()).unwrap();
        let mut names = SubjectAlternativeName::new();
        match host.parse::<IpAddr>() {
            Ok(_) => names.ip(host),
            Err(_) => names.dns(host),
        };
        let names = names.build(&builder.x509v3_context(Some(&self.certificate), None)).unwrap();
        builder.append_extension(names).unwrap();
        builder.sign(&self.key, MessageDigest::sha256()).unwrap();
        let issued = Issued { certificate: folder.join("chain.pem"), key: folder.join("key.pem") };
        std::fs::write(&issued.certificate, builder.build().to_pem().unwrap()).unwrap();
        std::fs::write(&issued.key, key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        issued
    }
}

fn key() -> PKey<Private> {
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&curve).unwrap()).unwrap()
}

fn name(text: &str) -> X509Name {
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", text).unwrap();
    name.build()
}

fn begun(subject: &X509NameRef, key: &PKey<Private>, validity: Validity) -> X509Builder {
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(64, openssl::bn::MsbOption::MAYBE_ZERO, false).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(subject).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&days_from_now(validity.from)).unwrap();
    builder.set_not_after(&days_from_now(validity.until)).unwrap();
    builder
}

/// Half a day beside the full hour, so that a test that runs slowly still counts the same days.
fn days_from_now(days: i64) -> Asn1Time {
    let now = jiff::Timestamp::now().as_second();
    Asn1Time::from_unix(now + days * 86_400 + 43_200).unwrap()
}

//! What was looked up, as plain values: what they mean is decided beside this file.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::admin::keys::ListedKey;
use crate::admin::lifetimes::ClientLifetimes;
use crate::id::ClientId;
use crate::keys::certificate::Certificate;
use crate::store::inspection::Inspection;

/// What became of one anonymous GET.
#[derive(Clone, Debug)]
pub enum Reached {
    /// It was answered.
    Answered(Box<Answer>),
    /// It was not.
    Not(Unreachable),
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// By how many seconds the clock over there is ahead of ours (or behind, below zero), by its `Date`.
    pub ahead: Option<i64>,
    /// Its body, if that was JSON.
    pub json: Option<Value>,
    /// The certificate that was shown.
    pub certificate: Option<Certificate>,
    /// How long it took.
    pub timing: Timing,
}

/// How long the steps of a call took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// The name was resolved.
    pub resolved: Duration,
    /// A connection stood.
    pub connected: Duration,
    /// The first byte came, on a connection of its own, TLS included.
    pub answered: Duration,
}

/// Why there was no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreachable {
    /// The name does not resolve.
    NoSuchName,
    /// Nobody listens there.
    Refused,
    /// It cannot be got to.
    NoWay,
    /// It took too long.
    TimedOut,
    /// The certificate is not taken.
    Untrusted(Distrust, Option<Box<Certificate>>),
    /// Whoever listens there speaks something else.
    NoHttp,
}

/// Why a certificate is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It is for another name.
    OtherName,
    /// Nobody whom this machine trusts issued it.
    UnknownIssuer,
    /// Something else.
    Otherwise,
}

/// How something is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By https.
    Encrypted,
    /// By http, without leaving this machine.
    OnThisMachine,
    /// By http to another machine.
    InTheClear,
}

/// The bridge as the world sees it.
#[derive(Clone, Debug)]
pub struct IssuerFacts {
    /// `server.issuer`.
    pub issuer: String,
    /// Its discovery document.
    pub discovery: Reached,
    /// The JWK Set that the document names, where it names one.
    pub jwks: Option<Reached>,
    /// `server.listen`.
    pub listen: String,
    /// Whether somebody listens there.
    pub listening: bool,
}

/// The certificate file of the bridge's own.
#[derive(Clone, Debug)]
pub struct OwnCertificateFacts {
    /// The file.
    pub file: String,
    /// The host of the issuer.
    pub host: String,
    /// What stands in it, and whether the key belongs to it and it is for that host; or why that is not known.
    pub read: Result<OwnCertificate, String>,
}

/// The certificate in it.
#[derive(Clone, Debug)]
pub struct OwnCertificate {
    /// The leaf.
    pub certificate: Certificate,
    /// Whether the key file is its key's.
    pub key_fits: bool,
    /// Whether it is for the issuer's host.
    pub name_fits: bool,
}

/// Where records are kept.
#[derive(Clone, Debug)]
pub struct DatabaseFacts {
    /// Which database, without what is secret in its URL.
    pub name: String,
    /// What it looks like.
    pub state: DatabaseState,
}

/// What it looks like.
#[derive(Clone, Debug)]
pub enum DatabaseState {
    /// In memory: nobody else can look at it.
    InMemory,
    /// It was not made yet.
    Absent,
    /// It cannot be opened or asked.
    Silent(String),
    /// It answers.
    Open(Inspection),
}

/// The master key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MasterKeyFacts {
    /// It cannot be read.
    Unreadable(String),
    /// Its file is not there, and something is sealed, or nobody knows whether anything is.
    Missing {
        /// The file.
        file: String,
        /// Whether something is sealed.
        sealed: Sealed,
    },
    /// It is there.
    There {
        /// Its fingerprint.
        fingerprint: String,
        /// What is sealed.
        sealed: Sealed,
    },
}

/// Under which key the database is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// The database could not be asked.
    NotKnown,
    /// Nothing is sealed yet.
    Nothing,
    /// Under the key with this fingerprint.
    Under(String),
}

/// The signing keys.
#[derive(Clone, Debug)]
pub struct SigningKeyFacts {
    /// Every key; none when the database could not be asked.
    pub listed: Option<Vec<ListedKey>>,
    /// The algorithms that somebody needs.
    pub needed: Vec<String>,
    /// Whether the private halves could be opened; none without a master key or keys.
    pub opened: Option<Result<(), String>>,
    /// `keys.rotate_every`.
    pub rotate_every: Duration,
}

impl SigningKeyFacts {
    /// The ids of the keys that are published.
    pub fn published(&self) -> Option<BTreeSet<&str>> {
        let listed = self.listed.as_ref()?;
        Some(listed.iter().filter(|key| key.state != "gone").map(|key| key.id.as_str()).collect())
    }
}

/// An old system.
#[derive(Clone, Debug)]
pub struct LegacyFacts {
    /// Its name.
    pub id: String,
    /// Its address, without what is secret in it.
    pub base_url: String,
    /// How long a sign-in may take there.
    pub timeout: Duration,
    /// The tries.
    pub tries: Vec<Reached>,
}

/// An application.
#[derive(Clone, Debug)]
pub struct ClientFacts {
    /// `client_id`.
    pub id: ClientId,
    /// Whether it is a public client, as native apps are.
    pub is_public: bool,
    /// Its addresses.
    pub addresses: Vec<AddressFacts>,
    /// How long people stay signed in at it.
    pub lifetimes: ClientLifetimes,
}

/// An address of an application.
#[derive(Clone, Debug)]
pub struct AddressFacts {
    /// The key that it stands at.
    pub key: &'static str,
    /// It.
    pub uri: String,
    /// What kind of address.
    pub kind: AddressKind,
    /// What became of calling it, where the bridge or a browser calls it without anybody's doing.
    pub reached: Option<Reached>,
}

/// What kind of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// https, or http to another machine, with a host name.
    Web {
        /// Whether it is https.
        https: bool,
        /// Whether its name resolves.
        resolves: bool,
    },
    /// On the device itself.
    Loopback,
    /// A private-use scheme of a native app (RFC 8252 §7.1).
    PrivateUse,
}

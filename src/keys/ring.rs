//! All keys of ours at one moment: one signer for each algorithm, verifiers for all that are published, and the JWKS bytes.
//! A ring never changes; when keys do, another is assembled and takes its place in the [`super::keyring::Keyring`].

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::compact::{Unverified, VerifiedJws, VerifyError};
use super::jwk::Verifier;
use super::seal::Sealer;
use super::signing_key::{KeyError, OpenedKey, Signer, StoredKey};
use crate::id::KeyId;
use crate::oauth::algorithm::SigningAlgorithm;

/// What a key in the ring is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// It signs, and is published.
    Signs,
    /// It is published only: it waits for its time, or what it signed is still about.
    Published,
    /// It is not published any more, and vouches for nothing but hints. Whoever forges one gains nothing: a hint opens no door.
    Remembered,
}

/// The public half of one of our keys, as we publish it.
#[derive(Clone, Debug, PartialEq)]
pub struct PublicKey {
    /// `kid`.
    pub id: KeyId,
    /// `alg`.
    pub algorithm: SigningAlgorithm,
    /// As it stands in the JWKS.
    pub jwk: Value,
    /// SubjectPublicKeyInfo in PEM, for software that reads no JWK.
    pub pem: String,
}

/// Keys ready for use.
pub struct Ring {
    signers: BTreeMap<SigningAlgorithm, Signer>,
    verifiers: HashMap<KeyId, (SigningAlgorithm, Verifier)>,
    remembered: HashMap<KeyId, (SigningAlgorithm, Verifier)>,
    public: Vec<PublicKey>,
    jwks: Arc<[u8]>,
}

impl Ring {
    /// Opens `stored` and builds signers and verifiers. The JWKS keeps the order given; where several keys of one algorithm
    /// have the duty to sign, the last one does. Opening a key costs up to a millisecond: not on the event loop.
    ///
    /// # Errors
    /// When one of them cannot be used; [`KeyError::OtherMasterKey`], when the master key is not theirs.
    pub fn assemble(stored: &[(StoredKey, Duty)], sealer: &Sealer) -> Result<Self, KeyError> {
        let mut ring = Self {
            signers: BTreeMap::new(),
            verifiers: HashMap::new(),
            remembered: HashMap::new(),
            public: Vec::new(),
            jwks: Arc::new([]),
        };
        for (key, duty) in stored {
            ring.add(key, *duty, OpenedKey::open(key, sealer)?)?;
        }
        let keys: Vec<&Value> = ring.public.iter().map(|key| &key.jwk).collect();
        ring.jwks = json!({ "keys": keys }).to_string().into_bytes().into();
        Ok(ring)
    }

    fn add(&mut self, stored: &StoredKey, duty: Duty, opened: OpenedKey) -> Result<(), KeyError> {
        let StoredKey { id, algorithm, .. } = stored;
        let OpenedKey { signer, public, pem } = opened;
        let verifier = public
            .verifier(*algorithm)
            .map_err(|source| KeyError::Engine { algorithm: *algorithm, source: source.into() })?;
        if duty == Duty::Remembered {
            self.remembered.insert(id.clone(), (*algorithm, verifier));
            return Ok(());
        }
        let jwk = published(id, *algorithm, public.members());
        self.verifiers.insert(id.clone(), (*algorithm, verifier));
        self.public.push(PublicKey { id: id.clone(), algorithm: *algorithm, jwk, pem });
        if duty == Duty::Signs {
            self.signers.insert(*algorithm, signer);
        }
        Ok(())
    }

    /// The JWK Set as bytes (RFC 7517 §5).
    pub fn jwks(&self) -> &Arc<[u8]> {
        &self.jwks
    }

    /// The published keys.
    pub fn public_keys(&self) -> &[PublicKey] {
        &self.public
    }

    pub(super) fn signer(&self, algorithm: SigningAlgorithm) -> Option<&Signer> {
        self.signers.get(&algorithm)
    }

    pub(super) fn verify(&self, compact: &str) -> Result<VerifiedJws, VerifyError> {
        vouched(compact, |kid| self.verifiers.get(kid))
    }

    pub(super) fn verify_hint(&self, compact: &str) -> Result<VerifiedJws, VerifyError> {
        vouched(compact, |kid| self.verifiers.get(kid).or_else(|| self.remembered.get(kid)))
    }
}

fn vouched<'r>(
    compact: &str,
    find: impl Fn(&KeyId) -> Option<&'r (SigningAlgorithm, Verifier)>,
) -> Result<VerifiedJws, VerifyError> {
    let token = Unverified::parse(compact)?;
    // Everything that we sign names its key.
    let kid = KeyId::from(token.kid.clone().ok_or(VerifyError::UnknownKey)?);
    let (algorithm, verifier) = find(&kid).ok_or(VerifyError::UnknownKey)?;
    // RFC 8725 §3.1: the key decides about the algorithm, not the token.
    if *algorithm != token.algorithm {
        return Err(VerifyError::UnknownKey);
    }
    token.vouched_for(&**verifier, &kid)
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.public.iter().map(|key| (&key.id, key.algorithm))).finish()
    }
}

/// The members of the public half, and what they may be used for.
fn published(id: &KeyId, algorithm: SigningAlgorithm, members: Map<String, Value>) -> Value {
    let about = [("use", "sig"), ("alg", algorithm.as_str()), ("kid", id.as_str())];
    let about = about.map(|(name, value)| (name.to_owned(), Value::String(value.to_owned())));
    Value::Object(members.into_iter().chain(about).collect())
}

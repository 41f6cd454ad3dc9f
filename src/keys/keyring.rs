//! The keys in use, for everybody who signs or verifies with them; swapped as a whole, without a lock, when they change.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use serde::Serialize;
use tokio::sync::Semaphore;

use super::compact::{VerifiedJws, VerifyError};
use super::ring::{PublicKey, Ring};
use super::signing_key::Signer;
use crate::oauth::algorithm::SigningAlgorithm;

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// No key of that algorithm has the duty to sign.
    #[error("there is no signing key for {0}")]
    NoKey(SigningAlgorithm),
    /// The claims are not JSON.
    #[error("the claims cannot be written as JSON: {0}")]
    Claims(#[from] serde_json::Error),
    /// OpenSSL refused.
    #[error("signing failed: {0}")]
    Engine(Box<dyn std::error::Error + Send + Sync>),
    /// The process is going down.
    #[error("signing was broken off")]
    BrokenOff,
}

/// Signs and verifies with the present [`Ring`]. Cheap to clone; all clones see a replacement at once.
#[derive(Clone)]
pub struct Keyring {
    ring: Arc<ArcSwap<Ring>>,
    /// Places for RSA signatures under way: as many as there are cores. More would take longer each, and finish no sooner.
    rsa_places: Arc<Semaphore>,
}

impl Keyring {
    /// A keyring that holds `ring`.
    pub fn new(ring: Ring) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { ring: Arc::new(ArcSwap::from_pointee(ring)), rsa_places: Arc::new(Semaphore::new(cores)) }
    }

    /// Puts another ring in place; signatures under way finish with the one before.
    pub fn replace(&self, ring: Ring) {
        self.ring.store(Arc::new(ring));
    }

    /// The JWK Set as bytes, made once for each ring.
    pub fn jwks(&self) -> Arc<[u8]> {
        self.ring.load().jwks().clone()
    }

    /// The published keys.
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.ring.load().public_keys().to_vec()
    }

    /// Signs `claims` as a JWT with the header `{typ, alg, kid}`.
    ///
    /// # Errors
    /// [`SignError`]; none of them is the caller's client's fault.
    pub async fn sign<T: Serialize + Sync + ?Sized>(
        &self,
        algorithm: SigningAlgorithm,
        typ: &'static str,
        claims: &T,
    ) -> Result<String, SignError> {
        let signer = self.ring.load().signer(algorithm).ok_or(SignError::NoKey(algorithm))?.clone();
        let payload = serde_json::to_vec(claims)?;
        match algorithm {
            // Some 25 to 80 microseconds: less than the way to another thread and back.
            SigningAlgorithm::Es256 | SigningAlgorithm::EdDsa => signed(&signer, typ, &payload),
            // Most of a millisecond each: a hundred of them on the event loop would hold up everybody else.
            SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => self.sign_aside(signer, typ, payload).await,
        }
    }

    async fn sign_aside(
        &self,
        signer: Signer,
        typ: &'static str,
        payload: Vec<u8>,
    ) -> Result<String, SignError> {
        let place = self.rsa_places.clone().acquire_owned().await.map_err(|_| SignError::BrokenOff)?;
        // The place goes along: a caller who leaves does not make room for more than the cores can do.
        let signing = tokio::task::spawn_blocking(move || {
            let token = signed(&signer, typ, &payload);
            drop(place);
            token
        });
        signing.await.map_err(|_| SignError::BrokenOff)?
    }

    /// Checks that one of the published keys signed `compact`, the one it names and with that key's algorithm.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn verify(&self, compact: &str) -> Result<VerifiedJws, VerifyError> {
        self.ring.load().verify(compact)
    }

    /// The same for a hint, which one of the keys may have signed that are only remembered.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn verify_hint(&self, compact: &str) -> Result<VerifiedJws, VerifyError> {
        self.ring.load().verify_hint(compact)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({:?})", self.ring.load())
    }
}

fn signed(signer: &Signer, typ: &str, payload: &[u8]) -> Result<String, SignError> {
    signer.sign(typ, payload).map_err(|error| SignError::Engine(error.into()))
}

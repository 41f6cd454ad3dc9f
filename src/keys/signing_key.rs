//! One signing key of ours: made, sealed, and opened again to a built signer. When it signs is its record's business.

use std::fmt;
use std::sync::Arc;

use josekit::JoseError;
use josekit::jwk::alg::{ec::EcKeyPair, ed::EdKeyPair, rsa::RsaKeyPair};
use josekit::jwk::{Ed25519, KeyPair, P_256};
use josekit::jws::{self, JwsHeader, JwsSigner};
use zeroize::Zeroizing;

use super::jwk::PublicHalf;
use super::seal::{Purpose, Sealer, Unsealable};
use crate::id::KeyId;
use crate::oauth::algorithm::SigningAlgorithm;
use crate::secret::Chance;

/// RFC 7518 §3.3 asks for no less; 3072 bits would cost three times as much for each ID token.
const RSA_BITS: u32 = 2048;

/// A signing key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// `kid`: the thumbprint of the public half (RFC 7638).
    pub id: KeyId,
    /// The one algorithm that it signs with (RFC 8725 §3.1).
    pub algorithm: SigningAlgorithm,
    /// The private half as PKCS#8, sealed and bound to `id` and `algorithm`.
    pub sealed: Vec<u8>,
}

/// Why a signing key cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The master key is not the one that this key was sealed under.
    #[error("signing key {id} was sealed under another master key")]
    OtherMasterKey {
        /// Which signing key.
        id: KeyId,
    },
    /// The sealed value was changed, or moved to another row.
    #[error("signing key {id} is damaged, or belongs to another row")]
    Damaged {
        /// Which signing key.
        id: KeyId,
    },
    /// OpenSSL could not make or read a key.
    #[error("a signing key for {algorithm} cannot be made or read: {source}")]
    Engine {
        /// For which algorithm.
        algorithm: SigningAlgorithm,
        /// What josekit said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Makes a key for `algorithm` and seals it. RSA takes a tenth of a second and more: not on the event loop.
///
/// The key comes from OpenSSL's own generator; `chance` only serves the seal.
///
/// # Errors
/// [`KeyError::Engine`], when OpenSSL has no randomness.
pub fn generate(
    algorithm: SigningAlgorithm,
    sealer: &Sealer,
    chance: &Chance,
) -> Result<StoredKey, KeyError> {
    let engine = |source: JoseError| KeyError::Engine { algorithm, source: source.into() };
    let private = new_private_half(algorithm).map_err(engine)?;
    let pair = read_pair(algorithm, &private).map_err(engine)?;
    let id = public_half(algorithm, &*pair)?.thumbprint();
    let sealed = sealer.seal(Purpose::SigningKey, &place(&id, algorithm), &private, chance);
    Ok(StoredKey { id, algorithm, sealed })
}

/// A key with its signer built.
pub(super) struct OpenedKey {
    pub(super) signer: Signer,
    pub(super) public: PublicHalf,
    pub(super) pem: String,
}

impl OpenedKey {
    /// Opens what [`generate`] sealed, and parses it once for all.
    pub(super) fn open(stored: &StoredKey, sealer: &Sealer) -> Result<Self, KeyError> {
        let StoredKey { id, algorithm, sealed } = stored;
        let engine = |source: JoseError| KeyError::Engine { algorithm: *algorithm, source: source.into() };
        let private =
            sealer.open(Purpose::SigningKey, &place(id, *algorithm), sealed).map_err(
                |error| match error {
                    Unsealable::OtherMasterKey => KeyError::OtherMasterKey { id: id.clone() },
                    Unsealable::Tampered => KeyError::Damaged { id: id.clone() },
                },
            )?;
        let pair = read_pair(*algorithm, &private).map_err(engine)?;
        let public = public_half(*algorithm, &*pair)?;
        let pem = String::from_utf8_lossy(&pair.to_pem_public_key()).into_owned();
        Ok(Self { signer: Signer::build(id, *algorithm, &private).map_err(engine)?, public, pem })
    }
}

/// A built signer: no key is parsed for a token.
#[derive(Clone)]
pub(super) struct Signer(Arc<dyn JwsSigner>);

impl Signer {
    fn build(id: &KeyId, algorithm: SigningAlgorithm, private: &[u8]) -> Result<Self, JoseError> {
        // josekit writes the signer's `kid` into each header.
        macro_rules! named {
            ($engine:expr) => {{
                let mut signer = $engine.signer_from_der(private)?;
                signer.set_key_id(id.as_str());
                Arc::new(signer)
            }};
        }
        Ok(Self(match algorithm {
            SigningAlgorithm::Rs256 => named!(jws::RS256),
            SigningAlgorithm::Ps256 => named!(jws::PS256),
            SigningAlgorithm::Es256 => named!(jws::ES256),
            SigningAlgorithm::EdDsa => named!(jws::EdDSA),
        }))
    }

    /// `payload` signed, in compact serialisation under the header `{typ, alg, kid}`.
    pub(super) fn sign(&self, typ: &str, payload: &[u8]) -> Result<String, JoseError> {
        let mut header = JwsHeader::new();
        header.set_token_type(typ);
        jws::serialize_compact(payload, &header, &*self.0)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[signer]")
    }
}

/// Where a sealed key belongs: a value moved to another row, or a row with another algorithm, opens no more.
fn place(id: &KeyId, algorithm: SigningAlgorithm) -> Vec<u8> {
    format!("{algorithm} {id}").into_bytes()
}

fn new_private_half(algorithm: SigningAlgorithm) -> Result<Zeroizing<Vec<u8>>, JoseError> {
    let pkcs8 = match algorithm {
        SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => {
            RsaKeyPair::generate(RSA_BITS)?.to_der_private_key()
        }
        SigningAlgorithm::Es256 => EcKeyPair::generate(P_256)?.to_der_private_key(),
        SigningAlgorithm::EdDsa => EdKeyPair::generate(Ed25519)?.to_der_private_key(),
    };
    Ok(Zeroizing::new(pkcs8))
}

/// PS256 keys are kept as plain RSA too: that is the form whose PEM every library reads.
fn read_pair(algorithm: SigningAlgorithm, private: &[u8]) -> Result<Box<dyn KeyPair>, JoseError> {
    Ok(match algorithm {
        SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => Box::new(RsaKeyPair::from_der(private)?),
        SigningAlgorithm::Es256 => Box::new(EcKeyPair::from_der(private, Some(P_256))?),
        SigningAlgorithm::EdDsa => Box::new(EdKeyPair::from_der(private)?),
    })
}

fn public_half(algorithm: SigningAlgorithm, pair: &dyn KeyPair) -> Result<PublicHalf, KeyError> {
    PublicHalf::from_members(pair.to_jwk_public_key().as_ref())
        .map_err(|unfit| KeyError::Engine { algorithm, source: unfit.into() })
}

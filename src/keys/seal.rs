//! Sealing: AES-256-GCM under keys derived from the master key. A sealed value can be neither read nor changed nor used for
//! another purpose or in another place than the one it was sealed for.
//!
//! A sealed value is `mark (8) ‖ salt (12) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`. The mark names the master key, so that a
//! wrong key is told apart from a damaged value.
//!
//! # Why a key for each value
//! One AES-GCM key with random nonces is good for 2^32 values (NIST SP 800-38D §8.3), which pending sign-ins could use up in
//! years. So the salt picks a key of its own by HKDF for each value; that costs a microsecond and moves the limit out of reach.

use std::fmt;
use std::sync::Arc;

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::master_key::MasterKey;
use crate::secret::Chance;

const MARK: usize = 8;
const SALT: usize = 12;
const NONCE: usize = 12;

/// What a value is sealed for; each purpose has keys of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The private half of a signing key, at rest.
    SigningKey,
    /// What travels through a browser and comes back: pending authorizations in forms.
    Browser,
    /// The answer of a refresh, kept for its short window of repetition.
    RefreshSuccessor,
    /// A user's token of the legacy system, at rest.
    LegacyToken,
    /// The password of a service account, at rest.
    ServiceAccount,
}

impl Purpose {
    /// Part of the derivation: to change one makes everything sealed for it unreadable.
    const fn label(self) -> &'static [u8] {
        match self {
            Self::SigningKey => b"passerelle seal v1 signing-key",
            Self::Browser => b"passerelle seal v1 browser",
            Self::RefreshSuccessor => b"passerelle seal v1 refresh-successor",
            Self::LegacyToken => b"passerelle seal v1 legacy-token",
            Self::ServiceAccount => b"passerelle seal v1 service-account",
        }
    }
}

/// Why a sealed value could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsealable {
    /// It was sealed under another master key, or never.
    #[error("sealed under another master key")]
    OtherMasterKey,
    /// It was changed, cut, or sealed for another purpose or place.
    #[error("the sealed value was changed, or was sealed for another purpose or place")]
    Tampered,
}

/// Seals and opens. Cheap to clone.
#[derive(Clone)]
pub struct Sealer(Arc<Derivation>);

struct Derivation {
    root: Hkdf<Sha256>,
    mark: [u8; MARK],
}

impl Sealer {
    /// A sealer under `master`.
    pub fn new(master: &MasterKey) -> Self {
        let root = Hkdf::<Sha256>::new(Some(b"passerelle"), master.as_bytes());
        let mark = expand(&root, &[b"passerelle master key mark v1"]);
        Self(Arc::new(Derivation { root, mark }))
    }

    /// A name for the master key that may be stored and logged: it tells whether a key is the same, and nothing about it.
    pub fn fingerprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.mark)
    }

    /// Seals `plain`; `associated` names the place it belongs to (a row, a browser) and must be given again to open it.
    pub fn seal(&self, purpose: Purpose, associated: &[u8], plain: &[u8], chance: &Chance) -> Vec<u8> {
        let salt = chance.bytes::<SALT>();
        let nonce = chance.bytes::<NONCE>();
        let sealed = encrypt(&self.cipher(purpose, &salt), &nonce, Payload { msg: plain, aad: associated });
        [self.0.mark.as_slice(), &salt, &nonce, &sealed].concat()
    }

    /// Opens what [`Sealer::seal`] made for the same purpose and place.
    ///
    /// # Errors
    /// When it was sealed under another master key, for another purpose or place, or changed since.
    pub fn open(
        &self,
        purpose: Purpose,
        associated: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let (mark, rest) = sealed.split_first_chunk::<MARK>().ok_or(Unsealable::Tampered)?;
        if *mark != self.0.mark {
            return Err(Unsealable::OtherMasterKey);
        }
        let (salt, rest) = rest.split_first_chunk::<SALT>().ok_or(Unsealable::Tampered)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>().ok_or(Unsealable::Tampered)?;
        self.cipher(purpose, salt)
            .decrypt(nonce.into(), Payload { msg: ciphertext, aad: associated })
            .map(Zeroizing::new)
            .map_err(|_| Unsealable::Tampered)
    }

    fn cipher(&self, purpose: Purpose, salt: &[u8; SALT]) -> Aes256Gcm {
        // Labels hold no zero byte and the salt has a fixed length, so that no two purposes meet in one info.
        let key = Zeroizing::new(expand::<32>(&self.0.root, &[purpose.label(), b"\0", salt]));
        Aes256Gcm::new((&*key).into())
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({})", self.fingerprint())
    }
}

#[expect(clippy::expect_used, reason = "HKDF-SHA256 refuses only more than 8160 bytes (RFC 5869 §2.3)")]
fn expand<const N: usize>(root: &Hkdf<Sha256>, info: &[&[u8]]) -> [u8; N] {
    let mut okm = [0; N];
    root.expand_multi_info(info, &mut okm).expect("at most 32 bytes are asked for");
    okm
}

#[expect(
    clippy::expect_used,
    reason = "AES-GCM refuses only plaintexts beyond 64 GiB, which no memory of ours holds"
)]
fn encrypt(cipher: &Aes256Gcm, nonce: &[u8; NONCE], payload: Payload<'_, '_>) -> Vec<u8> {
    cipher.encrypt(nonce.into(), payload).expect("shorter than 64 GiB")
}

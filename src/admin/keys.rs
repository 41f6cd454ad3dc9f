//! The operator's view of the signing keys: list them, replace one, hand out public halves.

use serde::Serialize;

use crate::id::KeyId;
use crate::keys::ring::{Duty, PublicKey};
use crate::model::signing_key::KeyState;
use crate::oauth::algorithm::SigningAlgorithm;
use crate::rules::key_life::Urgency;
use crate::store::signing_keys;
use crate::time::Timestamp;
use crate::tokens::key_custody::{CustodyError, KeyCustody};

/// A key as an operator sees it: everything but the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedKey {
    /// `kid`.
    pub id: KeyId,
    /// `alg`.
    pub algorithm: SigningAlgorithm,
    /// `published`, `signing` or `retired`.
    pub state: &'static str,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it begins to sign.
    pub signs_from: Timestamp,
    /// When it stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<Timestamp>,
}

/// A key for an API that wants it pasted: the public half alone.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportedKey {
    /// The key.
    pub key: PublicKey,
    /// As in [`ListedKey`].
    pub state: &'static str,
}

/// Why no key is handed out.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is none at all.
    #[error("no key is published yet; the bridge makes its keys when it first starts")]
    None,
    /// None of this name.
    #[error("no key called {0} is published; `passerelle keys list` shows them")]
    Unknown(KeyId),
    /// They cannot be read or opened.
    #[error(transparent)]
    Custody(#[from] CustodyError),
}

/// The keys in an operator's hand.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Who keeps them.
    pub custody: KeyCustody,
}

impl Keys {
    /// Every key that signs, did or will, and is published; oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn list(&self, now: Timestamp) -> Result<Vec<ListedKey>, CustodyError> {
        let keys = signing_keys::list(&self.custody.db).await?;
        // One that is only remembered is nobody's concern.
        let kept = keys.into_iter().filter(|key| self.custody.state(key, now) != KeyState::Gone);
        Ok(kept
            .map(|key| ListedKey {
                state: self.custody.state(&key, now).as_str(),
                id: key.id,
                algorithm: key.algorithm,
                created_at: key.created_at,
                signs_from: key.signs_from,
                retired_at: key.retired_at,
            })
            .collect())
    }

    /// The public halves of those that are published, oldest first: of all, or of the one called `id`.
    ///
    /// # Errors
    /// [`ExportError`].
    pub async fn export(&self, id: Option<&KeyId>, now: Timestamp) -> Result<Vec<ExportedKey>, ExportError> {
        let mut placed = self.custody.placed(now).await?;
        placed.retain(|(key, duty)| *duty != Duty::Remembered && id.is_none_or(|id| key.id == *id));
        if placed.is_empty() {
            return Err(id.map_or(ExportError::None, |id| ExportError::Unknown(id.clone())));
        }
        let ring = self.custody.assemble(&placed).await?;
        let states = placed.iter().map(|(key, _)| self.custody.state(key, now).as_str());
        let keys = ring.public_keys().iter().zip(states);
        Ok(keys.map(|(key, state)| ExportedKey { key: key.clone(), state }).collect())
    }

    /// Replaces the keys of `algorithms`; all that are in use when none is named. Answers with every key that is kept then.
    ///
    /// # Errors
    /// When a key cannot be made or written; algorithms before it in the list are done.
    pub async fn rotate(
        &self,
        algorithms: &[SigningAlgorithm],
        urgency: Urgency,
        now: Timestamp,
    ) -> Result<Vec<ListedKey>, CustodyError> {
        let meant =
            if algorithms.is_empty() { self.custody.policy.algorithms.as_slice() } else { algorithms };
        for algorithm in meant {
            self.custody.rotate(*algorithm, urgency, now).await?;
        }
        self.list(now).await
    }
}

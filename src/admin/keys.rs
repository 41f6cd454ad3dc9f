//! The operator's view of the signing keys: list them, replace one.

use serde::Serialize;

use crate::id::KeyId;
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
    /// `published`, `signing`, `retired` or `gone`.
    pub state: &'static str,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it begins to sign.
    pub signs_from: Timestamp,
    /// When it stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<Timestamp>,
}

/// The keys in an operator's hand.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Who keeps them.
    pub custody: KeyCustody,
}

impl Keys {
    /// Every key that is kept, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn list(&self, now: Timestamp) -> Result<Vec<ListedKey>, CustodyError> {
        let keys = signing_keys::list(&self.custody.db).await?;
        Ok(keys
            .into_iter()
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

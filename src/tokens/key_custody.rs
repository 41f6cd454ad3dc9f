//! Custody of our signing keys: what `rules::key_life` finds due is carried out on the rows, and the rows become a ring. Decides
//! nothing itself; when it is asked again is a job's affair.

use std::sync::Arc;
use std::time::Duration;

use tracing::info;

use crate::keys::ring::{Duty, Ring};
use crate::keys::seal::Sealer;
use crate::keys::signing_key::{self, KeyError, StoredKey};
use crate::model::signing_key::{KeyState, SigningKeyRecord};
use crate::oauth::algorithm::SigningAlgorithm;
use crate::rules::key_life::{self, KeyAction, KeyPolicy, Urgency};
use crate::secret::Chance;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::signing_keys;
use crate::time::Timestamp;

/// Why the keys are not in order.
#[derive(Debug, thiserror::Error)]
pub enum CustodyError {
    /// The rows could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key could not be made or opened.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The process is going down.
    #[error("making a signing key was broken off")]
    BrokenOff,
}

/// What the configuration says of keys.
#[derive(Clone, Debug)]
pub struct CustodyPolicy {
    /// The algorithms that somebody needs.
    pub algorithms: Vec<SigningAlgorithm>,
    /// How long a key signs.
    pub rotate_every: Duration,
    /// How long it is published before it signs.
    pub publish_before: Duration,
    /// The longest life of anything that a key signs.
    pub longest_token: Duration,
    /// How long after a key stopped signing an ID token of it may come back as a hint.
    pub longest_hint: Duration,
}

impl CustodyPolicy {
    fn as_rule(&self) -> KeyPolicy<'_> {
        KeyPolicy {
            algorithms: &self.algorithms,
            rotate_every: self.rotate_every,
            publish_before: self.publish_before,
            longest_token: self.longest_token,
            longest_hint: self.longest_hint,
        }
    }
}

/// A key with what it is for at one moment.
pub type Placed = (SigningKeyRecord, Duty);

/// The keeper of the keys.
#[derive(Clone, Debug)]
pub struct KeyCustody {
    /// Where they are kept.
    pub db: Db,
    /// Opens and seals them.
    pub sealer: Sealer,
    /// For new seals.
    pub chance: Chance,
    /// When they come and go.
    pub policy: Arc<CustodyPolicy>,
}

impl KeyCustody {
    /// Does what is due at `now`, and answers with the keys that are kept then, oldest first, and what each is for.
    ///
    /// # Errors
    /// [`CustodyError`]; what was done before stays done.
    pub async fn keep(&self, now: Timestamp) -> Result<Vec<Placed>, CustodyError> {
        let keys = signing_keys::list(&self.db).await?;
        let actions = key_life::due(&keys, &self.policy.as_rule(), now);
        self.carry_out(&keys, actions, now).await?;
        self.placed(now).await
    }

    /// Replaces the key that signs with `algorithm`, as an operator asks. Answers with what is kept then.
    ///
    /// # Errors
    /// [`CustodyError`].
    pub async fn rotate(
        &self,
        algorithm: SigningAlgorithm,
        urgency: Urgency,
        now: Timestamp,
    ) -> Result<Vec<Placed>, CustodyError> {
        let keys = signing_keys::list(&self.db).await?;
        let actions = key_life::rotate(&keys, algorithm, urgency, &self.policy.as_rule(), now);
        self.carry_out(&keys, actions, now).await?;
        self.placed(now).await
    }

    /// Opens `placed` as a ring. Takes milliseconds of computing, so it is done aside.
    ///
    /// # Errors
    /// [`KeyError::OtherMasterKey`], when the master key is not theirs.
    pub async fn assemble(&self, placed: &[Placed]) -> Result<Ring, CustodyError> {
        let stored: Vec<(StoredKey, Duty)> =
            placed.iter().map(|(record, duty)| (stored(record), *duty)).collect();
        let sealer = self.sealer.clone();
        let assembled = tokio::task::spawn_blocking(move || Ring::assemble(&stored, &sealer)).await;
        Ok(assembled.map_err(|_| CustodyError::BrokenOff)??)
    }

    /// The state of a key at `now`.
    pub fn state(&self, key: &SigningKeyRecord, now: Timestamp) -> KeyState {
        key.state(now, self.policy.longest_token)
    }

    /// The keys that are kept at `now`, oldest first, and what each is for. Nothing is made, retired or deleted.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn placed(&self, now: Timestamp) -> Result<Vec<Placed>, CustodyError> {
        let keys = signing_keys::list(&self.db).await?;
        let signs = |key: &SigningKeyRecord| {
            let signing = key_life::signing(&keys, key.algorithm, &self.policy.as_rule(), now);
            signing.is_some_and(|signing| signing.id == key.id)
        };
        let duty = |key: &SigningKeyRecord| match self.state(key, now) {
            KeyState::Gone => Duty::Remembered,
            _ if signs(key) => Duty::Signs,
            _ => Duty::Published,
        };
        Ok(keys.iter().map(|key| (key.clone(), duty(key))).collect())
    }

    async fn carry_out(
        &self,
        keys: &[SigningKeyRecord],
        actions: Vec<KeyAction>,
        now: Timestamp,
    ) -> Result<(), CustodyError> {
        for action in actions {
            match action {
                KeyAction::Generate { algorithm, signs_from } => {
                    let youngest = keys.iter().rev().find(|key| key.algorithm == algorithm);
                    self.add(algorithm, signs_from, youngest, now).await?;
                }
                KeyAction::Retire(id, at) => {
                    let key = id.clone();
                    self.db
                        .write(move |tx| Box::pin(async move { signing_keys::retire(tx, &key, at).await }))
                        .await?;
                    match at.since(now) {
                        Duration::ZERO => info!(key.id = %id, "retired signing key {id}"),
                        wait => info!(key.id = %id, "signing key {id} retires in {} s", wait.as_secs()),
                    }
                }
                KeyAction::Delete(id) => {
                    let key = id.clone();
                    self.db
                        .write(move |tx| Box::pin(async move { signing_keys::delete(tx, &key).await }))
                        .await?;
                    info!(key.id = %id, "deleted signing key {id}: nothing that it signed is of any use");
                }
            }
        }
        Ok(())
    }

    async fn add(
        &self,
        algorithm: SigningAlgorithm,
        signs_from: Timestamp,
        youngest: Option<&SigningKeyRecord>,
        now: Timestamp,
    ) -> Result<(), CustodyError> {
        let (sealer, chance) = (self.sealer.clone(), self.chance.clone());
        let made =
            tokio::task::spawn_blocking(move || signing_key::generate(algorithm, &sealer, &chance)).await;
        let made = made.map_err(|_| CustodyError::BrokenOff)??;
        let record = SigningKeyRecord {
            id: made.id.clone(),
            algorithm,
            sealed: made.sealed,
            // Keys stand in the order in which they were made; two of one second would have none.
            created_at: youngest.map_or(now, |key| now.max(key.created_at + Duration::from_secs(1))),
            signs_from,
            retired_at: None,
        };
        let after = youngest.map(|key| key.id.clone());
        let added = self
            .db
            .write(move |tx| Box::pin(async move { signing_keys::insert(tx, &record, after.as_ref()).await }))
            .await?;
        // Otherwise another node was first: its key is the one that is read afterwards.
        if added {
            info!(key.id = %made.id, key.algorithm = %algorithm, "made signing key {} for {algorithm}", made.id);
        }
        Ok(())
    }
}

fn stored(record: &SigningKeyRecord) -> StoredKey {
    StoredKey { id: record.id.clone(), algorithm: record.algorithm, sealed: record.sealed.clone() }
}

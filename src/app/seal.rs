//! The master key at start: read or made once, and compared with the database before anything is sealed or opened. A key that is
//! missing or not the database's stops the start; neither file nor database is changed.

use std::path::{Path, PathBuf};

use tracing::info;

use crate::keys::master_key::{MasterKey, MasterKeyError};
use crate::keys::seal::Sealer;
use crate::secret::{Chance, Secret};
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::meta::{self, MASTER_KEY_FINGERPRINT};

/// Where the master key comes from.
#[derive(Clone, Debug)]
pub enum MasterKeySource {
    /// The configuration resolved it from the environment or a file of its own.
    Given(Secret),
    /// A file that is made at the first start.
    File(PathBuf),
}

/// Why nothing can be unsealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key cannot be read or made.
    #[error("{key}: {0}", key = key_of(.0))]
    Key(#[from] MasterKeyError),
    /// There is data, but no key.
    #[error(
        "keys.master_key_file: {} is missing, but the database holds secrets sealed under a master key; put that key back (a new \
         one would leave the database's secrets unreadable)",
        .0.display()
    )]
    Missing(PathBuf),
    /// There is data, and the key is another one.
    #[error(
        "keys: this master key (fingerprint {given}) is not the one that the database was sealed under (fingerprint {expected}); \
         start with that key, or with another database"
    )]
    Other {
        /// The fingerprint of the key at hand.
        given: String,
        /// The fingerprint in the database.
        expected: String,
    },
    /// The database could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads the master key, or makes it when neither a key nor sealed data is there, and answers with its sealer.
///
/// # Errors
/// [`SealError`].
pub async fn unseal(db: &Db, source: &MasterKeySource, chance: &Chance) -> Result<Sealer, SealError> {
    let expected = meta::find(db, MASTER_KEY_FINGERPRINT).await?;
    let master = match source {
        MasterKeySource::Given(text) => MasterKey::from_text(text)?,
        MasterKeySource::File(path) => match MasterKey::read_file(path)? {
            Some(master) => master,
            None if expected.is_some() => return Err(SealError::Missing(path.clone())),
            None => make(path, chance)?,
        },
    };
    let sealer = Sealer::new(&master);
    let given = sealer.fingerprint();
    let expected = match expected {
        Some(expected) => expected,
        None => claim(db, given.clone()).await?,
    };
    if given == expected { Ok(sealer) } else { Err(SealError::Other { given, expected }) }
}

/// Of two nodes that start together, one writes its fingerprint and the other learns it.
async fn claim(db: &Db, fingerprint: String) -> Result<String, StoreError> {
    db.write(move |tx| {
        Box::pin(async move { meta::put_if_absent(tx, MASTER_KEY_FINGERPRINT, &fingerprint).await })
    })
    .await
}

fn make(path: &Path, chance: &Chance) -> Result<MasterKey, MasterKeyError> {
    match MasterKey::create_file(path, chance) {
        Ok(master) => {
            info!("made the master key {}; keep a copy in a safe place", path.display());
            Ok(master)
        }
        // Another process was first: its key counts.
        Err(MasterKeyError::Exists { path }) => {
            MasterKey::read_file(&path)?.ok_or(MasterKeyError::Exists { path })
        }
        Err(error) => Err(error),
    }
}

/// Where in the configuration the key is named that cannot be used.
const fn key_of(error: &MasterKeyError) -> &'static str {
    match error {
        MasterKeyError::Malformed => "keys.master_key",
        MasterKeyError::MalformedFile { .. }
        | MasterKeyError::OpenToOthers { .. }
        | MasterKeyError::Exists { .. }
        | MasterKeyError::File { .. } => "keys.master_key_file",
    }
}

//! The database as it stands, and the keys in it: nothing is made that is not there.

use crate::admin::doctor::facts::{DatabaseFacts, DatabaseState, MasterKeyFacts, Sealed, SigningKeyFacts};
use crate::admin::keys::Keys;
use crate::app::blueprint::Blueprint;
use crate::app::custody_policy::custody_policy;
use crate::app::seal::MasterKeySource;
use crate::keys::master_key::MasterKey;
use crate::keys::ring::Duty;
use crate::keys::seal::Sealer;
use crate::oauth::algorithm::SigningAlgorithm;
use crate::secret::Chance;
use crate::store::db::Db;
use crate::store::inspection::inspect;
use crate::store::meta::{self, MASTER_KEY_FINGERPRINT};
use crate::store::signing_keys;
use crate::time::Timestamp;
use crate::tokens::key_custody::KeyCustody;

/// What is kept.
pub(super) struct Records {
    pub(super) database: DatabaseFacts,
    pub(super) master_key: MasterKeyFacts,
    pub(super) signing_keys: SigningKeyFacts,
}

/// Looks at all of it.
pub(super) async fn records(blueprint: &Blueprint, now: Timestamp) -> Records {
    let url = blueprint.settings.storage.url.expose();
    let (state, db) = database(url).await;
    // What an older schema has is not for this version to read.
    let current = matches!(&state, DatabaseState::Open(seen) if seen.applied.as_ref() == Some(&seen.known));
    let nothing_kept = match &state {
        DatabaseState::Absent => true,
        DatabaseState::Open(seen) => seen.applied.is_none(),
        DatabaseState::InMemory | DatabaseState::Silent(_) => false,
    };
    let sealed = match &db {
        Some(db) if current => match meta::find(db, MASTER_KEY_FINGERPRINT).await {
            Ok(Some(fingerprint)) => Sealed::Under(fingerprint),
            Ok(None) => Sealed::Nothing,
            Err(_) => Sealed::NotKnown,
        },
        _ if nothing_kept => Sealed::Nothing,
        _ => Sealed::NotKnown,
    };
    let (master_key, sealer) = master_key(&blueprint.master_key, sealed);
    let mut signing_keys = signing(blueprint, db.as_ref().filter(|_| current), sealer, now).await;
    if nothing_kept {
        signing_keys.listed = Some(Vec::new());
    }
    if let Some(db) = db {
        db.close().await;
    }
    Records { database: DatabaseFacts { name: name(url), state }, master_key, signing_keys }
}

async fn database(url: &str) -> (DatabaseState, Option<Db>) {
    if url.contains(":memory:") || url.contains("mode=memory") {
        return (DatabaseState::InMemory, None);
    }
    let db = match Db::open_as_it_is(url).await {
        Ok(Some(db)) => db,
        Ok(None) => return (DatabaseState::Absent, None),
        Err(error) => return (DatabaseState::Silent(error.to_string()), None),
    };
    match inspect(&db).await {
        Ok(seen) => (DatabaseState::Open(seen), Some(db)),
        Err(error) => (DatabaseState::Silent(error.to_string()), Some(db)),
    }
}

/// The kind and place of a database; nothing of a user, a password or a parameter.
fn name(url: &str) -> String {
    match url.strip_prefix("sqlite:") {
        Some(path) => format!("SQLite {}", path.split('?').next().unwrap_or_default()),
        None => "PostgreSQL".to_owned(),
    }
}

fn master_key(source: &MasterKeySource, sealed: Sealed) -> (MasterKeyFacts, Option<Sealer>) {
    let key = match source {
        MasterKeySource::Given(text) => MasterKey::from_text(text).map(Some),
        MasterKeySource::File(path) => MasterKey::read_file(path),
    };
    match (key, source) {
        (Err(error), _) => (MasterKeyFacts::Unreadable(error.to_string()), None),
        (Ok(Some(key)), _) => {
            let sealer = Sealer::new(&key);
            (MasterKeyFacts::There { fingerprint: sealer.fingerprint(), sealed }, Some(sealer))
        }
        (Ok(None), MasterKeySource::File(path)) => {
            (MasterKeyFacts::Missing { file: path.display().to_string(), sealed }, None)
        }
        (Ok(None), MasterKeySource::Given(_)) => {
            (MasterKeyFacts::Missing { file: "keys.master_key".to_owned(), sealed }, None)
        }
    }
}

async fn signing(
    blueprint: &Blueprint,
    db: Option<&Db>,
    sealer: Option<Sealer>,
    now: Timestamp,
) -> SigningKeyFacts {
    let policy = custody_policy(&blueprint.settings, &blueprint.registry);
    let mut facts = SigningKeyFacts {
        listed: None,
        needed: policy.algorithms.iter().map(SigningAlgorithm::to_string).collect(),
        opened: None,
        rotate_every: policy.rotate_every,
    };
    let (Some(db), Some(sealer)) = (db, sealer) else { return facts };
    let custody = KeyCustody { db: db.clone(), sealer, chance: Chance::System, policy: policy.into() };
    let Ok(records) = signing_keys::list(db).await else { return facts };
    if !records.is_empty() {
        let placed: Vec<_> = records.into_iter().map(|record| (record, Duty::Published)).collect();
        facts.opened = Some(custody.assemble(&placed).await.map(drop).map_err(|error| error.to_string()));
    }
    facts.listed = Keys { custody }.list(now).await.ok();
    facts
}

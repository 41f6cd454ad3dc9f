//! The master key at start: made once, never replaced, and nothing is touched when it is missing or wrong.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use passerelle::app::seal::{MasterKeySource, SealError, unseal};
use passerelle::secret::{Chance, Secret};
use passerelle::store::db::Db;
use passerelle::store::meta::{self, MASTER_KEY_FINGERPRINT};

async fn database(folder: &Path) -> Db {
    Db::open(&format!("sqlite:{}", folder.join("passerelle.db").display()), 2).await.unwrap()
}

#[tokio::test]
async fn the_first_start_makes_a_key_that_only_its_owner_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(folder.path()).await;
    let file = folder.path().join("master.key");
    let source = MasterKeySource::File(file.clone());
    let first = unseal(&db, &source, &Chance::System).await.unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o600);
    let second = unseal(&db, &source, &Chance::System).await.unwrap();
    assert_eq!(first.fingerprint(), second.fingerprint());
}

/// None of them reads half a key, and nothing else is left beside it.
#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_together_make_one_key() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(folder.path()).await;
    let file = folder.path().join("master.key");
    let starts = (0..32).map(|_| {
        let (db, source) = (db.clone(), MasterKeySource::File(file.clone()));
        tokio::spawn(async move { unseal(&db, &source, &Chance::System).await.unwrap().fingerprint() })
    });
    let mut seen: Vec<_> =
        futures_util::future::join_all(starts).await.into_iter().map(Result::unwrap).collect();
    seen.dedup();
    assert_eq!(seen.len(), 1);
    let beside = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let keys: Vec<_> = beside.filter(|name| name.to_string_lossy().contains("key")).collect();
    assert_eq!(keys, ["master.key"]);
}

#[tokio::test]
async fn a_missing_key_with_data_stops_the_start_and_no_new_one_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(folder.path()).await;
    let file = folder.path().join("master.key");
    let source = MasterKeySource::File(file.clone());
    unseal(&db, &source, &Chance::System).await.unwrap();
    std::fs::remove_file(&file).unwrap();
    let refused = unseal(&db, &source, &Chance::System).await.unwrap_err();
    assert!(matches!(refused, SealError::Missing(_)), "{refused}");
    assert!(!file.exists());
}

#[tokio::test]
async fn a_wrong_key_stops_the_start_and_the_database_keeps_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(folder.path()).await;
    let key = |text: &str| MasterKeySource::Given(Secret::from(text.repeat(32)));
    let sealer = unseal(&db, &key("ab"), &Chance::System).await.unwrap();
    let refused = unseal(&db, &key("cd"), &Chance::System).await.unwrap_err();
    assert!(matches!(refused, SealError::Other { .. }), "{refused}");
    assert!(!refused.to_string().contains(&"cd".repeat(32)));
    let kept = meta::find(&db, MASTER_KEY_FINGERPRINT).await.unwrap();
    assert_eq!(kept, Some(sealer.fingerprint()));
}

#[tokio::test]
async fn a_key_file_that_others_can_read_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(folder.path()).await;
    let file = folder.path().join("master.key");
    std::fs::write(&file, "ab".repeat(32)).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = unseal(&db, &MasterKeySource::File(file), &Chance::System).await.unwrap_err();
    let told = refused.to_string();
    assert!(told.starts_with("keys.master_key_file: ") && told.ends_with("chmod 600"), "{told}");
}

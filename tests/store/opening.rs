//! How a database is opened: by several at once, again, and not at all.

use std::thread;

use futures_util::future::join_all;
use passerelle::id::FamilyId;
use passerelle::secret::Digest;
use passerelle::store::codes::{self, Redeemed};
use passerelle::store::db::{Arg, Db, Sql};
use passerelle::store::error::StoreError;
use passerelle::store::{
    accounts, consents, login_sessions, opaque_tokens, revoked_tokens, signing_keys, token_families,
};
use rstest::rstest;

use super::place::{Engine, Place, commit};
use super::samples::{account, code, consent, family, login_session, opaque_token, signing_key};
use crate::support::parts::BEGINNING;

/// What a statement outside the store's own does.
async fn runs(db: &Db, sql: Sql, args: Vec<Arg>) {
    let done = db.write(move |tx| Box::pin(async move { tx.execute(&sql, args).await })).await;
    assert_eq!(done, Ok(1));
}

#[rstest]
#[tokio::test]
async fn everything_is_there_after_closing_and_opening(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let written = db.write(|tx| {
        Box::pin(async move {
            accounts::remember(tx, &account("alice")).await?;
            login_sessions::insert(tx, &login_session("session", "alice")).await?;
            codes::insert(tx, &code("code")).await?;
            token_families::insert(tx, &family("family", "session")).await?;
            opaque_tokens::insert(tx, &opaque_token("token")).await?;
            consents::grant(tx, &consent("alice", "openid")).await?;
            signing_keys::insert(tx, &signing_key("key"), None).await
        })
    });
    assert!(written.await.unwrap());
    db.close().await;

    let db = place.open().await;
    let person = accounts::find(&db, &"alice".into()).await.unwrap();
    assert_eq!(person, Some(account("alice")));
    let session = login_sessions::find(&db, &"session".into()).await.unwrap();
    assert_eq!(session, Some(login_session("session", "alice")));
    assert_eq!(codes::find(&db, &Digest::of("code")).await.unwrap(), Some(code("code")));
    let found = token_families::find(&db, &"family".into()).await.unwrap();
    assert_eq!(found, Some(family("family", "session")));
    let token = opaque_tokens::find(&db, &Digest::of("token")).await.unwrap();
    assert_eq!(token, Some(opaque_token("token")));
    assert_eq!(consents::list(&db, &"alice".into()).await.unwrap(), [consent("alice", "openid")]);
    assert_eq!(signing_keys::list(&db).await.unwrap(), [signing_key("key")]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_start_together_build_one_schema(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    // Threads: SQLite answers "busy" to those who really come at the same moment.
    let runtime = tokio::runtime::Handle::current();
    let open = || runtime.block_on(Db::open(&place.url, 2)).unwrap();
    let nodes: Vec<Db> = thread::scope(|scope| {
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(open)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(commit!(nodes[0], revoked_tokens::insert, "jti", BEGINNING, BEGINNING).unwrap());
    for node in &nodes {
        assert!(revoked_tokens::contains(node, "jti").await.unwrap());
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn two_handles_on_one_database_both_write_and_redeem_a_code_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let handles = [place.open().await, place.open().await];
    for each in 0..25 {
        let code = code(&format!("code {each}"));
        commit!(handles[each % 2], codes::insert, &code).unwrap();
    }
    let attempts = (0..50).map(|attempt| {
        let db = handles[attempt % 2].clone();
        tokio::spawn(async move {
            let digest = Digest::of(&format!("code {}", attempt / 2));
            let family = FamilyId::from(format!("family {attempt}"));
            let jti = format!("jti {attempt}");
            commit!(db, revoked_tokens::insert, &jti, BEGINNING, BEGINNING).unwrap();
            commit!(db, codes::redeem, &digest, &family, BEGINNING).unwrap()
        })
    });
    let heard: Vec<Redeemed> = join_all(attempts).await.into_iter().map(Result::unwrap).collect();
    for pair in heard.chunks(2) {
        let won = pair.iter().filter(|heard| **heard == Redeemed::Now).count();
        assert_eq!(won, 1, "{pair:?}");
    }
    for attempt in 0..50 {
        for handle in &handles {
            assert!(revoked_tokens::contains(handle, &format!("jti {attempt}")).await.unwrap());
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn works_on_two_handles_that_read_before_they_write_all_succeed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    const READ: Sql = Sql::new("read first", "SELECT jti FROM revoked_tokens");
    let place = Place::new(engine);
    let handles = [place.open().await, place.open().await];
    let writes = (0..50).map(|write| {
        let db = handles[write % 2].clone();
        tokio::spawn(async move {
            db.write(move |tx| {
                Box::pin(async move {
                    tx.fetch_all(&READ, Vec::new()).await?;
                    revoked_tokens::insert(tx, &format!("jti {write}"), BEGINNING, BEGINNING).await
                })
            })
            .await
        })
    });
    for written in join_all(writes).await {
        assert_eq!(written.unwrap(), Ok(true));
    }
}

#[rstest]
#[tokio::test]
async fn a_newer_schema_is_refused(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let place = Place::new(engine);
    let db = place.open().await;
    let newer = Sql::new(
        "pretend to be newer",
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (4711, 'what we do not know', $1, $2, 0)",
    );
    runs(&db, newer, vec![Arg::Bool(true), Arg::Bytes(Some(vec![1]))]).await;
    db.close().await;
    assert_eq!(Db::open(&place.url, 2).await.unwrap_err(), StoreError::Newer { migration: 4711 });
}

#[rstest]
#[tokio::test]
async fn a_schema_of_another_form_is_refused(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let place = Place::new(engine);
    let db = place.open().await;
    let other =
        Sql::new("pretend to be other", "UPDATE _sqlx_migrations SET checksum = $1 WHERE version = 1");
    runs(&db, other, vec![Arg::Bytes(Some(vec![1]))]).await;
    db.close().await;
    let refused = Db::open(&place.url, 2).await.unwrap_err();
    assert!(matches!(refused, StoreError::Migration { .. }), "{refused:?}");
}

#[rstest]
#[case::another_database("mysql://bridge:hunter2@127.0.0.1/bridge")]
#[case::no_url("hunter2")]
#[case::no_port("postgres://bridge:hunter2@127.0.0.1:seven/bridge")]
#[case::no_folder("sqlite:/nowhere/at/all/hunter2.db?mode=sideways")]
#[tokio::test]
async fn a_url_that_opens_nothing_is_refused_without_its_password(#[case] url: &str) {
    let refused = Db::open(url, 2).await.unwrap_err();
    assert!(matches!(refused, StoreError::Url | StoreError::Unavailable { .. }), "{refused:?}");
    assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{refused:?}");
}

/// A server that is not there yet is waited for; this story takes as long as that.
#[tokio::test]
async fn a_server_that_nobody_runs_is_reported_with_the_reason() {
    let refused = Db::open("postgres://bridge:hunter2@127.0.0.1:1/bridge", 2).await.unwrap_err();
    let cause = "connection refused".to_owned();
    assert_eq!(refused, StoreError::Unavailable { during: "open PostgreSQL", cause });
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_of_a_sqlite_database_are_readable_by_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = Place::new(Engine::Sqlite);
    let db = place.open().await;
    commit!(db, revoked_tokens::insert, "jti", BEGINNING, BEGINNING).unwrap();
    let file = place.url.strip_prefix("sqlite:").unwrap();
    for beside in ["", "-wal", "-shm"] {
        let mode = std::fs::metadata(format!("{file}{beside}")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}{beside}");
    }
}

/// POSIX drops every lock of a process on a file when it closes any descriptor of it; another process would then remove the write-ahead
/// log that this one writes to.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn opening_a_file_again_keeps_the_locks_that_this_process_has_on_it() {
    use std::os::unix::fs::MetadataExt as _;

    let place = Place::new(Engine::Sqlite);
    let first = place.open().await;
    let inode = std::fs::metadata(place.url.strip_prefix("sqlite:").unwrap()).unwrap().ino();
    let locks = || {
        let all = std::fs::read_to_string("/proc/locks").unwrap();
        all.lines().filter(|line| line.contains(&format!(":{inode} "))).count()
    };
    let held = locks();
    assert!(held > 0);
    let second = place.open().await;
    assert!(locks() >= held);
    drop((first, second));
}

#[tokio::test]
async fn a_sqlite_commit_reaches_the_disk_before_it_is_answered() {
    let place = Place::new(Engine::Sqlite);
    let db = place.open().await;
    let settings = db.write(|tx| {
        Box::pin(async move {
            let synchronous = Sql::new("read synchronous", "PRAGMA synchronous");
            let synchronous =
                tx.fetch_optional(&synchronous, Vec::new()).await?.unwrap().int("synchronous")?;
            let journal = Sql::new("read journal mode", "PRAGMA journal_mode");
            let journal = tx.fetch_optional(&journal, Vec::new()).await?.unwrap().text("journal_mode")?;
            Ok((synchronous, journal))
        })
    });
    // 2 is FULL: in WAL mode, NORMAL would leave the newest commits to the kernel.
    assert_eq!(settings.await.unwrap(), (2, "wal".to_owned()));
}

/// SQLite makes the file that a link leads to, readable by everybody if it is let.
#[cfg(unix)]
#[tokio::test]
async fn a_database_that_a_link_leads_to_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("disk")).unwrap();
    symlink("disk/second", at("store.db")).unwrap();
    symlink(at("disk/third"), at("disk/second")).unwrap();
    let url = format!("sqlite:{}", at("store.db").display());
    let db = Db::open(&url, 2).await.unwrap();
    commit!(db, revoked_tokens::insert, "jti", BEGINNING, BEGINNING).unwrap();
    assert_eq!(std::fs::metadata(at("disk/third")).unwrap().permissions().mode() & 0o777, 0o600);
    db.close().await;
    let db = Db::open(&url, 2).await.unwrap();
    assert!(revoked_tokens::contains(&db, "jti").await.unwrap());
    // Links that lead to each other lead nowhere.
    symlink("that", at("this")).unwrap();
    symlink("this", at("that")).unwrap();
    let refused = Db::open(&format!("sqlite:{}", at("this").display()), 2).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable { .. }), "{refused:?}");
}

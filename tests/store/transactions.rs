//! One write is all or nothing, and harms nobody but itself.

use futures_util::future::join_all;
use passerelle::id::FamilyId;
use passerelle::secret::Digest;
use passerelle::store::codes::{self, Redeemed};
use passerelle::store::db::{Db, Sql};
use passerelle::store::error::StoreError;
use passerelle::store::{login_sessions, meta, revoked_tokens};
use rstest::rstest;
use tokio::sync::oneshot;

use super::place::{Engine, Place, commit};
use super::samples::{HOUR, code, login_session};
use crate::support::parts::BEGINNING;

/// What becomes of one write in a crowd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Commits,
    ReturnsAnError,
    BreaksAConstraint,
    SwallowsTheError,
    Panics,
    PanicsBeforeItWaits,
}

const FATES: [Fate; 6] = [
    Fate::Commits,
    Fate::ReturnsAnError,
    Fate::BreaksAConstraint,
    Fate::SwallowsTheError,
    Fate::Panics,
    Fate::PanicsBeforeItWaits,
];

/// Revokes the token `jti`, and then what its fate wants.
async fn meet(db: &Db, jti: String, fate: Fate) -> Result<(), StoreError> {
    db.write(move |tx| {
        assert!(fate != Fate::PanicsBeforeItWaits, "a panic on purpose");
        Box::pin(async move {
            revoked_tokens::insert(tx, &jti, BEGINNING, BEGINNING).await?;
            match fate {
                Fate::ReturnsAnError => return Err(StoreError::Url),
                Fate::BreaksAConstraint => codes::insert(tx, &code("taken")).await?,
                Fate::SwallowsTheError => {
                    codes::insert(tx, &code("taken")).await.unwrap_err();
                }
                Fate::Panics => panic!("a panic on purpose"),
                Fate::Commits | Fate::PanicsBeforeItWaits => {}
            }
            Ok(())
        })
    })
    .await
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_fails_undoes_its_own_work_while_its_neighbours_commit(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let taken = code("taken");
    commit!(db, codes::insert, &taken).unwrap();
    let crowd = (0..60).zip(FATES.into_iter().cycle()).map(|(each, fate)| {
        let db = db.clone();
        tokio::spawn(async move { (each, fate, meet(&db, format!("jti {each}"), fate).await) })
    });
    for met in join_all(crowd).await {
        let (each, fate, answer) = met.unwrap();
        let as_told = match fate {
            Fate::Commits => answer == Ok(()),
            Fate::ReturnsAnError => answer == Err(StoreError::Url),
            Fate::BreaksAConstraint | Fate::SwallowsTheError => {
                matches!(answer, Err(StoreError::Conflict { .. }))
            }
            Fate::Panics | Fate::PanicsBeforeItWaits => answer == Err(StoreError::Panicked),
        };
        assert!(as_told, "{fate:?}: {answer:?}");
        let stands = revoked_tokens::contains(&db, &format!("jti {each}")).await.unwrap();
        assert_eq!(stands, fate == Fate::Commits, "{fate:?}");
    }
}

#[rstest]
#[tokio::test]
async fn what_is_redeemed_in_a_write_that_fails_can_be_redeemed_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let code = code("code");
    commit!(db, codes::insert, &code).unwrap();
    let failed: Result<(), _> = db
        .write(|tx| {
            Box::pin(async move {
                let family = FamilyId::from("lost");
                let redeemed = codes::redeem(tx, &Digest::of("code"), &family, BEGINNING).await?;
                assert_eq!(redeemed, Redeemed::Now);
                Err(StoreError::Url)
            })
        })
        .await;
    assert_eq!(failed, Err(StoreError::Url));
    let family = FamilyId::from("family");
    let redeemed = commit!(db, codes::redeem, &Digest::of("code"), &family, BEGINNING).unwrap();
    assert_eq!(redeemed, Redeemed::Now);
}

#[rstest]
#[tokio::test]
async fn nobody_sees_a_write_before_it_is_committed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let other = db.clone();
    let seen = db.write(move |tx| {
        Box::pin(async move {
            revoked_tokens::insert(tx, "jti", BEGINNING + HOUR, BEGINNING).await?;
            revoked_tokens::contains(&other, "jti").await
        })
    });
    assert!(!seen.await.unwrap());
    assert!(revoked_tokens::contains(&db, "jti").await.unwrap());
}

/// The one story that takes as long as it tells: ten seconds, for both databases at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_waits_too_long_is_refused_and_the_next_one_is_served() {
    let tell = async |engine| {
        let place = Place::new(engine);
        let db = place.open().await;
        let waited: Result<(), _> = db
            .write(|tx| {
                Box::pin(async move {
                    revoked_tokens::insert(tx, "jti", BEGINNING, BEGINNING).await?;
                    std::future::pending().await
                })
            })
            .await;
        assert!(matches!(waited, Err(StoreError::TooSlow { .. })), "{waited:?}");
        assert!(!revoked_tokens::contains(&db, "jti").await.unwrap());
        assert!(commit!(db, revoked_tokens::insert, "jti", BEGINNING, BEGINNING).unwrap());
    };
    tokio::join!(tell(Engine::Sqlite), tell(Engine::Postgres));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn callers_who_leave_do_not_stop_those_who_stay(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let (leave, stay): (Vec<_>, Vec<_>) = (0..60)
        .map(|each| {
            let db = db.clone();
            let jti = format!("jti {each}");
            (each, tokio::spawn(async move { meet(&db, jti, Fate::Commits).await }))
        })
        .partition(|(each, _)| each % 2 == 0);
    for (_, caller) in leave {
        caller.abort();
    }
    for (each, caller) in stay {
        caller.await.unwrap().unwrap();
        assert!(revoked_tokens::contains(&db, &format!("jti {each}")).await.unwrap());
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_database_keeps_what_it_answered_and_refuses_the_rest(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let crowd: Vec<_> = (0..50)
        .map(|each| {
            let db = db.clone();
            let jti = format!("jti {each}");
            tokio::spawn(async move { meet(&db, jti, Fate::Commits).await })
        })
        .collect();
    db.close().await;
    let answers: Vec<_> = join_all(crowd).await.into_iter().map(Result::unwrap).collect();

    let refused = meet(&db, "late".to_owned(), Fate::Commits).await;
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    let unread = revoked_tokens::contains(&db, "jti 0").await;
    assert!(matches!(unread, Err(StoreError::Unavailable { .. })), "{unread:?}");
    assert!(db.ping().await.is_err());
    db.close().await;

    let again = place.open().await;
    assert!(!revoked_tokens::contains(&again, "late").await.unwrap());
    for (each, answer) in answers.into_iter().enumerate() {
        let stands = revoked_tokens::contains(&again, &format!("jti {each}")).await.unwrap();
        match answer {
            Ok(()) => assert!(stands, "write {each} was answered"),
            Err(refusal) => assert!(matches!(refusal, StoreError::Unavailable { .. }), "{refusal:?}"),
        }
    }
}

/// What is deferred to the commit fails there, when every work of it has gone well.
#[tokio::test]
async fn a_commit_that_fails_fails_for_everybody_who_shared_it() {
    const DEFER: Sql = Sql::new("defer", "PRAGMA defer_foreign_keys = ON");
    let place = Place::new(Engine::Sqlite);
    let db = place.open().await;
    let orphan = db.write(|tx| {
        Box::pin(async move {
            tx.execute(&DEFER, Vec::new()).await?;
            login_sessions::insert(tx, &login_session("orphan", "nobody")).await
        })
    });
    let neighbour = async { commit!(db, revoked_tokens::insert, "neighbour", BEGINNING, BEGINNING) };
    let (orphan, neighbour) = tokio::join!(orphan, neighbour);
    assert!(matches!(orphan, Err(StoreError::Conflict { .. })), "{orphan:?}");
    assert_eq!(login_sessions::find(&db, &"orphan".into()).await.unwrap(), None);
    let stands = revoked_tokens::contains(&db, "neighbour").await.unwrap();
    assert_eq!(stands, neighbour.is_ok(), "{neighbour:?}");
    assert!(commit!(db, revoked_tokens::insert, "later", BEGINNING, BEGINNING).unwrap(), "and it goes on");
}

/// Busy, and not out of order: the same again may go well, on the same connection.
#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn who_finds_the_database_held_by_somebody_is_told_that_it_is_busy(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    const HOLD: Sql = Sql::new("hold", "UPDATE meta SET value = value");
    let impatient = match engine {
        Engine::Sqlite => Sql::new("wait for nobody", "PRAGMA busy_timeout = 0"),
        Engine::Postgres => Sql::new("wait for nobody", "SELECT value FROM meta FOR UPDATE NOWAIT"),
    };
    let place = Place::new(engine);
    let (first, second) = (place.open().await, place.open().await);
    commit!(first, meta::put_if_absent, "name", "value").unwrap();
    let tries = || {
        let second = second.clone();
        async move {
            second.write(move |tx| Box::pin(async move { tx.fetch_all(&impatient, Vec::new()).await })).await
        }
    };
    tries().await.unwrap();
    let ((holds, held), (let_go, released)) = (oneshot::channel(), oneshot::channel::<()>());
    let holder = tokio::spawn(async move {
        first
            .write(move |tx| {
                Box::pin(async move {
                    tx.execute(&HOLD, Vec::new()).await?;
                    holds.send(()).unwrap();
                    let _ = released.await;
                    Ok(())
                })
            })
            .await
    });
    held.await.unwrap();
    let refused = tries().await;
    assert!(matches!(refused, Err(StoreError::Busy { .. })), "{:?}", refused.err());
    let_go.send(()).unwrap();
    holder.await.unwrap().unwrap();
    tries().await.unwrap();
}

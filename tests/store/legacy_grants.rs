//! Legacy grants: a change stands only for whoever holds the lease of that very grant, as it was read.

use std::time::Duration;

use passerelle::id::AccountId;
use passerelle::model::legacy_grant::LegacyGrant;
use passerelle::store::db::Db;
use passerelle::store::legacy_grants::{self, Held, SealedTokens};
use passerelle::store::{accounts, life};
use rstest::rstest;

use super::place::{Engine, Place, commit};
use super::samples::{HOUR, account};
use crate::support::parts::BEGINNING;

const SECOND: Duration = Duration::from_secs(1);

fn tokens(access: u8, refresh: Option<u8>) -> SealedTokens {
    let refresh = refresh.map(|byte| vec![byte]);
    SealedTokens { access: vec![access], refresh, usable_until: BEGINNING + HOUR }
}

/// Alice's grant of the client "app", as node "a" read it after her first sign-in.
fn held() -> Held {
    Held { account: "alice".into(), legacy_client: "app".to_owned(), generation: 0, node: "a".into() }
}

/// All that differ from [`held`] in one point.
fn others() -> [Held; 4] {
    [
        Held { account: "bob".into(), ..held() },
        Held { legacy_client: "other".to_owned(), ..held() },
        Held { generation: 1, ..held() },
        Held { node: "b".into(), ..held() },
    ]
}

async fn all(db: &Db) -> Vec<LegacyGrant> {
    let mut all = Vec::new();
    for person in ["alice", "bob"] {
        all.extend(legacy_grants::list(db, &person.into()).await.unwrap());
    }
    all
}

/// Alice with two clients and Bob with one of them.
async fn signed_in(db: &Db) {
    for (person, client) in [("alice", "app"), ("alice", "other"), ("bob", "app")] {
        commit!(db, accounts::remember, &account(person)).unwrap();
        commit!(db, life::note_alive, &person.into(), BEGINNING).unwrap();
        let kept = tokens(1, Some(2));
        commit!(db, legacy_grants::put, &AccountId::from(person), client, &kept, BEGINNING).unwrap();
    }
}

async fn leases(db: &Db, held: Held, now: Duration) -> bool {
    let now = BEGINNING + now;
    commit!(db, legacy_grants::lease, &held, now + SECOND * 30, now).unwrap()
}

#[rstest]
#[tokio::test]
async fn one_node_at_a_time_refreshes_what_it_has_read(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    signed_in(&db).await;
    let newer = Held { generation: 1, ..held() };
    assert!(!leases(&db, newer, SECOND).await, "nobody has read that");
    assert!(leases(&db, held(), SECOND).await);
    let second = Held { node: "b".into(), ..held() };
    assert!(!leases(&db, second.clone(), SECOND * 30).await, "the first one is at it");
    assert!(leases(&db, second, SECOND * 31).await, "or is dead");
    let leased = all(&db).await.into_iter().filter(|grant| grant.lease.is_some()).count();
    assert_eq!(leased, 1, "of that grant alone");
}

#[rstest]
#[tokio::test]
async fn what_a_refresh_brought_is_kept_by_its_holder_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    signed_in(&db).await;
    assert!(leases(&db, held(), SECOND).await);
    let before = all(&db).await;
    for other in others() {
        let (told, brought) = (format!("{other:?}"), tokens(9, Some(9)));
        let late = other.clone();
        assert!(!commit!(db, legacy_grants::refreshed, &late, &brought, BEGINNING).unwrap(), "{told}");
        let late = other.clone();
        assert!(!commit!(db, legacy_grants::postpone, &late, BEGINNING + HOUR).unwrap(), "{told}");
        assert!(!commit!(db, legacy_grants::lose, &other, BEGINNING).unwrap(), "{told}");
    }
    assert_eq!(all(&db).await, before);

    let (holder, brought) = (held(), tokens(3, None));
    assert!(commit!(db, legacy_grants::refreshed, &holder, &brought, BEGINNING + HOUR).unwrap());
    let after = all(&db).await;
    let [grant, rest @ ..] = &after[..] else { panic!("{after:?}") };
    assert_eq!((grant.generation, &grant.access[..], grant.lease.as_ref()), (1, &[3][..], None));
    assert_eq!(grant.refresh.as_deref(), Some(&[2][..]), "none came, so the old one stays");
    assert_eq!(rest, &before[1..]);
}

#[rstest]
#[tokio::test]
async fn a_refresh_that_failed_touches_one_grant(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let place = Place::new(engine);
    let db = place.open().await;
    signed_in(&db).await;
    let rest = all(&db).await.split_off(1);
    assert!(leases(&db, held(), SECOND).await);
    let holder = held();
    assert!(commit!(db, legacy_grants::postpone, &holder, BEGINNING + HOUR).unwrap());
    let grants = all(&db).await;
    let postponed = (grants[0].failures, grants[0].retry_at, grants[0].refresh.as_deref(), &grants[0].lease);
    assert_eq!(postponed, (1, BEGINNING + HOUR, Some(&[2][..]), &None));
    assert_eq!(grants[1..], rest);

    assert!(leases(&db, held(), SECOND * 2).await);
    let holder = held();
    assert!(commit!(db, legacy_grants::lose, &holder, BEGINNING).unwrap());
    let grants = all(&db).await;
    assert_eq!((grants[0].generation, &grants[0].refresh, &grants[0].lease), (1, &None, &None));
    assert_eq!(grants[1..], rest);
}

#[rstest]
#[tokio::test]
async fn a_sign_in_beside_a_refresh_has_the_last_word(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    signed_in(&db).await;
    assert!(leases(&db, held(), SECOND).await);
    let fresh = tokens(5, Some(6));
    commit!(db, legacy_grants::put, &AccountId::from("alice"), "app", &fresh, BEGINNING).unwrap();
    let (late, brought) = (held(), tokens(9, Some(9)));
    assert!(!commit!(db, legacy_grants::refreshed, &late, &brought, BEGINNING).unwrap());
    let grants = all(&db).await;
    let kept = (grants[0].generation, &grants[0].access[..], grants[0].refresh.as_deref(), &grants[0].lease);
    assert_eq!(kept, (1, &[5][..], Some(&[6][..]), &None));
}

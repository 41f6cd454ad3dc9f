//! What is kept of a service account, and who may change it when.

use std::time::Duration;

use passerelle::id::{AccountId, NodeId, ServiceAccountName};
use passerelle::model::legacy_grant::Lease;
use passerelle::model::service_account::{Refused, SignedIn};
use passerelle::store::service_accounts::Held;
use passerelle::store::{accounts, service_accounts};
use rstest::rstest;

use super::place::{Engine, Place, commit};
use super::samples::{HOUR, account};
use crate::support::parts::BEGINNING;

const SECOND: Duration = Duration::from_secs(1);

#[rstest]
#[tokio::test]
async fn a_service_account_is_leased_signed_in_refused_and_changed_by_its_generation(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let (name, now, later) = (ServiceAccountName::from("members"), BEGINNING, BEGINNING + HOUR);
    assert_eq!(service_accounts::find(&db, &name).await.unwrap(), None);
    for _ in 0..2 {
        let begun = name.clone();
        commit!(db, service_accounts::begin, &begun, now).unwrap();
    }
    let found = async || service_accounts::find(&db, &name).await.unwrap().unwrap();
    let empty = found().await;
    assert_eq!((empty.password.clone(), empty.generation, empty.failures), (None, 0, 0));

    let held = |generation| Held { name: name.clone(), generation, node: NodeId::from("node") };
    let lease = async |generation, now| {
        let held = held(generation);
        commit!(db, service_accounts::lease, &held, now + SECOND, now + SECOND * 5, now).unwrap()
    };
    assert!(!lease(1, now).await, "of another generation");
    assert!(lease(0, now).await);
    assert!(!lease(0, now).await, "somebody has it");
    assert!(!lease(0, now + SECOND).await, "it is over, but the pause is not");
    assert!(lease(0, now + SECOND * 5).await);
    assert_eq!((found().await.failures, found().await.retry_at), (2, now + SECOND * 10));
    assert_eq!(found().await.lease, Some(Lease { node: "node".into(), until: now + SECOND * 6 }));

    let ours = held(0);
    assert!(commit!(db, service_accounts::postpone, &ours, now).unwrap());
    let ours = held(0);
    assert!(!commit!(db, service_accounts::postpone, &ours, now).unwrap(), "nobody holds it");
    assert!(lease(0, now).await);
    let refused = Refused { password: vec![0, 159, 255], why: "locked \u{1f98a}".to_owned(), at: later };
    let (ours, its) = (held(0), refused.clone());
    assert!(commit!(db, service_accounts::refuse, &ours, &its).unwrap());
    assert_eq!(
        (found().await.refused, found().await.failures, found().await.lease),
        (Some(refused), 0, None)
    );

    let changed = name.clone();
    commit!(db, service_accounts::set_password, &changed, &[0, 1, 255], later).unwrap();
    let set = found().await;
    assert_eq!((set.password, set.generation, set.refused), (Some(vec![0, 1, 255]), 1, None));
    assert_eq!(set.updated_at, later);

    let alice = account("alice");
    commit!(db, accounts::remember, &alice).unwrap();
    let id = AccountId::from("alice");
    let (ours, who) = (held(1), id.clone());
    assert!(!commit!(db, service_accounts::signed_in, &ours, &who, "svc", later).unwrap(), "without a lease");
    assert!(lease(1, now).await);
    let (ours, who) = (held(1), id.clone());
    assert!(commit!(db, service_accounts::signed_in, &ours, &who, "svc", later).unwrap());
    let signed_in = SignedIn { account: id, user_name: "svc".to_owned(), at: later };
    assert_eq!((found().await.signed_in, found().await.failures), (Some(signed_in), 0));
    assert_eq!(service_accounts::list(&db).await.unwrap(), [found().await]);

    let forgiven = name.clone();
    assert!(commit!(db, service_accounts::forgive, &forgiven, later).unwrap());
    assert_eq!(found().await.generation, 2);
    for first in [true, false] {
        let removed = name.clone();
        assert_eq!(commit!(db, service_accounts::remove, &removed).unwrap(), first);
    }
    let gone = name.clone();
    assert!(!commit!(db, service_accounts::forgive, &gone, later).unwrap());
}

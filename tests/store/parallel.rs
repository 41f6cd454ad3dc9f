//! Many at once: of those who want what only one can have, one gets it; what is counted or gathered loses nothing.

use std::time::Duration;

use futures_util::future::join_all;
use passerelle::id::{AccountId, ClientId, FamilyId};
use passerelle::model::consent::Consent;
use passerelle::model::login_session::EndReason;
use passerelle::model::token_family::{RefreshState, RevocationReason};
use passerelle::oauth::scope::Scope;
use passerelle::secret::Digest;
use passerelle::store::codes::Redeemed;
use passerelle::store::db::{Db, Sql};
use passerelle::store::legacy_grants::{self, SealedTokens};
use passerelle::store::{
    accounts, attempts, codes, consents, login_sessions, meta, opaque_tokens, revoked_tokens, signing_keys,
    token_families, used_assertions,
};
use rstest::rstest;
use tokio::sync::oneshot;

use super::place::{Engine, Place, commit};
use super::samples::{
    HOUR, account, code, consent, family, login_session, opaque_token, refresh_state, signing_key,
};
use crate::support::parts::BEGINNING;

/// How many try at once.
const CROWD: usize = 50;

/// What each of the crowd hears, all of them running at the same time.
async fn crowd<T, F>(db: &Db, act: impl Fn(Db, usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks = (0..CROWD).map(|each| tokio::spawn(act(db.clone(), each)));
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

/// How many of the crowd were told that it was they.
async fn winners<F>(db: &Db, act: impl Fn(Db, usize) -> F) -> usize
where
    F: Future<Output = bool> + Send + 'static,
{
    crowd(db, act).await.into_iter().filter(|won| *won).count()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_redeemed_once_and_everybody_else_hears_as_what(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let code = code("code");
    let digest = code.digest;
    commit!(db, codes::insert, &code).unwrap();
    let heard = crowd(&db, async |db, each| {
        let family = FamilyId::from(format!("family {each}"));
        let redeemed = commit!(db, codes::redeem, &Digest::of("code"), &family, BEGINNING).unwrap();
        (each, redeemed)
    })
    .await;
    let redeemed_as = codes::find(&db, &digest).await.unwrap().unwrap().redeemed_as.unwrap();
    let (first, others): (Vec<_>, Vec<_>) = heard.into_iter().partition(|(_, heard)| *heard == Redeemed::Now);
    assert_eq!(first.len(), 1);
    assert_eq!(redeemed_as.as_str(), format!("family {}", first[0].0));
    assert!(others.iter().all(|(_, heard)| *heard == Redeemed::Already(redeemed_as.clone())));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_rotated_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let place = Place::new(engine);
    let db = place.open().await;
    let family = family("family", "session");
    let id = family.id.clone();
    commit!(db, token_families::insert, &family).unwrap();
    let rotated = crowd(&db, async |db, each| {
        let next = RefreshState {
            current: Digest::of(&format!("third, by {each}")),
            generation: 2,
            ..refresh_state("family")
        };
        let (id, kept) = (FamilyId::from("family"), next.clone());
        let won = commit!(db, token_families::rotate, &id, &Digest::of("second"), &kept).unwrap();
        won.then_some(next)
    })
    .await;
    let rotated: Vec<_> = rotated.into_iter().flatten().collect();
    assert_eq!(rotated.len(), 1);
    let stands = token_families::find(&db, &id).await.unwrap().unwrap();
    assert_eq!(stands.refresh.as_ref(), rotated.first());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_a_rotation_and_a_revocation_neither_is_lost(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let family = family("family", "session");
    let id = family.id.clone();
    commit!(db, token_families::insert, &family).unwrap();
    let revocations = winners(&db, async |db, each| {
        let id = FamilyId::from("family");
        if each % 2 == 0 {
            return commit!(db, token_families::revoke, &id, RevocationReason::ByClient, BEGINNING).unwrap();
        }
        let next = refresh_state("family");
        commit!(db, token_families::rotate, &id, &Digest::of("second"), &next).unwrap();
        false
    })
    .await;
    assert_eq!(revocations, 1);
    let stands = token_families::find(&db, &id).await.unwrap().unwrap();
    assert!(stands.revoked.is_some(), "no rotation brings a family back to life");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_is_spent_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let place = Place::new(engine);
    let db = place.open().await;
    let spent = winners(&db, async |db, _| {
        let client = ClientId::from("web");
        commit!(db, used_assertions::spend, &client, "jti", BEGINNING + HOUR).unwrap()
    });
    assert_eq!(spent.await, 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_token_a_session_and_a_key_end_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let place = Place::new(engine);
    let db = place.open().await;
    let alice = account("alice");
    commit!(db, accounts::remember, &alice).unwrap();
    let (session, token, key) =
        (login_session("session", "alice"), opaque_token("token"), signing_key("key"));
    commit!(db, login_sessions::insert, &session).unwrap();
    commit!(db, opaque_tokens::insert, &token).unwrap();
    commit!(db, signing_keys::insert, &key, None).unwrap();

    let revoked_token =
        winners(&db, async |db, _| commit!(db, opaque_tokens::revoke, &Digest::of("token")).unwrap());
    assert_eq!(revoked_token.await, 1);
    let revoked_jti =
        winners(&db, async |db, _| commit!(db, revoked_tokens::insert, "jti", BEGINNING, BEGINNING).unwrap());
    assert_eq!(revoked_jti.await, 1);
    let ended = winners(&db, async |db, _| {
        let id = "session".into();
        commit!(db, login_sessions::end, &id, EndReason::SignedOut, BEGINNING).unwrap().is_some()
    });
    assert_eq!(ended.await, 1);
    let retired = winners(&db, async |db, _| {
        let id = "key".into();
        commit!(db, signing_keys::retire, &id, BEGINNING).unwrap()
    });
    assert_eq!(retired.await, 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_key_gets_one_successor_however_many_offer_theirs(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let first = winners(&db, async |db, each| {
        let key = signing_key(&format!("first {each}"));
        commit!(db, signing_keys::insert, &key, None).unwrap()
    });
    assert_eq!(first.await, 1);
    let first = signing_keys::list(&db).await.unwrap()[0].id.clone();
    let second = winners(&db, move |db, each| {
        let first = first.clone();
        async move {
            let key = signing_key(&format!("second {each}"));
            commit!(db, signing_keys::insert, &key, Some(&first)).unwrap()
        }
    });
    assert_eq!(second.await, 1);
    assert_eq!(signing_keys::list(&db).await.unwrap().len(), 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn one_subject_is_minted_for_a_person_who_signs_in_everywhere_at_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let mut subjects = crowd(&db, async |db, each| {
        let mut alice = account("alice");
        alice.id = AccountId::from(format!("subject {each}"));
        alice.user_name = format!("spelling {each}");
        commit!(db, accounts::remember, &alice).unwrap().id
    })
    .await;
    subjects.dedup();
    assert_eq!(subjects.len(), 1, "{subjects:?}");
    assert!(accounts::find(&db, &subjects[0]).await.unwrap().is_some());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_says_of_itself_is_what_the_first_one_said(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let mut heard = crowd(&db, async |db, each| {
        let value = format!("fingerprint {each}");
        commit!(db, meta::put_if_absent, meta::MASTER_KEY_FINGERPRINT, &value).unwrap()
    })
    .await;
    heard.dedup();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!(meta::find(&db, meta::MASTER_KEY_FINGERPRINT).await.unwrap().as_ref(), heard.first());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_failed_attempt_is_counted(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let place = Place::new(engine);
    let db = place.open().await;
    let mut numbers =
        crowd(&db, async |db, _| commit!(db, attempts::record_failure, "alice", BEGINNING, HOUR).unwrap())
            .await;
    numbers.sort_unstable();
    let expected: Vec<i64> = (1..=50).collect();
    assert_eq!(numbers, expected, "each hears a number of its own");
    let counted = attempts::find(&db, "alice", BEGINNING + Duration::from_secs(1)).await.unwrap().unwrap();
    assert_eq!(counted.failures, 50);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_consent_gathers_what_is_granted_at_the_same_time(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let alice = account("alice");
    commit!(db, accounts::remember, &alice).unwrap();
    crowd(&db, async |db, each| {
        let granted =
            Consent { claims: vec![format!("claim{each}")], ..consent("alice", &format!("scope{each}")) };
        let scope = granted.scope.clone();
        let stands = commit!(db, consents::grant, &granted).unwrap();
        assert!(stands.scope.covers(&scope));
    })
    .await;
    let (account, client) = (AccountId::from("alice"), ClientId::from("spa"));
    let stands = consents::find(&db, &account, &client).await.unwrap().unwrap();
    let all: Vec<String> = (0..CROWD).map(|each| format!("scope{each}")).collect();
    assert!(stands.scope.covers(&Scope::parse(&all.join(" ")).unwrap()), "{}", stands.scope);
    assert_eq!(stands.claims.len(), CROWD);
}

/// On PostgreSQL two writes run side by side; SQLite has one writer.
#[tokio::test(flavor = "multi_thread")]
async fn an_end_does_not_burn_the_legacy_tokens_of_a_sign_in_that_commits_beside_it() {
    let place = Place::new(Engine::Postgres);
    let db = place.open().await;
    let tokens = SealedTokens { access: vec![1], refresh: Some(vec![2]), usable_until: BEGINNING + HOUR };
    commit!(db, accounts::remember, &account("alice")).unwrap();
    commit!(db, login_sessions::insert, &login_session("before", "alice")).unwrap();
    let put = tokens.clone();
    commit!(db, legacy_grants::put, &AccountId::from("alice"), "", &put, BEGINNING).unwrap();

    let (written, is_written) = oneshot::channel();
    let (go, may_go) = oneshot::channel::<()>();
    let sign_in = db.write(move |tx| {
        Box::pin(async move {
            accounts::remember(tx, &account("alice")).await?;
            login_sessions::insert(tx, &login_session("after", "alice")).await?;
            legacy_grants::put(tx, &"alice".into(), "", &tokens, BEGINNING).await?;
            written.send(()).unwrap();
            may_go.await.ok();
            Ok(())
        })
    });
    let end = async {
        is_written.await.unwrap();
        let end = db.write(|tx| {
            Box::pin(async move {
                login_sessions::end(tx, &"before".into(), EndReason::SignedOut, BEGINNING).await?;
                legacy_grants::burn_unused(tx, &"alice".into(), BEGINNING).await
            })
        });
        let waits = async {
            let waiting = Sql::new(
                "who waits",
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
            );
            while db.fetch_all(&waiting, Vec::new()).await.unwrap().is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            go.send(()).unwrap();
        };
        let waits = tokio::time::timeout(Duration::from_mins(1), waits);
        let (burnt, waited) = tokio::join!(end, waits);
        waited.expect("the end waits for the sign-in");
        burnt
    };
    let (signed_in, burnt) = tokio::join!(sign_in, end);
    signed_in.unwrap();
    assert_eq!(burnt.unwrap(), 0);
    assert_eq!(legacy_grants::list(&db, &"alice".into()).await.unwrap().len(), 1);
}

//! What ends with what, and what takes over from what.

use std::time::Duration;

use passerelle::id::{AccountId, ClientId, SessionId};
use passerelle::model::account::LastHeard;
use passerelle::model::login_session::EndReason;
use passerelle::model::signing_key::SigningKeyRecord;
use passerelle::model::token_family::{Binding, RevocationReason, Revoked, TokenFamily};
use passerelle::oauth::algorithm::SigningAlgorithm;
use passerelle::secret::Digest;
use passerelle::store::db::Db;
use passerelle::store::error::StoreError;
use passerelle::store::{
    accounts, consents, handovers, life, login_sessions, revoked_tokens, signing_keys, token_families,
};
use rstest::rstest;

use super::place::{Engine, Place, commit};
use super::samples::{HOUR, account, consent, family, login_session, signing_key};
use crate::support::parts::BEGINNING;

async fn revoked(db: &Db, family: &str) -> Option<Revoked> {
    token_families::find(db, &family.into()).await.unwrap().unwrap().revoked
}

#[rstest]
#[tokio::test]
async fn with_a_session_end_the_families_bound_to_it_and_no_others(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let alice = account("alice");
    commit!(db, accounts::remember, &alice).unwrap();
    for id in ["this", "other"] {
        let session = login_session(id, "alice");
        commit!(db, login_sessions::insert, &session).unwrap();
    }
    let offline = TokenFamily { bound_to: Binding::Offline, ..family("offline", "this") };
    let ended_before = family("ended before", "this");
    for family in [family("bound", "this"), family("elsewhere", "other"), offline, ended_before] {
        commit!(db, token_families::insert, &family).unwrap();
    }
    let id = "ended before".into();
    commit!(db, token_families::revoke, &id, RevocationReason::CodeReplayed, BEGINNING).unwrap();

    let (id, at) = (SessionId::from("this"), BEGINNING + HOUR);
    assert!(commit!(db, login_sessions::end, &id, EndReason::SignedOut, at).unwrap().is_some());

    let ended = Revoked { at, reason: RevocationReason::SessionEnded };
    assert_eq!(revoked(&db, "bound").await, Some(ended));
    let bound = token_families::find(&db, &"bound".into()).await.unwrap().unwrap();
    assert_eq!(bound.refresh.unwrap().successor, None, "a sealed token of a dead family is not kept");
    assert_eq!(revoked(&db, "offline").await, None);
    assert_eq!(revoked(&db, "elsewhere").await, None);
    let before = Revoked { at: BEGINNING, reason: RevocationReason::CodeReplayed };
    assert_eq!(revoked(&db, "ended before").await, Some(before), "the first reason stays");
    assert!(login_sessions::find(&db, &"other".into()).await.unwrap().unwrap().ended.is_none());
}

#[rstest]
#[tokio::test]
async fn a_session_that_ended_twice_takes_nothing_with_it_the_second_time(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let alice = account("alice");
    commit!(db, accounts::remember, &alice).unwrap();
    let session = login_session("session", "alice");
    commit!(db, login_sessions::insert, &session).unwrap();
    let id = SessionId::from("session");
    assert!(commit!(db, login_sessions::end, &id, EndReason::SignedOut, BEGINNING).unwrap().is_some());
    let late = family("late", "session");
    commit!(db, token_families::insert, &late).unwrap();
    let id = SessionId::from("session");
    assert!(commit!(db, login_sessions::end, &id, EndReason::SignedOut, BEGINNING).unwrap().is_none());
    assert_eq!(revoked(&db, "late").await, None, "whoever makes a family looks at its session first");
}

#[rstest]
#[tokio::test]
async fn all_that_a_person_gave_a_client_is_revoked_offline_or_not(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let mut of_bob = family("of bob", "session");
    of_bob.authorization.person.as_mut().unwrap().account = AccountId::from("bob");
    let mut of_spa = family("of the spa", "session");
    of_spa.authorization.client = ClientId::from("spa");
    let offline = TokenFamily { bound_to: Binding::Offline, ..family("offline", "session") };
    for family in [family("bound", "session"), offline, of_bob, of_spa] {
        commit!(db, token_families::insert, &family).unwrap();
    }
    for revokes in [2, 0] {
        let (account, client) = (AccountId::from("alice"), ClientId::from("web"));
        let reason = RevocationReason::ByClient;
        let count = commit!(db, token_families::revoke_all, &account, &client, reason, BEGINNING);
        assert_eq!(count.unwrap(), revokes);
    }
    assert!(revoked(&db, "bound").await.is_some());
    assert!(revoked(&db, "offline").await.is_some());
    assert_eq!(revoked(&db, "of bob").await, None);
    assert_eq!(revoked(&db, "of the spa").await, None);
}

#[rstest]
#[tokio::test]
async fn a_key_succeeds_the_youngest_of_its_algorithm_or_is_not_taken(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let mut taken = Vec::new();
    let offers = [
        ("a", SigningAlgorithm::Es256, None),
        ("late first", SigningAlgorithm::Es256, None),
        ("r", SigningAlgorithm::Rs256, None),
        ("b", SigningAlgorithm::Es256, Some("a")),
        ("late second", SigningAlgorithm::Es256, Some("a")),
        ("c", SigningAlgorithm::Es256, Some("b")),
    ];
    for (hours, (id, algorithm, after)) in offers.into_iter().enumerate() {
        let created_at = BEGINNING + HOUR * u32::try_from(hours).unwrap();
        let key = SigningKeyRecord { algorithm, created_at, ..signing_key(id) };
        let after = after.map(Into::into);
        if commit!(db, signing_keys::insert, &key, after.as_ref()).unwrap() {
            taken.push(id);
        }
    }
    assert_eq!(taken, ["a", "r", "b", "c"]);
    let listed = signing_keys::list(&db).await.unwrap();
    let oldest_first: Vec<&str> = listed.iter().map(|key| key.id.as_str()).collect();
    assert_eq!(oldest_first, taken);
}

#[rstest]
#[tokio::test]
async fn a_session_and_a_consent_need_an_account(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let place = Place::new(engine);
    let db = place.open().await;
    let session = login_session("session", "nobody");
    let begun = commit!(db, login_sessions::insert, &session).unwrap_err();
    assert!(matches!(begun, StoreError::Conflict { .. }), "{begun}");
    let consent = consent("nobody", "openid");
    let granted = commit!(db, consents::grant, &consent).unwrap_err();
    assert!(matches!(granted, StoreError::Conflict { .. }), "{granted}");
}

/// Verdicts are kept as long as the count stays: it changes with whatever ends a token, and before that is answered.
#[rstest]
#[tokio::test]
async fn whatever_ends_a_token_is_counted_and_nothing_else(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    commit!(db, accounts::remember, &account("alice")).unwrap();
    for session in ["one", "two"] {
        commit!(db, login_sessions::insert, &login_session(session, "alice")).unwrap();
    }
    for id in ["a", "b", "c", "d"] {
        commit!(db, token_families::insert, &family(id, if id == "d" { "two" } else { "one" })).unwrap();
    }
    assert_eq!(db.endings(), 0, "nothing has ended");
    let (alice, why) = (|| AccountId::from("alice"), RevocationReason::CodeReplayed);
    let client = family("a", "one").authorization.client;
    commit!(db, token_families::revoke, &"a".into(), why, BEGINNING).unwrap();
    assert_eq!(db.endings(), 1, "a family");
    commit!(db, token_families::revoke_all, &alice(), &client, why, BEGINNING).unwrap();
    assert_eq!(db.endings(), 2, "a client's");
    commit!(db, token_families::revoke_of_account, &alice(), why, BEGINNING).unwrap();
    assert_eq!(db.endings(), 3, "a person's");
    commit!(db, login_sessions::end, &"two".into(), EndReason::SignedOut, BEGINNING).unwrap();
    assert_eq!(db.endings(), 4, "a session's");
    commit!(db, revoked_tokens::insert, "jti", BEGINNING, BEGINNING).unwrap();
    assert_eq!(db.endings(), 5, "a token alone");
    commit!(db, consents::grant, &consent("alice", "openid")).unwrap();
    assert_eq!(db.endings(), 5, "something else");
}

#[rstest]
#[tokio::test]
async fn a_hand_over_is_taken_once_and_in_time(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let place = Place::new(engine);
    let db = place.open().await;
    let (handle, end) = (Digest::of("handle"), BEGINNING + HOUR);
    commit!(db, handovers::insert, &handle, b"sealed", end).unwrap();
    assert_eq!(handovers::find(&db, &handle, end).await.unwrap(), None, "too late to be looked at");
    assert_eq!(commit!(db, handovers::take, &handle, end).unwrap(), None, "and to be taken");
    let in_time = end - Duration::from_secs(1);
    assert!(handovers::find(&db, &handle, in_time).await.unwrap().is_some());
    assert_eq!(commit!(db, handovers::take, &handle, in_time).unwrap(), Some(b"sealed".to_vec()));
    assert_eq!(commit!(db, handovers::take, &handle, in_time).unwrap(), None, "once");
}

#[rstest]
#[tokio::test]
async fn a_session_is_held_as_long_as_it_lives(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let place = Place::new(engine);
    let db = place.open().await;
    commit!(db, accounts::remember, &account("alice")).unwrap();
    let session = login_session("session", "alice");
    let (end, second) = (session.expires_at, Duration::from_secs(1));
    commit!(db, login_sessions::insert, &session).unwrap();
    assert!(commit!(db, login_sessions::hold, &"session".into(), end - second).unwrap());
    assert!(!commit!(db, login_sessions::hold, &"session".into(), end).unwrap(), "it has expired");
    assert!(!commit!(db, login_sessions::hold, &"another".into(), BEGINNING).unwrap(), "there is none");
    commit!(db, login_sessions::end, &"session".into(), EndReason::SignedOut, BEGINNING).unwrap();
    assert!(!commit!(db, login_sessions::hold, &"session".into(), BEGINNING).unwrap(), "it has ended");
}

#[rstest]
#[tokio::test]
async fn whether_a_person_is_still_good_is_asked_by_one(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    for person in ["alice", "bob"] {
        commit!(db, accounts::remember, &account(person)).unwrap();
        commit!(db, life::note_alive, &person.into(), BEGINNING).unwrap();
    }
    let (second, later) = (Duration::from_secs(1), BEGINNING + HOUR);
    let alice = || AccountId::from("alice");
    assert!(!commit!(db, life::take_question, &alice(), BEGINNING - second, later).unwrap(), "asked since");
    assert!(commit!(db, life::take_question, &alice(), BEGINNING, later).unwrap());
    assert!(!commit!(db, life::take_question, &alice(), BEGINNING, later).unwrap(), "somebody asks already");
    let heard = async |who: &str| accounts::find(&db, &who.into()).await.unwrap().unwrap().heard;
    let known = LastHeard { alive_at: Some(BEGINNING), asked_at: Some(later) };
    assert_eq!(heard("alice").await, known);
    assert_eq!(heard("bob").await, LastHeard::shown_at(BEGINNING), "of her alone");
}

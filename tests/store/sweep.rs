//! What nobody will ask for any more leaves, fifty of a kind at a time; what somebody may still ask for stays.

use std::time::Duration;

use passerelle::id::{ClientId, FamilyId, LogoutId, NodeId, SessionId};
use passerelle::model::code::AuthorizationCode;
use passerelle::model::login_session::EndReason;
use passerelle::model::logout_notice::NoticeOutcome;
use passerelle::model::opaque_token::OpaqueToken;
use passerelle::model::token_family::{RevocationReason, TokenFamily};
use passerelle::secret::Digest;
use passerelle::store::db::{Db, Sql};
use passerelle::store::sweep::{AT_A_TIME, Keep, once};
use passerelle::store::{
    accounts, attempts, codes, consents, handovers, login_sessions, logout_outbox, opaque_tokens,
    revoked_tokens, signing_keys, token_families, used_assertions,
};
use passerelle::time::Timestamp;
use rstest::rstest;

use super::place::{Engine, Place, commit};
use super::samples::{
    HOUR, account, code, consent, family, login_session, logout_notice, opaque_token, signing_key,
};
use crate::support::parts::BEGINNING;

const SECOND: Duration = Duration::from_secs(1);
const KEEP: Keep =
    Keep { longest_access_token: Duration::from_hours(2), ended_sessions: Duration::from_hours(5) };
/// When everything in these stories expires.
const END: Timestamp = Timestamp::from_seconds(BEGINNING.as_seconds() + 3600);

async fn rows(db: &Db) -> [i64; 9] {
    const COUNTS: [Sql; 9] = [
        Sql::new("count codes", "SELECT COUNT(*) AS n FROM codes"),
        Sql::new("count opaque tokens", "SELECT COUNT(*) AS n FROM opaque_tokens"),
        Sql::new("count revoked tokens", "SELECT COUNT(*) AS n FROM revoked_tokens"),
        Sql::new("count used assertions", "SELECT COUNT(*) AS n FROM used_assertions"),
        Sql::new("count attempts", "SELECT COUNT(*) AS n FROM attempts"),
        Sql::new("count token families", "SELECT COUNT(*) AS n FROM token_families"),
        Sql::new("count login sessions", "SELECT COUNT(*) AS n FROM login_sessions"),
        Sql::new("count hand-overs", "SELECT COUNT(*) AS n FROM handovers"),
        Sql::new("count logout notices", "SELECT COUNT(*) AS n FROM logout_outbox"),
    ];
    let mut rows = [0; 9];
    for (count, sql) in rows.iter_mut().zip(&COUNTS) {
        *count = db.fetch_optional(sql, Vec::new()).await.unwrap().unwrap().int("n").unwrap();
    }
    rows
}

/// One row of each kind that expires at [`END`].
async fn put_one_of_each(db: &Db, name: &str) {
    let name = name.to_owned();
    let work = db.write(move |tx| {
        Box::pin(async move {
            let id = name.as_str();
            codes::insert(tx, &AuthorizationCode { expires_at: END, ..code(id) }).await?;
            opaque_tokens::insert(tx, &OpaqueToken { expires_at: END, ..opaque_token(id) }).await?;
            revoked_tokens::insert(tx, id, END, BEGINNING).await?;
            used_assertions::spend(tx, &ClientId::from("web"), id, END).await?;
            attempts::record_failure(tx, id, END - HOUR, HOUR).await?;
            token_families::insert(tx, &TokenFamily { expires_at: END, ..family(id, id) }).await?;
            login_sessions::insert(tx, &login_session(id, "alice")).await?;
            login_sessions::end(tx, &SessionId::from(id), EndReason::Expired, END).await?;
            handovers::insert(tx, &Digest::of(id), b"sealed", END).await?;
            let node = NodeId::from("node");
            logout_outbox::insert(tx, &logout_notice(id, "alice")).await?;
            logout_outbox::claim_of_session(tx, &SessionId::from(id), &node, END, BEGINNING).await?;
            let word = (NoticeOutcome::Delivered, None);
            logout_outbox::settle(tx, &LogoutId::from(id), &node, word, END).await.map(drop)
        })
    });
    work.await.unwrap();
}

async fn put_alice(db: &Db) {
    let alice = account("alice");
    commit!(db, accounts::remember, &alice).unwrap();
}

#[rstest]
#[tokio::test]
async fn at_most_fifty_of_each_kind_leave_at_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    put_alice(&db).await;
    for each in 0..70 {
        put_one_of_each(&db, &format!("row {each}")).await;
    }
    let late = END + HOUR * 24;
    assert_eq!(once(&db, late, KEEP).await.unwrap(), 9 * AT_A_TIME);
    assert_eq!(rows(&db).await, [20; 9]);
    assert_eq!(once(&db, late, KEEP).await.unwrap(), 9 * 20);
    assert_eq!(rows(&db).await, [0; 9]);
    assert_eq!(once(&db, late, KEEP).await.unwrap(), 0);
}

#[rstest]
#[tokio::test]
async fn each_kind_leaves_at_its_time_and_not_a_second_before(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    put_alice(&db).await;
    put_one_of_each(&db, "row").await;
    assert_eq!(once(&db, END - SECOND, KEEP).await.unwrap(), 0);
    assert_eq!(once(&db, END, KEEP).await.unwrap(), 6);
    assert_eq!(rows(&db).await, [0, 0, 0, 0, 0, 1, 1, 0, 1]);

    // As long as an access token can name its family.
    let families_leave = END + KEEP.longest_access_token;
    assert_eq!(once(&db, families_leave - SECOND, KEEP).await.unwrap(), 0);
    assert_eq!(once(&db, families_leave, KEEP).await.unwrap(), 1);
    assert_eq!(rows(&db).await, [0, 0, 0, 0, 0, 0, 1, 0, 1]);

    let sessions_leave = END + KEEP.ended_sessions;
    assert_eq!(once(&db, sessions_leave - SECOND, KEEP).await.unwrap(), 0);
    assert_eq!(once(&db, sessions_leave, KEEP).await.unwrap(), 2);
    assert_eq!(rows(&db).await, [0; 9]);
}

#[rstest]
#[tokio::test]
async fn a_redeemed_code_and_a_revoked_family_stay_until_their_end(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    put_alice(&db).await;
    put_one_of_each(&db, "row").await;
    let id = FamilyId::from("row");
    commit!(db, codes::redeem, &Digest::of("row"), &id, BEGINNING).unwrap();
    let id = FamilyId::from("row");
    commit!(db, token_families::revoke, &id, RevocationReason::ByClient, BEGINNING).unwrap();
    assert_eq!(once(&db, END - SECOND, KEEP).await.unwrap(), 0);
    let again = FamilyId::from("again");
    let shown_again = commit!(db, codes::redeem, &Digest::of("row"), &again, END - SECOND).unwrap();
    assert_eq!(shown_again, codes::Redeemed::Already(FamilyId::from("row")));
    once(&db, END + SECOND, KEEP).await.unwrap();
    let family = token_families::find(&db, &FamilyId::from("row")).await.unwrap();
    assert!(family.unwrap().revoked.is_some(), "an access token that it gave out can still be refused");
}

#[rstest]
#[tokio::test]
async fn an_ended_session_stays_as_long_as_its_owner_says_and_a_blocked_subject_until_its_block_ends(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    put_alice(&db).await;
    let (ended, live) = (login_session("ended", "alice"), login_session("live", "alice"));
    commit!(db, login_sessions::insert, &ended).unwrap();
    commit!(db, login_sessions::insert, &live).unwrap();
    let id = SessionId::from("ended");
    commit!(db, login_sessions::end, &id, EndReason::SignedOut, BEGINNING).unwrap();
    commit!(db, attempts::record_failure, "mallory", BEGINNING, SECOND).unwrap();
    commit!(db, attempts::block, "mallory", BEGINNING + HOUR).unwrap();

    assert_eq!(once(&db, BEGINNING + HOUR - SECOND, KEEP).await.unwrap(), 0);
    assert!(attempts::find(&db, "mallory", BEGINNING + HOUR - SECOND).await.unwrap().is_some());
    let leaves = BEGINNING + KEEP.ended_sessions;
    assert_eq!(once(&db, leaves - SECOND, KEEP).await.unwrap(), 1, "the block");
    assert!(login_sessions::find(&db, &"ended".into()).await.unwrap().is_some());
    assert_eq!(once(&db, leaves, KEEP).await.unwrap(), 1, "the session");
    assert_eq!(login_sessions::find(&db, &"ended".into()).await.unwrap(), None);
    assert!(login_sessions::find(&db, &"live".into()).await.unwrap().is_some());
    // Its time is over long ago; but nobody has ended it yet, so nobody was told.
    once(&db, BEGINNING + HOUR * 24 * 365, KEEP).await.unwrap();
    assert!(login_sessions::find(&db, &"live".into()).await.unwrap().is_some());
}

#[rstest]
#[tokio::test]
async fn accounts_consents_and_keys_are_never_swept(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    put_alice(&db).await;
    let (agreed, key) = (consent("alice", "openid"), signing_key("key"));
    commit!(db, consents::grant, &agreed).unwrap();
    commit!(db, signing_keys::insert, &key, None).unwrap();
    assert_eq!(once(&db, BEGINNING + HOUR * 24 * 36_500, KEEP).await.unwrap(), 0);
    assert!(accounts::find(&db, &"alice".into()).await.unwrap().is_some());
    assert_eq!(consents::list(&db, &"alice".into()).await.unwrap().len(), 1);
    assert_eq!(signing_keys::list(&db).await.unwrap().len(), 1);
}

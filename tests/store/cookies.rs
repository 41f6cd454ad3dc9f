//! The browser's cookie as a view of the login session.

use std::time::Duration;

use passerelle::model::login_session::{EndReason, Ended, LoginSession};
use passerelle::secret::{Chance, Digest, Secret};
use passerelle::store::cookies::{COOKIE, Cookies, SID, new_cookie};
use passerelle::store::{accounts, login_sessions};
use passerelle::time::Clock;
use rstest::rstest;
use serde_json::json;
use tower_sessions::SessionStore as _;
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};

use super::place::{Engine, Place, commit};
use super::samples::{account, login_session};
use crate::support::parts::BEGINNING;

/// Alice's session with a cookie that a browser could have.
async fn alice(place: &Place) -> (Cookies, LoginSession, Id, Secret) {
    let db = place.open().await;
    let alice = account("alice");
    commit!(db, accounts::remember, &alice).unwrap();
    let (cookie, digest) = new_cookie(&Chance::System);
    let session = LoginSession { cookie: digest, ..login_session("s1", "alice") };
    let row = session.clone();
    commit!(db, login_sessions::insert, &row).unwrap();
    let id = cookie.expose().parse().unwrap();
    (Cookies { db, clock: Clock::set_to(BEGINNING) }, session, id, cookie)
}

fn empty(id: Id) -> Record {
    Record { id, data: [].into(), expiry_date: OffsetDateTime::UNIX_EPOCH }
}

#[rstest]
#[tokio::test]
async fn a_cookie_shows_the_session_as_long_as_it_lives(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let (cookies, session, id, _) = alice(&place).await;
    let record = cookies.load(&id).await.unwrap().unwrap();
    assert_eq!(record.data[SID], json!("s1"));
    assert_eq!(record.expiry_date.unix_timestamp(), session.expires_at.as_seconds());
    assert_eq!(cookies.load(&Id(id.0 ^ 1)).await.unwrap(), None);
    let life = session.expires_at.since(BEGINNING);
    cookies.clock.forward(life - std::time::Duration::from_secs(1));
    assert!(cookies.load(&id).await.unwrap().is_some());
    cookies.clock.forward(std::time::Duration::from_secs(1));
    assert_eq!(cookies.load(&id).await.unwrap(), None, "expired");
    let earlier = Cookies { clock: Clock::set_to(BEGINNING), ..cookies };
    assert!(earlier.load(&id).await.unwrap().is_some());
    let sid = session.id;
    commit!(earlier.db, login_sessions::end, &sid, EndReason::SignedOut, BEGINNING).unwrap();
    assert_eq!(earlier.load(&id).await.unwrap(), None, "ended");
}

#[rstest]
#[tokio::test]
async fn only_a_sign_in_begins_a_session(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let place = Place::new(engine);
    let (cookies, _, id, cookie) = alice(&place).await;
    let mut record = empty(Id(7));
    assert!(cookies.create(&mut record).await.is_err(), "no sign-in left a cookie");
    for unusable in [json!("x"), json!(1), json!(Id(8).to_string())] {
        record.data = [(COOKIE.to_owned(), unusable)].into();
        assert!(cookies.create(&mut record).await.is_err());
    }
    record.data = [(COOKIE.to_owned(), json!(cookie.expose()))].into();
    cookies.create(&mut record).await.unwrap();
    assert_eq!((record.id, &record.data[SID]), (id, &json!("s1")), "the planted id is forgotten");
    assert!(!record.data.contains_key(COOKIE));
}

#[rstest]
#[tokio::test]
async fn nothing_else_can_be_kept_in_it(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let place = Place::new(engine);
    let (cookies, _, id, cookie) = alice(&place).await;
    let mut record = cookies.load(&id).await.unwrap().unwrap();
    cookies.save(&record).await.unwrap();
    cookies.save(&empty(id)).await.unwrap();
    record.data.insert("colour".to_owned(), json!("red"));
    assert!(cookies.save(&record).await.is_err());
    // A new cookie without `cycle_id`: the browser would keep the old one.
    record.data = [(COOKIE.to_owned(), json!(cookie.expose()))].into();
    assert!(cookies.save(&record).await.is_err());
    cookies.delete(&id).await.unwrap();
    assert!(cookies.load(&id).await.unwrap().is_some(), "a session ends in its flow, not here");
}

#[test]
fn a_new_cookie_is_kept_as_its_digest_and_never_comes_twice() {
    let (first, digest) = new_cookie(&Chance::System);
    let (second, _) = new_cookie(&Chance::System);
    assert_eq!(digest, Digest::of(first.expose()));
    assert_ne!(first, second);
    assert_eq!(first.expose().parse::<Id>().unwrap().to_string(), first.expose());
}

#[test]
fn a_session_can_be_used_until_it_ends_expires_or_is_left_alone() {
    let (hour, now) = (Duration::from_hours(1), BEGINNING);
    let session = LoginSession {
        last_seen: now,
        expires_at: now + hour * 9,
        ended: None,
        ..login_session("s1", "alice")
    };
    assert!(session.is_live(now, hour));
    let ended = Some(Ended { at: now, reason: EndReason::SignedOut });
    assert!(!LoginSession { ended, ..session.clone() }.is_live(now, hour));
    assert!(!LoginSession { expires_at: now, ..session.clone() }.is_live(now, hour));
    assert!(!session.is_live(now + hour, hour));
}

//! Every record comes back as it was put in, and each of its changes too.

use std::time::Duration;

use passerelle::id::{AccountId, ClientId, FamilyId, LegacyId};
use passerelle::model::authorization::Authorization;
use passerelle::model::code::AuthorizationCode;
use passerelle::model::consent::Consent;
use passerelle::model::login_session::{EndReason, Ended, LoginSession, Whereabouts};
use passerelle::model::opaque_token::OpaqueToken;
use passerelle::model::token_family::{Binding, RefreshState, RevocationReason, Revoked, TokenFamily};
use passerelle::oauth::claims::ClaimsRequest;
use passerelle::oauth::scope::Scope;
use passerelle::secret::Digest;
use passerelle::store::codes::Redeemed;
use passerelle::store::{
    accounts, attempts, codes, consents, login_sessions, meta, opaque_tokens, revoked_tokens, signing_keys,
    token_families, used_assertions,
};
use rstest::rstest;

use super::place::{Engine, Place, commit};
use super::samples::{
    HOUR, account, code, consent, family, login_session, opaque_token, refresh_state, signing_key,
};
use crate::support::parts::BEGINNING;

const SECOND: Duration = Duration::from_secs(1);

#[rstest]
#[tokio::test]
async fn an_account_is_found_by_its_subject_and_by_its_legacy_id(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let alice = account("alice");
    let put = alice.clone();
    assert_eq!(commit!(db, accounts::remember, &put).unwrap(), alice);
    assert_eq!(accounts::find(&db, &alice.id).await.unwrap().unwrap(), alice);
    let by_legacy_id = accounts::find_by_legacy_id(&db, &alice.connector, &alice.legacy_id).await;
    assert_eq!(by_legacy_id.unwrap().unwrap(), alice);
    assert_eq!(accounts::find(&db, &AccountId::from("bob")).await.unwrap(), None);
    let nobody = accounts::find_by_legacy_id(&db, &alice.connector, &LegacyId::from("bob")).await;
    assert_eq!(nobody.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn an_account_keeps_its_first_subject_and_learns_what_is_new(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let first = account("alice");
    let put = first.clone();
    commit!(db, accounts::remember, &put).unwrap();

    let mut again = first.clone();
    again.id = AccountId::from("another subject");
    again.created_at = BEGINNING + HOUR;
    again.updated_at = BEGINNING + HOUR;
    let unchanged = again.clone();
    assert_eq!(commit!(db, accounts::remember, &unchanged).unwrap(), first, "nothing new, no new updated_at");

    again.user_name = "alice@new.example".to_owned();
    let renamed = again.clone();
    let stands = commit!(db, accounts::remember, &renamed).unwrap();
    again.id = first.id.clone();
    again.created_at = first.created_at;
    assert_eq!(stands, again);
    assert_eq!(accounts::find(&db, &first.id).await.unwrap().unwrap(), again);
}

#[rstest]
#[tokio::test]
async fn a_login_session_is_found_by_its_id_and_by_its_cookie(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let alice = account("alice");
    commit!(db, accounts::remember, &alice).unwrap();
    let session = login_session("session", "alice");
    let put = session.clone();
    commit!(db, login_sessions::insert, &put).unwrap();
    assert_eq!(login_sessions::find(&db, &session.id).await.unwrap().unwrap(), session);
    assert_eq!(login_sessions::find_by_cookie(&db, &session.cookie).await.unwrap().unwrap(), session);
    assert_eq!(login_sessions::find_by_cookie(&db, &Digest::of("planted")).await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn a_login_session_is_touched_renewed_by_its_person_and_ended_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let alice = account("alice");
    commit!(db, accounts::remember, &alice).unwrap();
    let session = login_session("session", "alice");
    let put = session.clone();
    commit!(db, login_sessions::insert, &put).unwrap();

    let seen = BEGINNING + HOUR;
    let id = session.id.clone();
    commit!(db, login_sessions::touch, &id, seen).unwrap();
    let id = session.id.clone();
    commit!(db, login_sessions::touch, &id, BEGINNING).unwrap();
    let touched = LoginSession { last_seen: seen, ..session.clone() };
    assert_eq!(login_sessions::find(&db, &session.id).await.unwrap().unwrap(), touched, "never backwards");

    let renewed = LoginSession {
        cookie: Digest::of("new cookie"),
        auth_time: seen + SECOND,
        acr: "urn:example:strong".to_owned(),
        amr: vec!["otp".to_owned()],
        last_seen: seen + SECOND,
        whereabouts: Whereabouts { agent: None, address: Some("198.51.100.4".to_owned()) },
        ..session.clone()
    };
    let stranger = LoginSession { account: AccountId::from("mallory"), ..renewed.clone() };
    assert!(!commit!(db, login_sessions::renew, &stranger, seen + SECOND).unwrap());
    let again = renewed.clone();
    assert!(commit!(db, login_sessions::renew, &again, seen + SECOND).unwrap());
    assert_eq!(login_sessions::find(&db, &session.id).await.unwrap().unwrap(), renewed);
    assert_eq!(login_sessions::find_by_cookie(&db, &session.cookie).await.unwrap(), None, "the old cookie");
    let late = renewed.clone();
    assert!(!commit!(db, login_sessions::renew, &late, session.expires_at).unwrap(), "at its end");

    let at = seen + HOUR;
    let id = session.id.clone();
    assert!(commit!(db, login_sessions::end, &id, EndReason::Replaced, at).unwrap().is_some());
    let id = session.id.clone();
    assert!(commit!(db, login_sessions::end, &id, EndReason::SignedOut, at + HOUR).unwrap().is_none());
    let gone = renewed.clone();
    assert!(!commit!(db, login_sessions::renew, &gone, at).unwrap(), "an ended one");
    let id = session.id.clone();
    commit!(db, login_sessions::touch, &id, at).unwrap();
    let ended = LoginSession { ended: Some(Ended { at, reason: EndReason::Replaced }), ..renewed };
    assert_eq!(login_sessions::find(&db, &session.id).await.unwrap().unwrap(), ended);
}

#[rstest]
#[tokio::test]
async fn a_code_comes_back_full_or_bare_and_knows_what_it_was_redeemed_as(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let full = code("full");
    let bare = AuthorizationCode {
        redirect_uri: None,
        challenge: None,
        nonce: None,
        authorization: Authorization { claims: ClaimsRequest::default(), ..full.authorization.clone() },
        ..code("bare")
    };
    for code in [full.clone(), bare.clone()] {
        commit!(db, codes::insert, &code).unwrap();
    }
    assert_eq!(codes::find(&db, &full.digest).await.unwrap().unwrap(), full);
    assert_eq!(codes::find(&db, &bare.digest).await.unwrap().unwrap(), bare);

    let now = BEGINNING + SECOND;
    let family = FamilyId::from("family");
    let redeemed = commit!(db, codes::redeem, &full.digest, &family, now).unwrap();
    assert_eq!(redeemed, Redeemed::Now);
    let other = FamilyId::from("other");
    let again = commit!(db, codes::redeem, &full.digest, &other, now).unwrap();
    assert_eq!(again, Redeemed::Already(FamilyId::from("family")));
    let kept = codes::find(&db, &full.digest).await.unwrap().unwrap();
    assert_eq!(kept.redeemed_as, Some(FamilyId::from("family")));

    let other = FamilyId::from("other");
    let late = commit!(db, codes::redeem, &bare.digest, &other, bare.expires_at).unwrap();
    assert_eq!(late, Redeemed::Gone, "a code is too old at its end");
    let other = FamilyId::from("other");
    let unknown = commit!(db, codes::redeem, &Digest::of("unknown"), &other, now).unwrap();
    assert_eq!(unknown, Redeemed::Gone);
}

#[rstest]
#[tokio::test]
async fn a_token_family_comes_back_with_and_without_a_refresh_token(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let full = family("full", "session");
    let mut bare = TokenFamily { refresh: None, bound_to: Binding::Offline, ..family("bare", "session") };
    bare.authorization.person = None;
    let fresh =
        RefreshState { previous: None, successor: None, successor_used: true, ..refresh_state("fresh") };
    let fresh = TokenFamily { refresh: Some(fresh), ..family("fresh", "session") };
    for family in [full.clone(), bare.clone(), fresh.clone()] {
        commit!(db, token_families::insert, &family).unwrap();
    }
    for family in [&full, &bare, &fresh] {
        assert_eq!(token_families::find(&db, &family.id).await.unwrap().as_ref(), Some(family));
    }
    let by_handle = token_families::find_by_handle(&db, &refresh_state("full").handle).await.unwrap();
    assert_eq!(by_handle, Some(full));
    assert_eq!(token_families::find_by_handle(&db, &Digest::of("no handle")).await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn a_rotation_a_seen_answer_and_a_revocation_are_kept(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let family = family("family", "session");
    let put = family.clone();
    commit!(db, token_families::insert, &put).unwrap();
    let next = RefreshState {
        current: Digest::of("third"),
        previous: Some(Digest::of("second")),
        generation: 2,
        rotated_at: BEGINNING + HOUR,
        idle_expires_at: BEGINNING + HOUR * 25,
        successor: Some(b"sealed".to_vec()),
        ..refresh_state("family")
    };
    let (id, state) = (family.id.clone(), next.clone());
    assert!(commit!(db, token_families::rotate, &id, &Digest::of("second"), &state).unwrap());
    let rotated = TokenFamily { refresh: Some(next.clone()), ..family.clone() };
    assert_eq!(token_families::find(&db, &family.id).await.unwrap().unwrap(), rotated);

    for (generation, first) in [(1, false), (2, true), (2, false)] {
        let id = family.id.clone();
        assert_eq!(commit!(db, token_families::mark_successor_used, &id, generation).unwrap(), first);
    }
    let seen = RefreshState { successor: None, successor_used: true, ..next };
    let marked = TokenFamily { refresh: Some(seen), ..family.clone() };
    assert_eq!(token_families::find(&db, &family.id).await.unwrap().unwrap(), marked);

    let at = BEGINNING + HOUR * 2;
    for (reason, first) in [(RevocationReason::RefreshTokenReused, true), (RevocationReason::ByClient, false)]
    {
        let id = family.id.clone();
        assert_eq!(commit!(db, token_families::revoke, &id, reason, at).unwrap(), first);
    }
    let revoked = Some(Revoked { at, reason: RevocationReason::RefreshTokenReused });
    assert_eq!(
        token_families::find(&db, &family.id).await.unwrap().unwrap(),
        TokenFamily { revoked, ..marked }
    );
    let id = family.id.clone();
    let rotates = commit!(db, token_families::rotate, &id, &Digest::of("third"), &refresh_state("family"));
    assert!(!rotates.unwrap(), "nobody rotates what was revoked");
    let id = family.id.clone();
    assert!(!commit!(db, token_families::mark_successor_used, &id, 2).unwrap());
}

#[rstest]
#[tokio::test]
async fn an_opaque_token_comes_back_until_it_is_revoked(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let mut own = OpaqueToken { family: None, ..opaque_token("own") };
    own.authorization.person = None;
    for token in [opaque_token("token"), own.clone()] {
        let put = token.clone();
        commit!(db, opaque_tokens::insert, &put).unwrap();
        assert_eq!(opaque_tokens::find(&db, &token.digest).await.unwrap().unwrap(), token);
    }
    assert!(commit!(db, opaque_tokens::revoke, &own.digest).unwrap());
    assert!(!commit!(db, opaque_tokens::revoke, &own.digest).unwrap());
    assert_eq!(opaque_tokens::find(&db, &own.digest).await.unwrap(), None);
    assert!(opaque_tokens::find(&db, &Digest::of("token")).await.unwrap().is_some(), "the other one stays");
}

#[rstest]
#[tokio::test]
async fn a_consent_grows_is_listed_and_is_withdrawn(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let alice = account("alice");
    commit!(db, accounts::remember, &alice).unwrap();
    let (account, spa) = (AccountId::from("alice"), ClientId::from("spa"));
    let first = consent("alice", "openid email");
    let put = first.clone();
    assert_eq!(commit!(db, consents::grant, &put).unwrap(), first);
    let older = Consent { client: ClientId::from("web"), granted_at: BEGINNING - HOUR, ..first.clone() };
    let put = older.clone();
    commit!(db, consents::grant, &put).unwrap();
    let later = Consent { granted_at: BEGINNING + HOUR, updated_at: BEGINNING + HOUR, ..first.clone() };
    let put = later.clone();
    assert_eq!(commit!(db, consents::grant, &put).unwrap(), first, "nothing new, no new updated_at");
    let more = Consent {
        scope: Scope::parse("email phone").unwrap(),
        claims: vec!["zoneinfo".to_owned(), "birthdate".to_owned()],
        ..later
    };
    let grown = commit!(db, consents::grant, &more).unwrap();
    let expected = Consent {
        scope: Scope::parse("openid email phone").unwrap(),
        claims: vec!["birthdate".to_owned(), "nickname".to_owned(), "zoneinfo".to_owned()],
        updated_at: BEGINNING + HOUR,
        ..first
    };
    assert_eq!(grown, expected);
    assert_eq!(consents::find(&db, &account, &spa).await.unwrap().unwrap(), expected);
    // What was agreed to for another client has not grown with it.
    assert_eq!(consents::list(&db, &account).await.unwrap(), [older.clone(), expected]);
    let (owner, client) = (account.clone(), spa.clone());
    assert!(commit!(db, consents::revoke, &owner, &client).unwrap());
    let (owner, client) = (account.clone(), spa.clone());
    assert!(!commit!(db, consents::revoke, &owner, &client).unwrap());
    assert_eq!(consents::find(&db, &account, &spa).await.unwrap(), None);
    assert_eq!(consents::list(&db, &account).await.unwrap(), [older]);
}

#[rstest]
#[tokio::test]
async fn a_signing_key_comes_back_and_retires_and_is_deleted_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let key = signing_key("key");
    let put = key.clone();
    assert!(commit!(db, signing_keys::insert, &put, None).unwrap());
    assert_eq!(signing_keys::list(&db).await.unwrap(), std::slice::from_ref(&key));
    let at = BEGINNING + HOUR * 2;
    for first in [true, false] {
        let id = key.id.clone();
        assert_eq!(commit!(db, signing_keys::retire, &id, at + SECOND * u32::from(!first)).unwrap(), first);
    }
    assert_eq!(signing_keys::list(&db).await.unwrap()[0].retired_at, Some(at));
    for first in [true, false] {
        let id = key.id.clone();
        assert_eq!(commit!(db, signing_keys::delete, &id).unwrap(), first);
    }
    assert_eq!(signing_keys::list(&db).await.unwrap(), []);
}

#[rstest]
#[tokio::test]
async fn a_revoked_token_and_a_used_assertion_are_remembered_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    let until = BEGINNING + HOUR;
    assert!(!revoked_tokens::contains(&db, "jti").await.unwrap());
    for first in [true, false] {
        assert_eq!(commit!(db, revoked_tokens::insert, "jti", until, BEGINNING).unwrap(), first);
    }
    assert!(revoked_tokens::contains(&db, "jti").await.unwrap());

    let long = "j".repeat(20_000);
    for (client, first) in [("web", true), ("web", false), ("spa", true)] {
        let (client, jti) = (ClientId::from(client), long.clone());
        assert_eq!(commit!(db, used_assertions::spend, &client, &jti, until).unwrap(), first);
    }
    for (iss, first) in
        [("https://a.example", true), ("https://a.example", false), ("https://b.example", true)]
    {
        assert_eq!(commit!(db, used_assertions::spend_of_issuer, iss, "jti", until).unwrap(), first);
    }
}

#[rstest]
#[tokio::test]
async fn attempts_are_counted_within_a_window_block_and_are_cleared(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    for (after, failures) in [(0, 1), (10, 2), (3599, 3), (3600, 1), (3601, 2)] {
        let now = BEGINNING + SECOND * after;
        assert_eq!(
            commit!(db, attempts::record_failure, "alice", now, HOUR).unwrap(),
            failures,
            "at {after}"
        );
    }
    let now = BEGINNING + HOUR + SECOND;
    let counted = attempts::find(&db, "alice", now).await.unwrap().unwrap();
    assert_eq!((counted.failures, counted.window_start), (2, BEGINNING + HOUR));
    assert_eq!(counted.blocked_until, None);
    assert_eq!(attempts::find(&db, "bob", now).await.unwrap(), None);
    assert_eq!(
        attempts::find(&db, "alice", BEGINNING + HOUR * 2).await.unwrap(),
        None,
        "the window has passed"
    );

    let until = BEGINNING + HOUR * 5;
    commit!(db, attempts::block, "alice", until).unwrap();
    let blocked = attempts::find(&db, "alice", until - SECOND).await.unwrap().unwrap();
    assert_eq!(blocked.blocked_until, Some(until), "a block outlives its window");
    commit!(db, attempts::clear_served, "alice", until - SECOND).unwrap();
    assert!(attempts::find(&db, "alice", now).await.unwrap().is_some(), "it is not over yet");
    commit!(db, attempts::clear_served, "alice", until).unwrap();
    assert_eq!(attempts::find(&db, "alice", now).await.unwrap(), None);
    commit!(db, attempts::record_failure, "alice", now, HOUR).unwrap();
    commit!(db, attempts::clear_served, "alice", until).unwrap();
    assert!(attempts::find(&db, "alice", now).await.unwrap().is_some(), "nothing held them off");
    commit!(db, attempts::clear, "alice").unwrap();
    assert_eq!(attempts::find(&db, "alice", now).await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn what_the_database_says_of_itself_is_said_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine);
    let db = place.open().await;
    assert_eq!(meta::find(&db, meta::MASTER_KEY_FINGERPRINT).await.unwrap(), None);
    for value in ["first", "second"] {
        let stands = commit!(db, meta::put_if_absent, meta::MASTER_KEY_FINGERPRINT, value).unwrap();
        assert_eq!(stands, "first");
    }
    assert_eq!(meta::find(&db, meta::MASTER_KEY_FINGERPRINT).await.unwrap().unwrap(), "first");
}

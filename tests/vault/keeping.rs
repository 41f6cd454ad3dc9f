//! What is kept: sealed for its place, shared by all sessions of a person, and gone with the last of them.

use std::sync::Arc;
use std::time::Duration;

use passerelle::id::{ClientId, SessionId};
use passerelle::legacy::tokens::LegacyTokens;
use passerelle::model::login_session::{EndReason, LoginSession, Whereabouts};
use passerelle::model::registry::Registry;
use passerelle::provider::logout::end_session::EndSession;
use passerelle::secret::Digest;
use passerelle::store::db::{Arg, Sql};
use passerelle::store::{handovers, login_sessions};
use passerelle::vault::sealing::Waiting;
use tokio::sync::{Notify, oneshot};

use super::*;
use crate::support::parts::{apis, clients};
use crate::support::postgres::{new_database, somebody_waits};

async fn change(db: &Db, sql: &'static str, args: Vec<Arg>) {
    let sql = Sql::new("tamper", sql);
    let write = db.write(move |tx| Box::pin(async move { tx.execute(&sql, args).await }));
    assert_eq!(write.await.unwrap(), 1);
}

#[tokio::test]
async fn a_token_that_works_is_given_out_without_a_call() {
    let town = Town::open().await;
    let arrival = town.arrival("alice", "wonderland").await;
    let alice = town.keep(arrival.clone()).await;
    let calls = town.system().journal.calls().len();
    town.forward(Duration::from_mins(15));
    assert_eq!(town.vault.fresh(&alice).await.unwrap(), arrival.tokens.as_ref().unwrap().access_token);
    assert_eq!(
        town.vault.at_hand(&alice.id).await.unwrap().map(|tokens| tokens.access),
        arrival.tokens.map(|tokens| tokens.access_token)
    );
    assert_eq!(town.system().journal.calls().len(), calls);
}

#[tokio::test]
async fn a_token_in_its_last_moments_is_not_given_out() {
    let town = Town::open().await;
    let arrival = town.arrival("alice", "wonderland").await;
    let alice = town.keep(arrival.clone()).await;
    town.forward(Duration::from_secs(1199 - 10));
    assert_ne!(town.vault.fresh(&alice).await.unwrap(), arrival.tokens.as_ref().unwrap().access_token);
    assert_eq!(town.refreshes(), 1);
}

/// Looks into the files themselves: no column of no table is left out.
#[tokio::test]
async fn nothing_readable_of_a_token_stands_in_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let town = Town::on(&format!("sqlite:{}", folder.path().join("store.db").display()), "").await;
    let arrival = town.arrival("alice", "wonderland").await;
    let alice = town.keep(arrival.clone()).await;
    let waiting = Waiting { arrival: arrival.clone(), from_site: true, state: None };
    let handle = Digest::of("handle");
    let sealed = waiting.seal(&sealer(), &handle, &Chance::System).unwrap();
    let until = BEGINNING + Duration::from_hours(1);
    let insert = town
        .vault
        .db
        .write(move |tx| Box::pin(async move { handovers::insert(tx, &handle, &sealed, until).await }));
    insert.await.unwrap();
    town.forward(BEYOND_ITS_LIFE);
    let fresh = town.vault.fresh(&alice).await.unwrap();
    town.vault.db.close().await;

    let files = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path());
    let stored: Vec<u8> = files.flat_map(|file| std::fs::read(file).unwrap()).collect();
    let holds = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds(alice.id.as_str()) && holds("handovers"), "these are the right files");
    let LegacyTokens { access_token, refresh_token, .. } = arrival.tokens.unwrap();
    for token in [access_token, refresh_token.unwrap(), fresh] {
        assert!(!holds(token.expose()) && !holds(&token.expose()[..16]));
    }
}

#[tokio::test]
async fn a_hand_over_opens_for_its_own_handle_alone() {
    let town = Town::open().await;
    let arrival = town.arrival("alice", "wonderland").await;
    let waiting = Waiting { arrival, from_site: true, state: Some("s".to_owned()) };
    let sealed = waiting.seal(&sealer(), &Digest::of("handle"), &Chance::System).unwrap();
    assert!(Waiting::open(&sealer(), &Digest::of("another"), &sealed).is_none());
    let opened = Waiting::open(&sealer(), &Digest::of("handle"), &sealed).unwrap();
    assert_eq!(
        opened.arrival.tokens.as_ref().unwrap().access_token,
        waiting.arrival.tokens.as_ref().unwrap().access_token
    );
}

#[tokio::test]
async fn a_row_that_was_moved_to_another_account_does_not_open() {
    let town = Town::open().await;
    let (alice, bob) = (town.alice().await, town.bob().await);
    change(&town.vault.db, "DELETE FROM legacy_grants WHERE account = $1", vec![Arg::from(&bob.id)]).await;
    let moved = vec![Arg::from(&alice.id), Arg::from(&bob.id)];
    change(&town.vault.db, "UPDATE legacy_grants SET account = $2 WHERE account = $1", moved).await;
    assert_eq!(town.vault.at_hand(&bob.id).await.unwrap(), None);
    town.needs_sign_in(&bob).await;
    assert_eq!(town.refreshes(), 0, "nor is it shown to anybody");
}

#[tokio::test]
async fn a_row_that_was_moved_to_another_client_does_not_open() {
    let town = Town::open().await;
    let alice = town.alice().await;
    change(&town.vault.db, "UPDATE legacy_grants SET legacy_client = 'other'", vec![]).await;
    assert_eq!(town.vault.at_hand(&alice.id).await.unwrap(), None);
    town.needs_sign_in(&alice).await;
    assert_eq!(town.refreshes(), 0);
}

#[tokio::test]
async fn a_refresh_token_in_the_place_of_an_access_token_does_not_open() {
    let town = Town::open().await;
    let alice = town.alice().await;
    change(&town.vault.db, "UPDATE legacy_grants SET access = refresh", vec![]).await;
    assert_eq!(town.vault.at_hand(&alice.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_second_sign_in_replaces_the_shared_grant_and_strands_nobody() {
    let town = Town::open().await;
    let first = town.alice().await;
    let again = town.arrival("alice", "wonderland").await;
    let second = town.keep(again.clone()).await;
    assert_eq!(first.id, second.id);
    assert_eq!(town.grant(&first).await.generation, 1);
    assert_eq!(town.vault.fresh(&first).await.unwrap(), again.tokens.as_ref().unwrap().access_token);
    // The old system ended the first refresh token when it gave the second.
    town.forward(BEYOND_ITS_LIFE);
    let fresh = town.vault.fresh(&first).await.unwrap();
    assert_eq!(town.vault.fresh(&second).await.unwrap(), fresh);
    assert_eq!(town.refreshes(), 1);
}

#[tokio::test]
async fn a_sign_in_without_a_client_leaves_the_grant_of_the_client_alone() {
    let town = Town::open().await;
    let alice = town.alice().await;
    town.system().console.change(|settings| settings.refresh_on_password = false);
    let plain = connector(&format!("preset = 'imis'\nbase_url = '{}'", town.running.base_url));
    let arrival = plain.sign_in("alice", &Secret::from("wonderland")).await.unwrap();
    assert_eq!(
        (
            arrival.tokens.as_ref().unwrap().legacy_client.as_str(),
            &arrival.tokens.as_ref().unwrap().refresh_token
        ),
        ("", &None)
    );
    town.keep(arrival).await;
    let clients: Vec<String> =
        town.grants(&alice).await.into_iter().map(|grant| grant.legacy_client).collect();
    assert_eq!(clients, ["", CLIENT]);
    town.forward(BEYOND_ITS_LIFE);
    town.vault.fresh(&alice).await.unwrap();
    assert_eq!(town.refreshes(), 1);
}

/// After another client was written into the configuration, for example one that gets no refresh tokens.
#[tokio::test]
async fn what_another_client_left_says_nothing_of_what_ours_was_given() {
    let town = Town::open().await;
    let alice = town.alice().await;
    change(&town.vault.db, "UPDATE legacy_grants SET legacy_client = 'other'", vec![]).await;
    let mut arrival = town.arrival("alice", "wonderland").await;
    arrival.tokens.as_mut().unwrap().refresh_token = None;
    town.keep(arrival).await;
    town.forward(BEYOND_ITS_LIFE);
    assert_eq!(town.grants(&alice).await.len(), 2);
    let error = town.vault.fresh(&alice).await.unwrap_err();
    assert!(matches!(error, VaultError::RunOut), "{error:?}");
    assert!(!town.vault.has_lost(&alice).await.unwrap());
}

#[tokio::test]
async fn a_sign_in_that_brings_no_refresh_token_leaves_the_one_that_is_there() {
    let town = Town::open().await;
    let alice = town.alice().await;
    let mut arrival = town.arrival("alice", "wonderland").await;
    let refresh_token = arrival.tokens.as_mut().unwrap().refresh_token.take();
    town.keep(arrival).await;
    assert!(refresh_token.is_some() && town.grant(&alice).await.refresh.is_some());
}

fn session(account: &Account, name: &str, now: Timestamp) -> LoginSession {
    LoginSession {
        id: SessionId::from(name),
        account: account.id.clone(),
        cookie: Digest::of(name),
        auth_time: now,
        amr: vec!["pwd".to_owned()],
        acr: "urn:example".to_owned(),
        created_at: now,
        last_seen: now,
        expires_at: now + Duration::from_hours(24),
        whereabouts: Whereabouts::default(),
        ended: None,
    }
}

async fn session_of(town: &Town, account: &Account, name: &str) -> SessionId {
    let session = session(account, name, town.clock.now());
    let id = session.id.clone();
    let insert =
        town.vault.db.write(move |tx| Box::pin(async move { login_sessions::insert(tx, &session).await }));
    insert.await.unwrap();
    id
}

fn end_session(town: &Town) -> EndSession {
    EndSession {
        db: town.vault.db.clone(),
        registry: Registry::new(clients(), apis()),
        chance: Chance::System,
        wake: Arc::new(Notify::new()),
    }
}

#[tokio::test]
async fn the_grant_is_burnt_with_the_last_session_and_not_before() {
    let town = Town::open().await;
    let (alice, bob) = (town.alice().await, town.bob().await);
    let first = session_of(&town, &alice, "first").await;
    let second = session_of(&town, &alice, "second").await;
    let end_session = end_session(&town);
    assert!(end_session.registry.client(&ClientId::from("web")).is_some());
    end_session.end(&first, EndReason::SignedOut, BEGINNING).await.unwrap();
    assert_eq!(town.grants(&alice).await.len(), 1, "the other session lives on it");
    end_session.end(&second, EndReason::SignedOut, BEGINNING).await.unwrap();
    assert!(town.grants(&alice).await.is_empty());
    assert!(matches!(town.vault.fresh(&alice).await, Err(VaultError::Empty)));
    assert_eq!(town.grants(&bob).await.len(), 1, "his is his own");
    // Whoever has no session loses what is left, too, where everything ends.
    end_session.end_everything(&bob.id, EndReason::Operator, BEGINNING).await.unwrap();
    assert!(town.grants(&bob).await.is_empty());
}

/// On PostgreSQL two writes run side by side; SQLite has one writer.
#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_everything_leaves_no_session_of_a_sign_in_beside_it_without_its_tokens() {
    let town = Town::on(&new_database(), "").await;
    let alice = town.alice().await;
    session_of(&town, &alice, "before").await;
    let (account, now) = (alice.clone(), town.clock.now());
    let (begun, has_begun) = oneshot::channel();
    let (go, may_go) = oneshot::channel::<()>();
    let sign_in = town.vault.db.write(move |tx| {
        Box::pin(async move {
            accounts::remember(tx, &account).await?;
            login_sessions::insert(tx, &session(&account, "after", now)).await?;
            begun.send(()).unwrap();
            may_go.await.ok();
            Ok(())
        })
    });
    let end = async {
        has_begun.await.unwrap();
        let waits = async {
            somebody_waits(&town.vault.db).await;
            go.send(()).unwrap();
        };
        let end_session = end_session(&town);
        tokio::join!(end_session.end_everything(&alice.id, EndReason::LegacyRefused, now), waits).0
    };
    let (signed_in, ended) = tokio::join!(sign_in, end);
    signed_in.unwrap();
    let ended: Vec<SessionId> = ended.unwrap().into_iter().map(|ended| ended.id).collect();
    assert_eq!(ended, ["after".into(), "before".into()]);
    assert!(town.grants(&alice).await.is_empty());
}

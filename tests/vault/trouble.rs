//! A refresh that goes wrong: what is lost, what is refused, what is only late, and what nobody may get.

use axum::Router;
use axum::http::{StatusCode, header};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::*;
use crate::support::postgres::{new_database, somebody_waits};

/// How a dead node leaves a grant behind: leased, and nobody knows what became of it.
async fn a_node_dies_over(town: &Town, account: &Account) {
    let grant = town.grant(account).await;
    let held = Held {
        account: account.id.clone(),
        legacy_client: grant.legacy_client,
        generation: grant.generation,
        node: NodeId::from("dead"),
    };
    let now = town.clock.now();
    let until = now + Duration::from_secs(30);
    let lease = town
        .vault
        .db
        .write(move |tx| Box::pin(async move { legacy_grants::lease(tx, &held, until, now).await }));
    assert!(lease.await.unwrap());
    town.forward(Duration::from_secs(31));
}

async fn refresh_tokens_shown(town: &Town) -> Vec<String> {
    let calls = town.system().journal.calls_to("/token");
    calls.iter().filter_map(|call| call.field("refresh_token").map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_lost_answer_gives_up_a_token_that_works_once() {
    for rotation in ["one_per_user_client", "single_use"] {
        for fault in [Fault::Lost, Fault::HalfAnswer, Fault::Delay(Duration::from_secs(3))] {
            let town = Town::with(&format!("refresh.rotation = '{rotation}'")).await;
            let alice = town.alice_later().await;
            town.breaks(fault);
            town.needs_sign_in(&alice).await;
            town.breaks(Fault::None);
            town.needs_sign_in(&alice).await;
            assert_eq!(town.refreshes(), 1, "{rotation}: it is not tried a second time");
            assert_eq!(town.grant(&alice).await.refresh, None);
            town.alice().await;
            town.forward(BEYOND_ITS_LIFE);
            town.vault.fresh(&alice).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_token_that_may_be_shown_again_is_shown_once_more() {
    let town = Town::with("refresh.rotation = 'rotate'").await;
    let alice = town.alice_later().await;
    town.breaks(Fault::Lost);
    town.needs_sign_in(&alice).await;
    let shown = refresh_tokens_shown(&town).await;
    assert_eq!((shown.len(), shown[0] == shown[1]), (2, true));
    assert_eq!(town.grant(&alice).await.refresh, None);
}

#[tokio::test]
async fn a_refusal_after_a_lost_answer_says_nothing_about_the_person() {
    let town = Town::with("refresh.rotation = 'rotate'").await;
    let alice = town.alice_later().await;
    // The first answer comes too late; the second is that the token was spent, which is true.
    town.breaks(Fault::Delay(Duration::from_secs(3)));
    let (vault, asked) = (town.vault.clone(), alice.clone());
    let asking = tokio::spawn(async move { vault.fresh(&asked).await });
    while town.refreshes() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    town.breaks(Fault::None);
    let error = asking.await.unwrap().unwrap_err();
    assert!(matches!(error, VaultError::NeedsSignIn { .. }), "{error:?}");
    assert_eq!(town.refreshes(), 2);
}

#[tokio::test]
async fn a_lost_answer_costs_nothing_where_the_token_stays() {
    let town = Town::with("refresh.rotation = 'none'").await;
    let alice = town.alice_later().await;
    town.breaks(Fault::Lost);
    town.is_unavailable(&alice).await;
    assert!(town.grant(&alice).await.refresh.is_some());
    assert_eq!(town.refreshes(), 1);
}

#[tokio::test]
async fn what_a_dead_node_left_is_given_up_where_a_token_works_once() {
    for rotation in ["one_per_user_client", "single_use"] {
        let town = Town::with(&format!("refresh.rotation = '{rotation}'")).await;
        let alice = town.alice_later().await;
        a_node_dies_over(&town, &alice).await;
        town.needs_sign_in(&alice).await;
        assert_eq!((town.refreshes(), town.grant(&alice).await.refresh), (0, None), "{rotation}");
    }
}

#[tokio::test]
async fn what_a_dead_node_left_is_tried_once_where_it_may_be() {
    for rotation in ["rotate", "none"] {
        let town = Town::with(&format!("refresh.rotation = '{rotation}'")).await;
        let alice = town.alice_later().await;
        a_node_dies_over(&town, &alice).await;
        town.vault.fresh(&alice).await.unwrap();
        assert_eq!(town.refreshes(), 1, "{rotation}");
    }
}

#[tokio::test]
async fn what_a_dead_node_spent_is_no_refusal_of_the_person() {
    let town = Town::with("refresh.rotation = 'rotate'").await;
    let alice = town.alice_later().await;
    a_node_dies_over(&town, &alice).await;
    town.system().rotate_elsewhere("alice", CLIENT).unwrap();
    town.needs_sign_in(&alice).await;
}

#[tokio::test]
async fn invalid_grant_is_a_refusal() {
    let town = Town::open().await;
    let alice = town.alice_later().await;
    town.system().rotate_elsewhere("alice", CLIENT).unwrap();
    let error = town.vault.fresh(&alice).await.unwrap_err();
    assert!(matches!(error, VaultError::Refused { .. }), "{error:?}");
}

#[tokio::test]
async fn a_rule_of_the_configuration_decides_what_a_refusal_means() {
    let rule = |class: &str| {
        format!("[[refresh.class]]\nat = '/error'\nequals = 'invalid_grant'\nclass = '{class}'")
    };
    let town = Town::with(&rule("transient")).await;
    let alice = town.alice_later().await;
    town.system().rotate_elsewhere("alice", CLIENT).unwrap();
    town.is_unavailable(&alice).await;
    assert!(town.grant(&alice).await.refresh.is_some());

    let town = Town::with(&rule("unknown")).await;
    let alice = town.alice_later().await;
    town.system().rotate_elsewhere("alice", CLIENT).unwrap();
    town.needs_sign_in(&alice).await;

    let town = Town::with("[[refresh.class]]\nstatus = 503\nclass = 'fatal'").await;
    let alice = town.alice_later().await;
    town.breaks(Fault::Html503);
    assert!(matches!(town.vault.fresh(&alice).await, Err(VaultError::Refused { .. })));
}

#[tokio::test]
async fn a_system_that_is_down_is_asked_again_after_a_pause_and_nothing_is_lost() {
    let town = Town::open().await;
    let alice = town.alice_later().await;
    town.breaks(Fault::Html503);
    town.is_unavailable(&alice).await;
    town.breaks(Fault::None);
    town.is_unavailable(&alice).await;
    assert_eq!(town.refreshes(), 1, "not before its pause is over");
    let grant = town.grant(&alice).await;
    assert!(grant.refresh.is_some() && grant.retry_at > town.clock.now() && grant.failures == 1);
    town.forward(Duration::from_secs(3));
    town.vault.fresh(&alice).await.unwrap();
    let grant = town.grant(&alice).await;
    assert_eq!((grant.failures, town.refreshes()), (0, 2));
}

#[tokio::test]
async fn each_failure_doubles_the_pause() {
    let town = Town::open().await;
    let alice = town.alice_later().await;
    town.breaks(Fault::Html503);
    let mut pauses = Vec::new();
    for _ in 0..10 {
        town.is_unavailable(&alice).await;
        let pause = town.grant(&alice).await.retry_at.since(town.clock.now());
        pauses.push(pause.as_secs());
        town.forward(pause);
    }
    // Two seconds, doubled each time, a quarter more or less; at most five minutes.
    for (pause, exactly) in pauses.iter().zip([2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
        assert!((exactly * 3 / 4..=exactly * 5 / 4).contains(pause), "{pauses:?}");
    }
}

#[tokio::test]
async fn a_system_that_says_when_it_wants_to_be_asked_again_is_believed_up_to_five_minutes() {
    for (said, pause) in [("60", 60), ("86400", 300)] {
        let busy = async move || (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, said)]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(busy)).await.unwrap() });
        let town = Town::open().await;
        let alice = town.alice_later().await;
        let error = vault(&town.vault.db, &base_url, "", &town.clock).fresh(&alice).await.unwrap_err();
        assert!(matches!(error, VaultError::Unavailable { .. }), "{error:?}");
        assert_eq!(town.grant(&alice).await.retry_at.since(town.clock.now()).as_secs(), pause);
    }
}

#[tokio::test]
async fn a_system_that_cannot_be_reached_costs_nothing() {
    let Town { running, clock, vault } = Town::open().await;
    let town = Town { running, clock, vault };
    let alice = town.alice_later().await;
    let Town { running, clock, vault } = town;
    let port = running.port;
    let system = running.stop().await;
    let error = vault.fresh(&alice).await.unwrap_err();
    assert!(matches!(error, VaultError::Unavailable { .. }), "{error:?}");
    clock.forward(Duration::from_secs(3));
    let town = Town { running: system.serve(port).await.unwrap(), clock, vault };
    town.vault.fresh(&alice).await.unwrap();
    assert_eq!(town.refreshes(), 1);
}

#[tokio::test]
async fn nobody_gets_the_tokens_of_somebody_else() {
    let town = Town::open().await;
    let (alice, bob) = (town.alice().await, town.bob().await);
    town.forward(BEYOND_ITS_LIFE);
    town.system().swap_next_refresh("bob").unwrap();
    town.needs_sign_in(&alice).await;
    let grant = town.grant(&alice).await;
    assert_eq!((grant.refresh, town.vault.at_hand(&alice.id).await.unwrap()), (None, None));
    assert!(grant.usable_until <= town.clock.now());
    town.needs_sign_in(&alice).await;
    assert_eq!(town.refreshes(), 1);
    town.vault.fresh(&bob).await.unwrap();
}

#[tokio::test]
async fn tokens_of_whom_nobody_knows_whose_they_are_are_not_kept() {
    let town = Town::open().await;
    let alice = town.alice_later().await;
    town.system().people.rename("alice", "alice.liddell").unwrap();
    town.system().faults.set(Door::Profile, Fault::Html503);
    town.needs_sign_in(&alice).await;
    assert_eq!(town.grant(&alice).await.refresh, None);
}

#[tokio::test]
async fn a_new_name_of_the_same_person_is_fine() {
    let town = Town::open().await;
    let alice = town.alice_later().await;
    town.system().people.rename("alice", "alice.liddell").unwrap();
    town.vault.fresh(&alice).await.unwrap();
    town.forward(BEYOND_ITS_LIFE);
    town.vault.fresh(&alice).await.unwrap();
    assert_eq!(town.refreshes(), 2);
}

#[tokio::test]
async fn the_old_name_in_the_hands_of_another_is_not_enough_for_a_new_name() {
    let town = Town::open().await;
    let alice = town.alice_later().await;
    town.system().people.rename("alice", "alice.liddell").unwrap();
    town.system().swap_next_refresh("bob").unwrap();
    town.needs_sign_in(&alice).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_a_sign_in_overtook_does_not_undo_it() {
    let town = Town::open().await;
    let alice = town.alice_later().await;
    town.breaks(Fault::Delay(Duration::from_millis(700)));
    let (vault, asked) = (town.vault.clone(), alice.clone());
    let asking = tokio::spawn(async move { vault.fresh(&asked).await });
    while town.refreshes() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    town.breaks(Fault::None);
    let arrival = town.arrival("alice", "wonderland").await;
    town.keep(arrival.clone()).await;
    assert_eq!(asking.await.unwrap().unwrap(), arrival.tokens.as_ref().unwrap().access_token);
    town.forward(BEYOND_ITS_LIFE);
    town.vault.fresh(&alice).await.unwrap();
    assert_eq!(town.refreshes(), 2, "with the refresh token that the sign-in brought");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_a_sign_in_overtook_is_none() {
    let town = Town::open().await;
    let alice = town.alice_later().await;
    town.system().rotate_elsewhere("alice", CLIENT).unwrap();
    town.breaks(Fault::Delay(Duration::from_millis(700)));
    let (vault, asked) = (town.vault.clone(), alice.clone());
    let asking = tokio::spawn(async move { vault.fresh(&asked).await });
    while town.refreshes() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    town.breaks(Fault::None);
    let arrival = town.arrival("alice", "wonderland").await;
    town.keep(arrival.clone()).await;
    assert_eq!(asking.await.unwrap().unwrap(), arrival.tokens.as_ref().unwrap().access_token);
}

/// What the old system says of one person's token is nothing for everybody else to wait for.
#[tokio::test]
async fn refusals_of_refreshes_keep_nobody_from_signing_in() {
    let town =
        Town::with("[[refresh.class]]\nat = '/error'\nequals = 'invalid_grant'\nclass = 'transient'").await;
    let alice = town.alice_later().await;
    town.system().rotate_elsewhere("alice", CLIENT).unwrap();
    for _ in 0..6 {
        town.is_unavailable(&alice).await;
        town.forward(Duration::from_mins(6));
    }
    assert_eq!(town.refreshes(), 6, "each was asked for");
    town.alice().await;
}

#[tokio::test]
async fn who_is_refused_anywhere_is_asked_about_at_once() {
    let town = Town::open().await;
    let alice = town.alice_later().await;
    assert!(accounts::find(&town.vault.db, &alice.id).await.unwrap().unwrap().heard.asked_at.is_some());
    town.system().rotate_elsewhere("alice", CLIENT).unwrap();
    town.vault.fresh(&alice).await.unwrap_err();
    assert_eq!(accounts::find(&town.vault.db, &alice.id).await.unwrap().unwrap().heard.asked_at, None);
}

#[tokio::test]
async fn a_refresh_token_of_another_client_is_shown_to_nobody() {
    let town = Town::open().await;
    let alice = town.alice().await;
    let mut theirs = town.arrival("alice", "wonderland").await;
    // Before ours in the order of the alphabet.
    let tokens = theirs.tokens.as_mut().unwrap();
    (tokens.legacy_client, tokens.refresh_token) = ("another".to_owned(), Some(Secret::from("not-ours")));
    town.keep(theirs.clone()).await;
    assert_eq!(town.grants(&alice).await.len(), 2);
    let ours = town.arrival("alice", "wonderland").await;
    town.keep(ours).await;
    town.forward(BEYOND_ITS_LIFE);
    town.vault.fresh(&alice).await.unwrap();
    assert!(!refresh_tokens_shown(&town).await.contains(&"not-ours".to_owned()));

    // And where it is all there is, the person signs in again; they are not refused.
    let (bob, mut arrival) = (town.bob().await, town.arrival("bob", "builder").await);
    arrival.tokens.as_mut().unwrap().legacy_client = "another".to_owned();
    let write = town.vault.db.write({
        let bob = bob.id.clone();
        move |tx| Box::pin(async move { legacy_grants::burn(tx, &bob).await })
    });
    write.await.unwrap();
    town.keep(arrival).await;
    town.forward(BEYOND_ITS_LIFE);
    let so_far = town.refreshes();
    town.needs_sign_in(&bob).await;
    assert_eq!(town.refreshes(), so_far);
}

#[tokio::test]
async fn a_sign_in_that_brought_no_refresh_token_has_run_out_and_is_not_lost() {
    let town = Town::open().await;
    let mut arrival = town.arrival("alice", "wonderland").await;
    arrival.tokens.as_mut().unwrap().refresh_token = None;
    let alice = town.keep(arrival).await;
    town.forward(BEYOND_ITS_LIFE);
    assert!(matches!(town.vault.fresh(&alice).await, Err(VaultError::RunOut)));
    assert!(!town.vault.has_lost(&alice).await.unwrap());

    let bob = town.bob().await;
    town.forward(BEYOND_ITS_LIFE);
    town.breaks(Fault::Lost);
    town.needs_sign_in(&bob).await;
    assert!(town.vault.has_lost(&bob).await.unwrap());
}

/// On PostgreSQL two writes run side by side; SQLite has one writer.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_and_a_sign_in_at_the_same_moment_do_not_wait_for_each_other() {
    let town = Town::on(&new_database(), "").await;
    let alice = town.alice_later().await;
    // Over there it ends the refresh token that is kept here.
    let tokens = town.arrival("alice", "wonderland").await.tokens.unwrap();
    let now = town.clock.now();
    let (account, brought) = (alice.clone(), tokens.clone());
    let sealed = town.vault.sealed(&alice.id, &tokens, now);
    let (remembered, is_remembered) = oneshot::channel();
    let (go, may_go) = oneshot::channel::<()>();
    let sign_in = town.vault.db.write(move |tx| {
        Box::pin(async move {
            accounts::remember(tx, &account).await?;
            remembered.send(()).unwrap();
            may_go.await.ok();
            legacy_grants::put(tx, &account.id, &brought.legacy_client, &sealed, now).await
        })
    });
    let refresh = async {
        is_remembered.await.unwrap();
        let waits = async {
            somebody_waits(&town.vault.db).await;
            go.send(()).unwrap();
        };
        tokio::join!(town.vault.fresh(&alice), waits).0
    };
    let (signed_in, fresh) = tokio::join!(sign_in, refresh);
    signed_in.unwrap();
    assert_eq!(fresh.unwrap(), tokens.access_token, "what was refused is replaced");
}

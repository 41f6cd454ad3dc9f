//! The circuit breaker: a system that is down is left alone for a while, and found again by one call.

use std::time::Duration;

use futures_util::future::join_all;
use passerelle::legacy::breaker::{Breaker, Ended};
use passerelle::legacy::refusal::Refusal;

use super::Town;
use crate::legacy_system::{Door, Fault, Settings};

/// A little more than the first pause.
const BEYOND_THE_PAUSE: Duration = Duration::from_millis(1100);

impl Town {
    fn asked(&self) -> usize {
        self.running.system.journal.calls_to("/token").len()
    }

    async fn is_let_in(&self) -> bool {
        self.sign_in("alice", "wonderland").await.is_ok()
    }

    async fn down() -> Self {
        let town = Self::open().await;
        town.running.system.faults.set(Door::Token, Fault::Html503);
        for _ in 0..5 {
            assert!(!town.is_let_in().await);
        }
        assert_eq!(town.asked(), 5, "each of the five reached it");
        town
    }
}

fn fails(breaker: &Breaker, times: u32) {
    for _ in 0..times {
        breaker.ask().unwrap().tell(Ended::Failed);
    }
}

#[tokio::test]
async fn after_five_failures_nobody_is_asked_although_it_works_again() {
    let town = Town::down().await;
    town.running.system.faults.set(Door::Token, Fault::None);
    for _ in 0..3 {
        let refusal = town.sign_in("alice", "wonderland").await.unwrap_err();
        assert!(matches!(refusal, Refusal::Unavailable { .. }), "{refusal}");
    }
    assert_eq!(town.asked(), 5);
}

#[tokio::test]
async fn behind_the_pause_one_call_of_many_goes_through_and_its_success_lets_everybody_in() {
    let town = Town::down().await;
    town.running.system.faults.set(Door::Token, Fault::Delay(Duration::from_millis(200)));
    tokio::time::sleep(BEYOND_THE_PAUSE).await;
    let tries = join_all((0..8).map(|_| town.is_let_in())).await;
    assert_eq!(tries.iter().filter(|let_in| **let_in).count(), 1, "{tries:?}");
    assert_eq!(town.asked(), 6);
    town.running.system.faults.set(Door::Token, Fault::None);
    assert!(join_all((0..8).map(|_| town.is_let_in())).await.into_iter().all(|let_in| let_in));
}

#[tokio::test]
async fn a_trial_that_fails_doubles_the_pause() {
    let town = Town::down().await;
    tokio::time::sleep(BEYOND_THE_PAUSE).await;
    assert!(!town.is_let_in().await);
    assert_eq!(town.asked(), 6, "the trial");
    town.running.system.faults.set(Door::Token, Fault::None);
    tokio::time::sleep(BEYOND_THE_PAUSE).await;
    assert!(!town.is_let_in().await, "two seconds now");
    assert_eq!(town.asked(), 6);
    tokio::time::sleep(BEYOND_THE_PAUSE).await;
    assert!(town.is_let_in().await);
}

#[tokio::test]
async fn refusals_never_open_it() {
    let town = Town::with(Settings::default(), "").await;
    for _ in 0..4 {
        for (user_name, password) in
            [("alice", "wrong"), ("carol", "letmein-please"), ("erin", "letmein-please")]
        {
            town.sign_in(user_name, password).await.unwrap_err();
        }
    }
    assert_eq!(town.asked(), 12);
    assert!(town.is_let_in().await);
}

#[tokio::test]
async fn only_failures_in_a_row_count() {
    let breaker = Breaker::default();
    fails(&breaker, 4);
    breaker.ask().unwrap().tell(Ended::Answered);
    fails(&breaker, 4);
    assert!(breaker.ask().is_some(), "an answer between them begins the count anew");
    fails(&breaker, 1);
    assert!(breaker.ask().is_none());
}

#[tokio::test]
async fn a_trial_whose_caller_goes_away_leaves_room_for_another() {
    let breaker = Breaker::default();
    fails(&breaker, 5);
    tokio::time::sleep(BEYOND_THE_PAUSE).await;
    drop(breaker.ask().unwrap());
    assert!(breaker.ask().is_none(), "its turn is not over yet");
    tokio::time::sleep(BEYOND_THE_PAUSE).await;
    breaker.ask().unwrap().tell(Ended::Answered);
    assert!(breaker.ask().is_some() && breaker.ask().is_some());
}

#[tokio::test]
async fn a_trial_that_hangs_is_the_only_one() {
    let breaker = Breaker::default();
    fails(&breaker, 5);
    tokio::time::sleep(BEYOND_THE_PAUSE).await;
    let trial = breaker.ask().unwrap();
    tokio::time::sleep(BEYOND_THE_PAUSE).await;
    assert!(breaker.ask().is_none(), "nobody joins it");
    trial.tell(Ended::Answered);
    assert!(breaker.ask().is_some());
}

#[tokio::test]
async fn many_that_fail_together_open_it_for_the_first_pause_and_no_longer() {
    let breaker = Breaker::default();
    let under_way: Vec<_> = (0..30).map(|_| breaker.ask().unwrap()).collect();
    under_way.into_iter().for_each(|leave| leave.tell(Ended::Failed));
    assert!(breaker.ask().is_none());
    tokio::time::sleep(BEYOND_THE_PAUSE).await;
    assert!(breaker.ask().is_some());
}

//! The life of signing keys, from the first start to the last token that one of them signed.

use std::sync::Arc;
use std::time::Duration;

use passerelle::admin::keys::Keys;
use passerelle::jobs::rotate_keys::{RotateKeys, duties};
use passerelle::keys::compact::VerifyError;
use passerelle::keys::keyring::Keyring;
use passerelle::keys::master_key::MasterKey;
use passerelle::keys::ring::Duty;
use passerelle::keys::seal::Sealer;
use passerelle::oauth::algorithm::SigningAlgorithm;
use passerelle::rules::key_life::{TAKE_UP, Urgency};
use passerelle::secret::{Chance, Secret};
use passerelle::store::db::Db;
use passerelle::time::Clock;
use passerelle::tokens::key_custody::{CustodyError, CustodyPolicy, KeyCustody};

use crate::support::parts::{BEGINNING, sealer};

const DAY: Duration = Duration::from_hours(24);

async fn custody() -> KeyCustody {
    KeyCustody {
        db: Db::open("sqlite::memory:", 2).await.unwrap(),
        sealer: sealer(),
        chance: Chance::System,
        policy: Arc::new(CustodyPolicy {
            algorithms: vec![SigningAlgorithm::Es256, SigningAlgorithm::EdDsa],
            rotate_every: DAY * 90,
            publish_before: DAY,
            longest_token: Duration::from_hours(1),
            longest_hint: DAY * 7,
        }),
    }
}

/// The states of the ES256 keys, oldest first.
async fn es256_states(custody: &KeyCustody, clock: &Clock) -> Vec<&'static str> {
    let keys = Keys { custody: custody.clone() }.list(clock.now()).await.unwrap();
    keys.iter().filter(|key| key.algorithm == SigningAlgorithm::Es256).map(|key| key.state).collect()
}

#[tokio::test]
async fn the_first_start_makes_one_key_for_each_algorithm_and_they_sign_at_once() {
    let custody = custody().await;
    let placed = custody.keep(BEGINNING).await.unwrap();
    assert_eq!(placed.len(), 2);
    assert!(placed.iter().all(|(_, duty)| *duty == Duty::Signs));
    let keyring = Keyring::new(custody.assemble(&placed).await.unwrap());
    for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::EdDsa] {
        let token = keyring.sign(algorithm, "JWT", &serde_json::json!({"a": 1})).await.unwrap();
        keyring.verify(&token).unwrap();
    }
    assert_eq!(custody.keep(BEGINNING).await.unwrap(), placed, "the second start makes none");
}

#[tokio::test]
async fn a_key_is_published_a_day_before_it_signs_and_stays_until_its_last_token_has_expired() {
    let custody = custody().await;
    let clock = Clock::set_to(BEGINNING);
    custody.keep(clock.now()).await.unwrap();
    clock.forward(DAY * 89);
    custody.keep(clock.now()).await.unwrap();
    assert_eq!(es256_states(&custody, &clock).await, ["signing", "published"]);
    clock.forward(DAY - Duration::from_secs(1));
    custody.keep(clock.now()).await.unwrap();
    assert_eq!(es256_states(&custody, &clock).await, ["signing", "published"]);
    clock.forward(Duration::from_secs(1));
    custody.keep(clock.now()).await.unwrap();
    assert_eq!(es256_states(&custody, &clock).await, ["retired", "signing"]);
    clock.forward(Duration::from_secs(59 * 60));
    custody.keep(clock.now()).await.unwrap();
    assert_eq!(es256_states(&custody, &clock).await, ["retired", "signing"]);
    clock.forward(Duration::from_secs(60));
    custody.keep(clock.now()).await.unwrap();
    assert_eq!(es256_states(&custody, &clock).await, ["signing"]);
}

#[tokio::test]
async fn a_hint_is_known_for_as_long_as_sessions_live_though_its_key_is_not_published_any_more() {
    let custody = custody().await;
    let clock = Clock::set_to(BEGINNING);
    let first = custody.keep(clock.now()).await.unwrap();
    let keyring = Keyring::new(custody.assemble(&first).await.unwrap());
    let token = keyring.sign(SigningAlgorithm::Es256, "JWT", &serde_json::json!({"a": 1})).await.unwrap();
    let rounds = async |span: Duration| {
        clock.forward(span);
        keyring.replace(custody.assemble(&custody.keep(clock.now()).await.unwrap()).await.unwrap());
    };
    rounds(DAY * 89).await;
    rounds(DAY).await;
    rounds(Duration::from_mins(59)).await;
    assert!(keyring.verify(&token).is_ok(), "still published");
    rounds(Duration::from_mins(1)).await;
    assert_eq!(keyring.verify(&token), Err(VerifyError::UnknownKey));
    let (gone, _) = &first[0];
    assert!(!keyring.public_keys().iter().any(|key| key.id == gone.id));
    assert!(Keys { custody: custody.clone() }.export(Some(&gone.id), clock.now()).await.is_err());
    assert!(keyring.verify_hint(&token).is_ok());
    rounds(DAY * 7).await;
    assert_eq!(keyring.verify_hint(&token), Err(VerifyError::UnknownKey), "no session is that old");
}

#[tokio::test]
async fn two_nodes_that_start_together_agree_on_the_same_keys() {
    let custody = custody().await;
    let tries = (0..8).map(|_| {
        let custody = custody.clone();
        tokio::spawn(async move { custody.keep(BEGINNING).await.unwrap() })
    });
    for placed in futures_util::future::join_all(tries).await {
        assert_eq!(duties(&placed.unwrap()).len(), 2);
    }
    assert_eq!(custody.keep(BEGINNING).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_operators_planned_rotation_waits_for_the_caches_and_an_emergency_does_not() {
    let custody = custody().await;
    let keys = Keys { custody: custody.clone() };
    let clock = Clock::set_to(BEGINNING);
    custody.keep(clock.now()).await.unwrap();
    keys.rotate(&[SigningAlgorithm::Es256], Urgency::Planned, clock.now()).await.unwrap();
    assert_eq!(es256_states(&custody, &clock).await, ["signing", "published"]);
    keys.rotate(&[SigningAlgorithm::Es256], Urgency::Emergency, clock.now()).await.unwrap();
    assert_eq!(es256_states(&custody, &clock).await, ["signing", "published", "published"]);
    clock.forward(TAKE_UP);
    assert_eq!(es256_states(&custody, &clock).await, ["retired", "retired", "signing"]);
    let others = keys.list(clock.now()).await.unwrap();
    assert_eq!(others.iter().filter(|key| key.algorithm == SigningAlgorithm::EdDsa).count(), 1);
}

#[tokio::test]
async fn a_running_server_takes_up_what_an_operator_rotated() {
    let custody = custody().await;
    let clock = Clock::set_to(BEGINNING);
    let placed = custody.keep(clock.now()).await.unwrap();
    let keyring = Keyring::new(custody.assemble(&placed).await.unwrap());
    let job = RotateKeys { custody: custody.clone(), keyring: keyring.clone(), clock: clock.clone() };
    let before = keyring.jwks();
    let held = job.once(&duties(&placed)).await.unwrap();
    assert!(std::sync::Arc::ptr_eq(&before, &keyring.jwks()), "nothing due, nothing replaced");
    let old = keyring.sign(SigningAlgorithm::Es256, "JWT", &serde_json::json!({})).await.unwrap();
    let keys = Keys { custody };
    keys.rotate(&[SigningAlgorithm::Es256], Urgency::Emergency, clock.now()).await.unwrap();
    clock.forward(TAKE_UP);
    job.once(&held).await.unwrap();
    let new = keyring.sign(SigningAlgorithm::Es256, "JWT", &serde_json::json!({})).await.unwrap();
    let signed_with = |token: &str| keyring.verify(token).unwrap().key;
    assert_ne!(signed_with(&old), signed_with(&new), "both verify, and the new one signs");
}

/// While no bridge runs, nobody deletes it.
#[tokio::test]
async fn a_key_whose_last_token_has_expired_is_handed_out_to_nobody() {
    let custody = custody().await;
    let clock = Clock::set_to(BEGINNING);
    custody.keep(clock.now()).await.unwrap();
    let keys = Keys { custody: custody.clone() };
    keys.rotate(&[SigningAlgorithm::Es256], Urgency::Emergency, clock.now()).await.unwrap();
    clock.forward(Duration::from_hours(2));
    assert_eq!(es256_states(&custody, &clock).await, ["signing"], "an operator sees it no more either");
    let exported = keys.export(None, clock.now()).await.unwrap();
    let exported: Vec<_> = exported
        .iter()
        .filter(|one| one.key.algorithm == SigningAlgorithm::Es256)
        .map(|one| one.state)
        .collect();
    assert_eq!(exported, ["signing"]);
}

#[tokio::test]
async fn keys_of_another_master_key_are_named_and_left_alone() {
    let custody = custody().await;
    let placed = custody.keep(BEGINNING).await.unwrap();
    let other = Sealer::new(&MasterKey::from_text(&Secret::from("1e".repeat(32))).unwrap());
    let stranger = KeyCustody { sealer: other, ..custody.clone() };
    let refused = stranger.assemble(&placed).await.unwrap_err();
    assert!(matches!(refused, CustodyError::Key(_)), "{refused}");
    assert!(refused.to_string().contains("another master key"), "{refused}");
    assert_eq!(custody.keep(BEGINNING).await.unwrap(), placed);
}

/// A node with its own ring on the same rows.
struct Node {
    job: RotateKeys,
    held: Vec<(passerelle::id::KeyId, Duty)>,
}

impl Node {
    async fn start(custody: &KeyCustody, clock: &Clock) -> Self {
        let placed = custody.keep(clock.now()).await.unwrap();
        let keyring = Keyring::new(custody.assemble(&placed).await.unwrap());
        let job = RotateKeys { custody: custody.clone(), keyring, clock: clock.clone() };
        Self { job, held: duties(&placed) }
    }

    async fn looks(&mut self) {
        self.held = self.job.once(&self.held).await.unwrap();
    }
}

/// Whoever meets a token of one node may ask the other for the keys, and keeps what it hears.
#[tokio::test]
async fn whatever_one_node_signs_the_other_can_verify_at_that_moment() {
    let custody = custody().await;
    let clock = Clock::set_to(BEGINNING);
    let mut nodes = [Node::start(&custody, &clock).await, Node::start(&custody, &clock).await];
    let keys = Keys { custody };
    for second in 0..60_u64 {
        match second {
            7 => drop(keys.rotate(&[], Urgency::Emergency, clock.now()).await.unwrap()),
            // The one after it is made while the first still waits.
            12 | 30 => drop(keys.rotate(&[], Urgency::Emergency, clock.now()).await.unwrap()),
            _ => {}
        }
        // Each looks every five seconds, and not at the same moment.
        for (node, beat) in nodes.iter_mut().zip([0, 3]) {
            if second % 5 == beat {
                node.looks().await;
            }
        }
        for (signs, verifies) in [(0, 1), (1, 0)] {
            let signed = nodes[signs].job.keyring.sign(SigningAlgorithm::Es256, "JWT", &second).await;
            let verified = nodes[verifies].job.keyring.verify(&signed.unwrap());
            assert!(verified.is_ok(), "after {second} s: {verified:?}");
        }
        clock.forward(Duration::from_secs(1));
    }
}

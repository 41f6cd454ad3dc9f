//! When signing keys are made, stop signing and are deleted.

use std::time::Duration;

use passerelle::id::KeyId;
use passerelle::model::signing_key::SigningKeyRecord;
use passerelle::oauth::algorithm::SigningAlgorithm::{self, Es256, Rs256};
use passerelle::rules::key_life::{KeyAction, KeyPolicy, TAKE_UP, Urgency, due, rotate, signing};
use passerelle::time::Timestamp;

use crate::support::parts::BEGINNING;

const DAY: u64 = 86_400;
const POLICY: KeyPolicy<'static> = KeyPolicy {
    algorithms: &[Es256],
    rotate_every: Duration::from_secs(90 * DAY),
    publish_before: Duration::from_secs(DAY),
    longest_token: Duration::from_secs(3_600),
    longest_hint: Duration::ZERO,
};

fn after(seconds: u64) -> Timestamp {
    BEGINNING + Duration::from_secs(seconds)
}

/// A key that is made at the beginning and signs from `signs_from` seconds later.
fn key(id: &str, algorithm: SigningAlgorithm, signs_from: u64, retired: Option<u64>) -> SigningKeyRecord {
    SigningKeyRecord {
        id: KeyId::from(id),
        algorithm,
        sealed: Vec::new(),
        created_at: BEGINNING,
        signs_from: after(signs_from),
        retired_at: retired.map(after),
    }
}

fn generate(algorithm: SigningAlgorithm, signs_from: u64) -> KeyAction {
    KeyAction::Generate { algorithm, signs_from: after(signs_from) }
}

fn retire(id: &str, seconds: u64) -> KeyAction {
    KeyAction::Retire(KeyId::from(id), after(seconds))
}

fn delete(id: &str) -> KeyAction {
    KeyAction::Delete(KeyId::from(id))
}

#[test]
fn what_is_due_follows_from_the_keys_and_the_time() {
    let old = || key("old", Es256, 0, None);
    let last_day = 89 * DAY;
    let rows: [(Vec<SigningKeyRecord>, u64, Vec<KeyAction>, &str); 14] = [
        (vec![], 0, vec![generate(Es256, 0)], "without a key nothing can be signed"),
        (vec![old()], 0, vec![], "it signs"),
        (vec![old()], last_day - 1, vec![], "not yet"),
        (vec![old()], last_day, vec![generate(Es256, 90 * DAY)], "published a day before it signs"),
        (vec![old()], last_day + 5, vec![generate(Es256, 90 * DAY + 5)], "a late one is published as long"),
        (vec![old()], 200 * DAY, vec![generate(Es256, 201 * DAY)], "however late"),
        (vec![old(), key("new", Es256, 90 * DAY, None)], last_day, vec![], "it waits"),
        (
            vec![old(), key("new", Es256, 90 * DAY, None)],
            90 * DAY,
            vec![retire("old", 90 * DAY)],
            "the younger takes over",
        ),
        (
            vec![key("new", Es256, 90 * DAY, None), old()],
            90 * DAY,
            vec![retire("old", 90 * DAY)],
            "in whatever order",
        ),
        (vec![old(), key("new", Es256, 90 * DAY, None)], 90 * DAY - 1, vec![], "not a second before"),
        (
            vec![key("old", Es256, 0, Some(100)), key("new", Es256, 100, None)],
            3_699,
            vec![],
            "a token is still good",
        ),
        (
            vec![key("old", Es256, 0, Some(100)), key("new", Es256, 100, None)],
            3_700,
            vec![delete("old")],
            "its last token has expired",
        ),
        (vec![key("old", Es256, 0, Some(0))], 0, vec![generate(Es256, 0)], "a retired key signs nothing"),
        (vec![key("rsa", Rs256, 0, None)], 0, vec![generate(Es256, 0)], "each algorithm has its own line"),
    ];
    for (keys, seconds, expected, why) in rows {
        assert_eq!(due(&keys, &POLICY, after(seconds)), expected, "after {seconds}: {why}");
    }
}

#[test]
fn a_key_is_kept_for_hints_when_its_tokens_have_expired() {
    let keys = [key("old", Es256, 0, Some(100)), key("new", Es256, 100, None)];
    let policy = KeyPolicy { longest_hint: Duration::from_secs(7 * DAY), ..POLICY };
    for (seconds, expected) in
        [(3_700, vec![]), (100 + 7 * DAY - 1, vec![]), (100 + 7 * DAY, vec![delete("old")])]
    {
        assert_eq!(due(&keys, &policy, after(seconds)), expected, "after {seconds}");
    }
}

#[test]
fn each_algorithm_that_somebody_needs_has_its_line_and_one_that_nobody_needs_is_not_replaced() {
    let policy = KeyPolicy { algorithms: &[Es256, Rs256], ..POLICY };
    assert_eq!(due(&[], &policy, BEGINNING), [generate(Es256, 0), generate(Rs256, 0)]);
    assert_eq!(due(&[key("ec", Es256, 0, None)], &policy, BEGINNING), [generate(Rs256, 0)]);
    let unneeded = [key("ec", Es256, 0, None), key("rsa", Rs256, 0, None)];
    assert_eq!(due(&unneeded, &POLICY, after(400 * DAY)), [generate(Es256, 401 * DAY)]);
}

#[test]
fn nodes_that_ask_together_agree() {
    // Two keys of the same second: the smaller id signs, whichever order they are read in.
    let twins = [key("a", Es256, 0, None), key("b", Es256, 0, None)];
    let turned = [key("b", Es256, 0, None), key("a", Es256, 0, None)];
    for keys in [&twins, &turned] {
        assert_eq!(due(keys, &POLICY, BEGINNING), [retire("b", 0)]);
        assert_eq!(signing(keys, Es256, &POLICY, BEGINNING).unwrap().id, KeyId::from("a"));
    }
}

#[test]
fn the_youngest_that_may_signs() {
    let keys = [
        key("retired", Es256, 0, Some(5)),
        key("old", Es256, 0, None),
        key("new", Es256, 10, None),
        key("next", Es256, 100, None),
        key("rsa", Rs256, 50, None),
    ];
    let name = |seconds| signing(&keys, Es256, &POLICY, after(seconds)).map(|key| key.id.as_str());
    assert_eq!(name(5), Some("old"));
    assert_eq!(name(10), Some("new"));
    assert_eq!(name(99), Some("new"));
    assert_eq!(name(100), Some("next"));
    assert!(signing(&keys[..1], Es256, &POLICY, after(5)).is_none());
    assert!(signing(&[], Es256, &POLICY, BEGINNING).is_none());
}

#[test]
fn an_operators_planned_rotation_waits_for_the_caches_unless_nothing_signs() {
    let planned = |keys: &[SigningKeyRecord]| rotate(keys, Es256, Urgency::Planned, &POLICY, after(10));
    assert_eq!(planned(&[key("old", Es256, 0, None)]), [generate(Es256, 10 + DAY)]);
    assert_eq!(planned(&[]), [generate(Es256, 10)]);
    assert_eq!(planned(&[key("rsa", Rs256, 0, None)]), [generate(Es256, 10)]);
    assert_eq!(planned(&[key("old", Es256, 0, Some(5))]), [generate(Es256, 10)]);
}

/// A key that no other node publishes yet would sign what nobody can verify there.
#[test]
fn in_an_emergency_every_key_of_the_algorithm_signs_only_until_all_nodes_know_the_new_one() {
    let keys = [
        key("old", Es256, 0, None),
        key("waiting", Es256, DAY, None),
        key("retired", Es256, 0, Some(5)),
        key("rsa", Rs256, 0, None),
    ];
    let actions = rotate(&keys, Es256, Urgency::Emergency, &POLICY, after(10));
    let then = 10 + TAKE_UP.as_secs();
    assert_eq!(actions, [generate(Es256, then), retire("old", then), retire("waiting", then)]);
    let leaking = [key("old", Es256, 0, Some(then)), key("new", Es256, then, None)];
    let name = |seconds| signing(&leaking, Es256, &POLICY, after(seconds)).map(|key| key.id.as_str());
    assert_eq!((name(then - 1), name(then)), (Some("old"), Some("new")));
    assert_eq!(
        rotate(&[], Es256, Urgency::Emergency, &POLICY, after(10)),
        [generate(Es256, 10)],
        "nothing to wait for"
    );
}

/// Nodes look every five seconds, and their clocks agree to half a minute.
#[test]
fn a_node_whose_clock_is_ahead_signs_with_no_key_that_others_have_not_looked_at_twice() {
    let keys = [key("old", Es256, 0, None)];
    let made = rotate(&keys, Es256, Urgency::Emergency, &POLICY, after(100));
    let Some(KeyAction::Generate { signs_from, .. }) = made.first() else { panic!("{made:?}") };
    let (two_looks, ahead) = (10, 30);
    assert!(*signs_from >= after(100 + two_looks + ahead), "{signs_from:?}");
    assert!(
        *signs_from < after(100 + 55),
        "and it signs within a minute, with the look at which it is noticed"
    );
}

/// A key that was made this moment is in nobody's cache.
#[test]
fn a_clock_that_was_put_back_makes_no_new_key() {
    let before = BEGINNING - Duration::from_secs(3_600);
    let keys = [key("first", Es256, 0, None), key("next", Es256, 90 * DAY, None)];
    assert_eq!(due(&keys, &POLICY, before), []);
    assert_eq!(signing(&keys, Es256, &POLICY, before).unwrap().id, KeyId::from("first"));
}

#[test]
fn a_line_of_keys_runs_for_years_without_a_gap() {
    let mut keys: Vec<SigningKeyRecord> = Vec::new();
    let mut made = 0;
    for hour in 0..(3 * 365 * 24) {
        let now = after(hour * 3_600);
        for action in due(&keys, &POLICY, now) {
            match action {
                KeyAction::Generate { algorithm, signs_from } => {
                    made += 1;
                    let published = signs_from.since(now);
                    assert!(
                        made == 1 || published >= POLICY.publish_before,
                        "published for {published:?} only"
                    );
                    keys.push(SigningKeyRecord {
                        created_at: now,
                        signs_from,
                        ..key(&format!("{made}"), algorithm, 0, None)
                    });
                }
                KeyAction::Retire(id, at) => {
                    keys.iter_mut().find(|key| key.id == id).unwrap().retired_at = Some(at)
                }
                KeyAction::Delete(id) => keys.retain(|key| key.id != id),
            }
        }
        assert!(signing(&keys, Es256, &POLICY, now).is_some(), "nothing signs after {hour} hours");
        assert!(keys.len() <= 3, "{} keys after {hour} hours", keys.len());
    }
    assert_eq!(made, 13);
}

//! When signing keys are made, stop signing and are deleted. Each algorithm has its own line of keys; a key is published before it
//! signs, so that whoever caches our JWKS knows it in time, and stays published until the last token that it signed has expired. It is
//! remembered for longer: apps send ID tokens back as hints, however old, and a sign-out must not fail because keys changed meanwhile.

use std::cmp::Reverse;
use std::time::Duration;

use crate::id::KeyId;
use crate::model::signing_key::{KeyState, SigningKeyRecord};
use crate::oauth::algorithm::SigningAlgorithm;
use crate::time::Timestamp;

/// So long before a key signs every node publishes it, even in an emergency: a relying party that meets it may ask any of them for the key
/// set, and keeps for minutes what it was told. It is as much as nodes' clocks may differ, for the one that is ahead, and two looks at the
/// keys.
pub const TAKE_UP: Duration = Duration::from_secs(30 + 10);

/// What the configuration says.
#[derive(Clone, Debug)]
pub struct KeyPolicy<'a> {
    /// The algorithms that somebody needs.
    pub algorithms: &'a [SigningAlgorithm],
    /// How long a key signs.
    pub rotate_every: Duration,
    /// How long it is published before it signs.
    pub publish_before: Duration,
    /// The longest life of anything that a key signs.
    pub longest_token: Duration,
    /// How long after a key stopped signing an ID token of it may come back as a hint.
    pub longest_hint: Duration,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyAction {
    /// Make a key and publish it now.
    Generate {
        /// What it signs with.
        algorithm: SigningAlgorithm,
        /// When it begins to sign.
        signs_from: Timestamp,
    },
    /// It signs no more from this moment on.
    Retire(KeyId, Timestamp),
    /// Nothing that it signed is of any use.
    Delete(KeyId),
}

/// Why an operator rotates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// The new key is published first and signs when everybody can know it.
    Planned,
    /// The old key must not sign any longer than all nodes need to publish the new one ([`TAKE_UP`]); relying parties with a cached JWKS
    /// fetch it anew when they meet an unknown `kid`.
    Emergency,
}

/// What is due at `now`. The same facts give the same list, whichever node asks.
pub fn due(keys: &[SigningKeyRecord], policy: &KeyPolicy<'_>, now: Timestamp) -> Vec<KeyAction> {
    let mut actions: Vec<_> = policy
        .algorithms
        .iter()
        .filter_map(|algorithm| successor_due(keys, *algorithm, policy, now))
        .collect();
    let outdone =
        keys.iter().filter(|key| is_signing(key, policy, now) && !is_youngest(key, keys, policy, now));
    actions.extend(outdone.map(|key| KeyAction::Retire(key.id.clone(), now)));
    let gone = keys.iter().filter(|key| key.state(now, policy.longest_token) == KeyState::Gone);
    let gone = gone.filter(|key| key.state(now, policy.longest_hint) == KeyState::Gone);
    actions.extend(gone.map(|key| KeyAction::Delete(key.id.clone())));
    actions
}

/// What an operator's command does to one algorithm's line of keys.
pub fn rotate(
    keys: &[SigningKeyRecord],
    algorithm: SigningAlgorithm,
    urgency: Urgency,
    policy: &KeyPolicy<'_>,
    now: Timestamp,
) -> Vec<KeyAction> {
    let signs = keys.iter().any(|key| key.algorithm == algorithm && is_signing(key, policy, now));
    let signs_from = match urgency {
        // Nobody is signed for meanwhile.
        _ if !signs => now,
        Urgency::Planned => now + policy.publish_before,
        Urgency::Emergency => now + TAKE_UP,
    };
    let made = KeyAction::Generate { algorithm, signs_from };
    // A key that waits may have leaked with the one that signs.
    let leaked = keys.iter().filter(|key| {
        urgency == Urgency::Emergency && key.algorithm == algorithm && key.retired_at.is_none()
    });
    [made].into_iter().chain(leaked.map(|key| KeyAction::Retire(key.id.clone(), signs_from))).collect()
}

/// The key that signs with `algorithm` at `now`: the youngest that may. When the clock was put back, or is behind that of the node that
/// made the first key, none may yet; then it is the one that has waited longest, and no new one that nobody has heard of.
pub fn signing<'a>(
    keys: &'a [SigningKeyRecord],
    algorithm: SigningAlgorithm,
    policy: &KeyPolicy<'_>,
    now: Timestamp,
) -> Option<&'a SigningKeyRecord> {
    let line = || keys.iter().filter(|key| key.algorithm == algorithm);
    line()
        .filter(|key| is_signing(key, policy, now))
        .max_by_key(|key| (key.signs_from, key.created_at, Reverse(key.id.clone())))
        .or_else(|| {
            line()
                .filter(|key| key.state(now, policy.longest_token) == KeyState::Published)
                .min_by_key(|key| (key.signs_from, key.created_at, key.id.clone()))
        })
}

fn successor_due(
    keys: &[SigningKeyRecord],
    algorithm: SigningAlgorithm,
    policy: &KeyPolicy<'_>,
    now: Timestamp,
) -> Option<KeyAction> {
    // The first key has nobody to wait for: without it nothing can be signed at all.
    let Some(current) = signing(keys, algorithm, policy, now) else {
        return Some(KeyAction::Generate { algorithm, signs_from: now });
    };
    let waits = keys
        .iter()
        .any(|key| key.algorithm == algorithm && key.state(now, policy.longest_token) == KeyState::Published);
    let takes_over = current.signs_from + policy.rotate_every;
    (!waits && takes_over <= now + policy.publish_before)
        .then(|| KeyAction::Generate { algorithm, signs_from: takes_over.max(now + policy.publish_before) })
}

fn is_signing(key: &SigningKeyRecord, policy: &KeyPolicy<'_>, now: Timestamp) -> bool {
    key.state(now, policy.longest_token) == KeyState::Signing
}

fn is_youngest(
    key: &SigningKeyRecord,
    keys: &[SigningKeyRecord],
    policy: &KeyPolicy<'_>,
    now: Timestamp,
) -> bool {
    signing(keys, key.algorithm, policy, now).is_some_and(|youngest| youngest.id == key.id)
}

//! The master key, whether it opens what is sealed, and the signing keys with their ages.

use super::facts::{MasterKeyFacts, Sealed, SigningKeyFacts};
use super::finding::{Finding, Group, Level};
use crate::admin::keys::ListedKey;
use crate::admin::words;
use crate::time::Timestamp;

/// What was found about the master key.
pub fn master(facts: &MasterKeyFacts) -> Finding {
    let finding = |level, found: String| Finding::new(Group::Keys, level, "master key", found);
    match facts {
        MasterKeyFacts::Unreadable(why) => finding(Level::Problem, why.clone())
            .with_advice("give the key that the bridge was started with the last time; without it what is sealed is lost"),
        MasterKeyFacts::Missing { file, sealed: Sealed::Under(expected) } => {
            finding(Level::Problem, format!("{file} is not there, but the database is sealed under the key {expected}"))
                .with_advice("put that key back; a new one opens nothing")
        }
        MasterKeyFacts::Missing { file, sealed: Sealed::Nothing } => finding(
            Level::Note,
            format!("{file} is not there yet, and nothing is sealed; `passerelle serve` makes it"),
        ),
        MasterKeyFacts::Missing { file, sealed: Sealed::NotKnown } => finding(
            Level::Note,
            format!("{file} is not there; whether anything is sealed could not be looked at"),
        ),
        MasterKeyFacts::There { fingerprint, sealed: Sealed::Under(expected) } if fingerprint == expected => {
            finding(Level::Ok, format!("the one that the database is sealed under (fingerprint {fingerprint})"))
        }
        MasterKeyFacts::There { fingerprint, sealed: Sealed::Under(expected) } => finding(
            Level::Problem,
            format!("another one (fingerprint {fingerprint}) than the database is sealed under ({expected})"),
        )
        .with_advice("give the key with that fingerprint, or the database that belongs to this key; the bridge does not start"),
        MasterKeyFacts::There { fingerprint, sealed: Sealed::Nothing } => {
            finding(Level::Ok, format!("readable (fingerprint {fingerprint}); nothing is sealed yet"))
        }
        MasterKeyFacts::There { fingerprint, sealed: Sealed::NotKnown } => finding(
            Level::Note,
            format!("readable (fingerprint {fingerprint}); not compared, since the database could not be asked"),
        ),
    }
}

/// What was found about the signing keys.
pub fn signing(facts: &SigningKeyFacts, now: Timestamp) -> Vec<Finding> {
    let finding = |level, found: String| Finding::new(Group::Keys, level, "signing keys", found);
    let Some(listed) = &facts.listed else {
        return vec![finding(
            Level::Note,
            "not looked at: that needs the database, up to date, and the master key".to_owned(),
        )];
    };
    if listed.is_empty() {
        return vec![finding(Level::Note, "none yet; `passerelle serve` makes them".to_owned())];
    }
    let mut findings: Vec<Finding> =
        facts.needed.iter().map(|algorithm| of_algorithm(algorithm, listed, facts, now)).collect();
    findings.extend(facts.opened.as_ref().map(|opened| {
        match opened {
            Ok(()) => finding(Level::Ok, "the master key opens all of them".to_owned()),
            Err(why) => finding(Level::Problem, why.clone())
                .with_advice("give the master key that they were sealed under, or restore the database"),
        }
    }));
    findings
}

fn of_algorithm(algorithm: &str, listed: &[ListedKey], facts: &SigningKeyFacts, now: Timestamp) -> Finding {
    let looked_at = format!("signing key {algorithm}");
    let of = |state: &'static str| {
        listed.iter().filter(move |key| key.algorithm.as_str() == algorithm && key.state == state)
    };
    let Some(active) = of("signing").max_by_key(|key| key.signs_from) else {
        return Finding::new(Group::Keys, Level::Note, looked_at, "none signs; `passerelle serve` makes one");
    };
    let age = now.since(active.signs_from);
    let waiting = of("published").min_by_key(|key| key.signs_from);
    let overdue = waiting.is_none() && age >= facts.rotate_every;
    let next = match waiting {
        Some(next) => format!("{} follows in {}", next.id, words::coarse(next.signs_from.since(now))),
        None if age < facts.rotate_every => {
            let rest = facts.rotate_every.saturating_sub(age);
            format!("the next one is due in {}", words::coarse(rest))
        }
        None => "the next one is overdue".to_owned(),
    };
    let found = format!("{} has signed for {}; {next}", active.id, words::coarse(age));
    if overdue {
        Finding::new(Group::Keys, Level::Warning, looked_at, found)
            .with_advice("a bridge that runs replaces it by itself; `passerelle keys rotate` does it now")
    } else {
        Finding::new(Group::Keys, Level::Ok, looked_at, found)
    }
}

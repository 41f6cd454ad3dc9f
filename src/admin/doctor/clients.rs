//! The applications: their addresses, and how long people stay signed in at them.

use std::time::Duration;

use super::facts::{AddressFacts, AddressKind, ClientFacts, Reached};
use super::finding::{Finding, Group, Level};
use super::issuer::reason;
use crate::admin::lifetimes::ClientLifetimes;
use crate::admin::words;

/// What was found about one of them. An issuer on this machine is somebody's trial, where apps may be on it too.
pub fn findings(facts: &ClientFacts, issuer_is_loopback: bool) -> Vec<Finding> {
    let addresses = facts.addresses.iter().map(|address| of_address(facts, address, issuer_is_loopback));
    addresses.chain([of_lifetimes(facts, &facts.lifetimes)]).collect()
}

fn of_address(facts: &ClientFacts, address: &AddressFacts, issuer_is_loopback: bool) -> Finding {
    let looked_at = format!("{} {} {}", facts.id, address.key, address.uri);
    let finding = |level, found: &str| Finding::new(Group::Clients, level, &looked_at, found);
    match (address.kind, &address.reached) {
        (AddressKind::PrivateUse, _) => finding(Level::Ok, "a native app's own scheme; nothing to reach"),
        (AddressKind::Web { https: false, .. }, _) => finding(Level::Problem, "http to another machine")
            .with_advice("use https: codes and tokens would travel in the clear"),
        (AddressKind::Web { resolves: false, .. }, _) => {
            finding(Level::Warning, "the name does not resolve on this machine")
                .with_advice("correct it, unless only people's browsers know the name")
        }
        (_, Some(reached)) => called(&looked_at, reached),
        (AddressKind::Web { .. }, None) => finding(Level::Ok, "https, and the name resolves"),
        (AddressKind::Loopback, None) if issuer_is_loopback || facts.is_public => {
            finding(Level::Ok, "on the device itself")
        }
        (AddressKind::Loopback, None) => {
            finding(Level::Warning, "on this machine, while the issuer is for everybody")
                .with_advice("remove it when this is no trial; a native app is a public client")
        }
    }
}

/// An address that is called without anybody's doing.
fn called(looked_at: &str, reached: &Reached) -> Finding {
    let finding = |level, found: String| Finding::new(Group::Clients, level, looked_at, found);
    match reached {
        Reached::Not(why) => finding(Level::Warning, reason(why).to_owned()).with_advice(
            "see that the app runs and can be reached from here; until then it hears of no sign-out",
        ),
        Reached::Answered(answer) if matches!(answer.status, 404 | 410 | 500..) => finding(
            Level::Warning,
            format!("reachable, but answers a plain GET with status {}", answer.status),
        )
        .with_advice("see that the path is right; a sign-out is told there"),
        Reached::Answered(answer) => finding(Level::Ok, format!("reachable (status {})", answer.status)),
    }
}

fn of_lifetimes(facts: &ClientFacts, lifetimes: &ClientLifetimes) -> Finding {
    let looked_at = format!("{} lifetimes", facts.id);
    if lifetimes.cases.is_empty() {
        return Finding::new(
            Group::Clients,
            Level::Ok,
            looked_at,
            "it speaks for itself and signs nobody in",
        );
    }
    let cases = lifetimes.cases.iter().map(|case| {
        let span = |seconds| words::span(Duration::from_secs(seconds));
        format!(
            "{}: {} left alone ({}), {} used all the time ({})",
            case.when.words(),
            span(case.unused.seconds),
            case.unused.bites,
            span(case.used.seconds),
            case.used.bites
        )
    });
    let found = cases.collect::<Vec<_>>().join("; ");
    if lifetimes.cases.iter().all(|case| case.dismissal_seconds.is_some()) {
        return Finding::new(Group::Clients, Level::Ok, looked_at, found);
    }
    Finding::new(Group::Clients, Level::Note, looked_at, found).with_advice(format!(
        "nobody notices here when somebody is dismissed at the legacy system; `passerelle explain lifetimes --client {}` says more",
        facts.id
    ))
}

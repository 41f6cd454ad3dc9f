//! The old system: whether it answers, and how fast.

use std::time::Duration;

use super::facts::{Answer, LegacyFacts, Reached, Timing, Unreachable};
use super::finding::{Finding, Group, Level};
use super::issuer::reason;
use crate::admin::words;

/// What was found.
pub fn findings(facts: &LegacyFacts) -> Vec<Finding> {
    let looked_at = format!("{} ({})", facts.base_url, facts.id);
    let answers: Vec<&Answer> = facts
        .tries
        .iter()
        .filter_map(|reached| match reached {
            Reached::Answered(answer) => Some(answer.as_ref()),
            Reached::Not(_) => None,
        })
        .collect();
    let refused = facts.tries.iter().find_map(|reached| match reached {
        Reached::Answered(_) => None,
        Reached::Not(why) => Some(why),
    });
    let finding = |level, found: String| Finding::new(Group::Legacy, level, &looked_at, found);
    let Some(timing) = median(&answers) else {
        let why = refused.map_or("not looked at", reason);
        return vec![finding(Level::Problem, why.to_owned()).with_advice(advice(refused))];
    };
    let found = format!(
        "name {}, connection {}, first byte {} (the middle of {} tries)",
        words::millis(timing.resolved),
        words::millis(timing.connected),
        words::millis(timing.answered),
        answers.len()
    );
    // A sign-in is several calls, each of which takes about as long.
    let slow = timing.answered * 3 > facts.timeout;
    let mut findings = vec![match slow {
        false => finding(Level::Ok, found),
        true => finding(Level::Warning, found).with_advice(format!(
            "three such calls are longer than legacy.timeout, {}: find out why it is slow, or allow more",
            words::span(facts.timeout)
        )),
    }];
    if let Some(why) = refused {
        let found = format!(
            "{} of {} tries failed: {}",
            facts.tries.len() - answers.len(),
            facts.tries.len(),
            reason(why)
        );
        findings.push(
            finding(Level::Warning, found)
                .with_advice("look at what stands between: it answers only sometimes"),
        );
    }
    let broken = answers.iter().find(|answer| answer.status >= 500);
    findings.extend(broken.map(|answer| {
        finding(Level::Warning, format!("its first page answers with status {}", answer.status))
            .with_advice("it may still take passwords; `passerelle check` does not tell, a sign-in does")
    }));
    findings
}

fn advice(why: Option<&Unreachable>) -> &'static str {
    match why {
        Some(Unreachable::NoSuchName) => "correct legacy.base_url, or this machine's DNS",
        Some(Unreachable::Untrusted(..)) => "see TLS above; no password is sent there",
        Some(Unreachable::NoHttp) => "correct the scheme and the port of legacy.base_url",
        Some(Unreachable::Refused | Unreachable::NoWay | Unreachable::TimedOut) | None => {
            "see that it runs and that this machine may reach it; nobody can sign in meanwhile"
        }
    }
}

/// Of each step the time in the middle.
fn median(answers: &[&Answer]) -> Option<Timing> {
    let middle = |step: fn(&Timing) -> Duration| {
        let mut spans: Vec<Duration> = answers.iter().map(|answer| step(&answer.timing)).collect();
        spans.sort_unstable();
        spans.get(spans.len() / 2).copied()
    };
    Some(Timing {
        resolved: middle(|timing| timing.resolved)?,
        connected: middle(|timing| timing.connected)?,
        answered: middle(|timing| timing.answered)?,
    })
}

//! The bridge as the world sees it: whether the issuer's URL leads to a bridge, and to this one.

use std::collections::BTreeSet;

use serde_json::Value;

use super::facts::{Answer, IssuerFacts, Reached, Unreachable};
use super::finding::{Finding, Group, Level};
use crate::admin::words;

/// What was found. `published` are the ids of our keys, where the database could be asked.
pub fn findings(facts: &IssuerFacts, published: Option<&BTreeSet<&str>>) -> Vec<Finding> {
    let discovery_url = format!("{}/.well-known/openid-configuration", facts.issuer);
    let answer = match &facts.discovery {
        Reached::Answered(answer) => answer,
        Reached::Not(why) => return vec![unreached(facts, &discovery_url, why)],
    };
    let named = match discovered(facts, answer) {
        Ok(named) => named,
        Err(wrong) => return vec![told(Level::Problem, &discovery_url, wrong)],
    };
    let found = format!("it is there, and names this issuer ({})", words::millis(answer.timing.answered));
    let mut findings = vec![Finding::new(Group::Issuer, Level::Ok, &discovery_url, found)];
    findings.extend(facts.jwks.as_ref().map(|jwks| key_set(&named, jwks, published)));
    findings
}

/// Found, and what to do about it.
type Wrong = (String, &'static str);

fn told(level: Level, looked_at: &str, (found, advice): Wrong) -> Finding {
    Finding::new(Group::Issuer, level, looked_at, found).with_advice(advice)
}

/// Where the document has its keys.
fn discovered(facts: &IssuerFacts, answer: &Answer) -> Result<String, Wrong> {
    let elsewhere = "let the proxy pass everything below the issuer's path to server.listen, unchanged";
    if answer.status != 200 {
        return Err((
            format!("answered with status {}, not with a discovery document", answer.status),
            elsewhere,
        ));
    }
    let document = answer.json.as_ref();
    let text = |name| document.and_then(|document| document.get(name)).and_then(Value::as_str);
    match text("issuer") {
        None => Err(("answered, but not with a discovery document".to_owned(), elsewhere)),
        // OpenID Connect Discovery §4.3: it must be exactly equal.
        Some(other) if other != facts.issuer => Err((
            format!("the document there names another issuer, {other}"),
            "correct server.issuer, or what the URL leads to; apps compare the two character by character",
        )),
        Some(_) => text("jwks_uri")
            .map(str::to_owned)
            .ok_or_else(|| ("the document there names no jwks_uri".to_owned(), elsewhere)),
    }
}

fn unreached(facts: &IssuerFacts, looked_at: &str, why: &Unreachable) -> Finding {
    if let Unreachable::Untrusted(..) = why {
        return told(
            Level::Problem,
            looked_at,
            (
                "not looked at: its certificate is not taken".to_owned(),
                "see TLS below; apps refuse it as well",
            ),
        );
    }
    let why = reason(why);
    if facts.listening {
        let advice = "lead the name and the port of server.issuer to it, by DNS and the proxy";
        let found = format!("{why}, although somebody listens at {}", facts.listen);
        return told(Level::Problem, looked_at, (found, advice));
    }
    let found = format!(
        "not looked at: {why}; nobody listens at {} either, so the bridge does not seem to run here",
        facts.listen
    );
    told(Level::Warning, looked_at, (found, "start it with `passerelle serve`, then run this again"))
}

fn key_set(url: &str, reached: &Reached, published: Option<&BTreeSet<&str>>) -> Finding {
    let answer = match reached {
        Reached::Answered(answer) => answer,
        Reached::Not(why) => {
            let advice = "apps verify nothing without it: let the proxy pass it on";
            return told(Level::Problem, url, (reason(why).to_owned(), advice));
        }
    };
    let keys = answer.json.as_ref().and_then(|json| json.get("keys")).and_then(Value::as_array);
    let Some(keys) = keys.filter(|_| answer.status == 200) else {
        let found = format!("answered with status {}, without a key set", answer.status);
        return told(
            Level::Problem,
            url,
            (found, "apps verify nothing without it: let the proxy pass it on"),
        );
    };
    let served: BTreeSet<&str> =
        keys.iter().filter_map(|key| key.get("kid")).filter_map(Value::as_str).collect();
    let count = words::count_of(u64::try_from(served.len()).unwrap_or(u64::MAX), "key");
    let Some(published) = published else {
        let found = format!("{count}; not compared, since our own keys could not be read");
        return Finding::new(Group::Issuer, Level::Note, url, found);
    };
    if served == *published {
        return Finding::new(Group::Issuer, Level::Ok, url, format!("{count}, the same as in the database"));
    }
    if served.is_disjoint(published) {
        let found = format!("{count}, none of which is in this database: another bridge answers there");
        return told(
            Level::Problem,
            url,
            (
                found,
                "use the configuration of the bridge that runs, or correct what the issuer's URL leads to",
            ),
        );
    }
    let missing: Vec<&str> = published.difference(&served).copied().collect();
    let found = match missing.as_slice() {
        [] => format!("{count}, of which some are not in the database any more"),
        missing => format!("{count}; not there: {}", missing.join(", ")),
    };
    told(
        Level::Warning,
        url,
        (found, "a bridge takes up new keys within a minute, a cache within ten; look again then"),
    )
}

/// Why there is no answer, in words.
pub fn reason(why: &Unreachable) -> &'static str {
    match why {
        Unreachable::NoSuchName => "the name does not resolve on this machine",
        Unreachable::Refused => "nobody listens there",
        Unreachable::NoWay => "there is no way there from this machine",
        Unreachable::TimedOut => "no answer in time",
        Unreachable::Untrusted(..) => "its certificate is not taken",
        Unreachable::NoHttp => "what listens there does not answer as a web server would",
    }
}

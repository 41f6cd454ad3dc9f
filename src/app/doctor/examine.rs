//! The whole examination, in the order of the report.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::task::JoinSet;
use url::Url;

use super::addresses;
use super::looking::{Looking, listens};
use super::records::records;
use crate::admin::doctor::facts::{
    ClientFacts, IssuerFacts, LegacyFacts, OwnCertificate, OwnCertificateFacts, Reached, Way,
};
use crate::admin::doctor::finding::{Finding, Group, Level};
use crate::admin::doctor::report::Report;
use crate::admin::doctor::{
    certificate, clients, clock as clocks, configuration, database, issuer, keys, legacy,
};
use crate::admin::lifetimes::explain;
use crate::app::blueprint::Blueprint;
use crate::app::lifetimes::{Told, client_facts, legacy_side};
use crate::config::findings::Findings;
use crate::config::loopback::loopback;
use crate::config::server::{Server, Tls};
use crate::keys::certificate::Certificate;
use crate::legacy::description::Description;
use crate::time::{Clock, Timestamp};
use crate::web::routes::OPENID_CONFIGURATION;

/// How often the old system is asked.
const TRIES: usize = 5;

/// Examines what `read` leads to; `file` is what the configuration is called.
///
/// # Errors
/// When no HTTP client can be made.
pub async fn examine(
    file: &str,
    read: Result<&Blueprint, &Findings>,
    clock: &Clock,
) -> Result<Report, reqwest::Error> {
    let blueprint = match read {
        Ok(blueprint) => blueprint,
        Err(found) => return Ok(Report::of(configuration::unusable(file, found))),
    };
    let looking = Looking::new(clock.clone())?;
    let now = clock.now();
    let settings = &blueprint.settings;
    let mut findings = configuration::usable(file, &blueprint.warnings);

    let records = records(blueprint, now).await;
    findings.extend(database::findings(&records.database));
    findings.push(keys::master(&records.master_key));
    findings.extend(keys::signing(&records.signing_keys, now));

    let seen = issuer_facts(&settings.server, &looking).await;
    findings.extend(issuer::findings(&seen, records.signing_keys.published().as_ref()));
    findings.push(certificate::shown(&seen.issuer, way(&seen.issuer), &seen.discovery, now));
    findings.push(clocks::compared("the issuer", &seen.discovery, Level::Problem));
    if let Some(tls) = &settings.server.tls {
        findings.extend(certificate::own(&own_certificate(tls, &seen.issuer), now));
    }

    for legacy in blueprint.legacies() {
        findings.extend(legacy_findings(legacy, &looking.to(legacy)?, now).await);
    }

    findings.push(mail());
    for facts in clients_facts(blueprint, &looking).await {
        findings.extend(clients::findings(&facts, settings.server.issuer.is_loopback()));
    }
    Ok(Report::of(findings))
}

/// The bridge writes no letters.
fn mail() -> Finding {
    Finding::new(
        Group::Mail,
        Level::Ok,
        "mail",
        "none is configured, and none is needed: the bridge writes no letters",
    )
}

async fn issuer_facts(server: &Server, looking: &Looking) -> IssuerFacts {
    let issuer = server.issuer.as_str();
    let discovery = looking.at(&format!("{issuer}{OPENID_CONFIGURATION}")).await;
    let jwks_uri = match &discovery {
        Reached::Answered(answer) => {
            answer.json.as_ref().and_then(|json| json.get("jwks_uri")?.as_str()).map(str::to_owned)
        }
        Reached::Not(_) => None,
    };
    let jwks = match jwks_uri {
        Some(uri) => Some(looking.at(&uri).await),
        None => None,
    };
    IssuerFacts {
        issuer: issuer.to_owned(),
        discovery,
        jwks,
        listen: server.listen.to_string(),
        listening: listens(on_this_machine(server.listen)).await,
    }
}

/// Where somebody on this machine reaches whoever listens everywhere.
fn on_this_machine(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn own_certificate(tls: &Tls, issuer: &str) -> OwnCertificateFacts {
    let host = Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let read = Certificate::read_file(&tls.certificate).and_then(|certificate| {
        Ok(OwnCertificate {
            key_fits: certificate.belongs_to(&tls.key)?,
            name_fits: certificate.is_for(host.trim_start_matches('[').trim_end_matches(']')),
            certificate,
        })
    });
    OwnCertificateFacts {
        file: tls.certificate.display().to_string(),
        host,
        read: read.map_err(|error| error.to_string()),
    }
}

async fn legacy_findings(legacy: &Description, looking: &Looking, now: Timestamp) -> Vec<Finding> {
    let old = legacy_facts(legacy, looking).await;
    let mut findings = legacy::findings(&old);
    let answered = old.tries.iter().find(|reached| matches!(reached, Reached::Answered(_)));
    if let Some(first) = answered.or(old.tries.first()) {
        let looked_at = format!("{} ({})", old.base_url, old.id);
        findings.push(certificate::shown(&looked_at, way(&old.base_url), first, now));
        findings.push(clocks::compared(&old.id, first, Level::Warning));
    }
    findings
}

async fn legacy_facts(legacy: &Description, looking: &Looking) -> LegacyFacts {
    let base_url = without_secrets(&legacy.base_url);
    let mut tries = Vec::new();
    for _ in 0..TRIES {
        let reached = looking.at(&base_url).await;
        let in_vain = matches!(reached, Reached::Not(_)) && tries.is_empty();
        tries.push(reached);
        // Whoever is not there at all is not there five times either.
        if in_vain {
            break;
        }
    }
    LegacyFacts { id: legacy.id.to_string(), base_url, timeout: legacy.timeout, tries }
}

fn way(url: &str) -> Way {
    match Url::parse(url) {
        Ok(url) if url.scheme() == "https" => Way::Encrypted,
        Ok(url) if loopback(&url).is_some() => Way::OnThisMachine,
        _ => Way::InTheClear,
    }
}

/// An address as it may be shown, and called: whatever else stands in it is for a sign-in.
fn without_secrets(url: &str) -> String {
    let Ok(parsed) = Url::parse(url) else { return url.to_owned() };
    let port = parsed.port().map_or_else(String::new, |port| format!(":{port}"));
    let path = parsed.path().trim_end_matches('/');
    format!("{}://{}{port}{path}", parsed.scheme(), parsed.host_str().unwrap_or_default())
}

/// Every client's facts, in the order of their ids; they are looked up at the same time.
async fn clients_facts(blueprint: &Blueprint, looking: &Looking) -> Vec<ClientFacts> {
    let lifetimes = explain(&client_facts(blueprint), &legacy_side(&blueprint.legacy, Told::default()));
    let mut under_way = JoinSet::new();
    for (index, (client, lifetimes)) in blueprint.registry.clients().zip(lifetimes.clients).enumerate() {
        let (client, looking) = (client.clone(), looking.clone());
        under_way.spawn(async move { (index, addresses::client_facts(&client, lifetimes, &looking).await) });
    }
    let mut facts = under_way.join_all().await;
    facts.sort_by_key(|(index, _)| *index);
    facts.into_iter().map(|(_, facts)| facts).collect()
}

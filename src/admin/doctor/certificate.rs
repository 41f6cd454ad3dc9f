//! Certificates: of the issuer and the legacy system as they are shown, and the bridge's own file.

use super::facts::{Distrust, OwnCertificateFacts, Reached, Unreachable, Way};
use super::finding::{Finding, Group, Level};
use crate::admin::words;
use crate::keys::certificate::Certificate;
use crate::time::Timestamp;

/// Whoever renews by hand needs about this long.
const SOON: std::time::Duration = std::time::Duration::from_hours(21 * 24);

/// The certificate that was met where `looked_at` says.
pub fn shown(looked_at: &str, way: Way, reached: &Reached, now: Timestamp) -> Finding {
    let finding = |level, found: &str| Finding::new(Group::Tls, level, looked_at, found);
    match (way, reached) {
        (Way::OnThisMachine, _) => {
            finding(Level::Note, "plain http on this machine, so there is no certificate")
        }
        (Way::InTheClear, _) => {
            finding(Level::Warning, "plain http to another machine: passwords travel in the clear")
                .with_advice("use https")
        }
        (Way::Encrypted, Reached::Answered(answer)) => match &answer.certificate {
            Some(certificate) => {
                expiry(certificate, looked_at, now, "renew it where TLS ends (the proxy, or [server.tls])")
            }
            None => finding(Level::Note, "not looked at: it could not be read"),
        },
        (Way::Encrypted, Reached::Not(Unreachable::Untrusted(why, certificate))) => {
            refused(looked_at, *why, certificate.as_deref(), now)
        }
        (Way::Encrypted, Reached::Not(_)) => {
            finding(Level::Note, "its certificate was not looked at: there was no answer")
        }
    }
}

/// The bridge's own certificate file.
pub fn own(facts: &OwnCertificateFacts, now: Timestamp) -> Vec<Finding> {
    let looked_at = format!("server.tls.certificate {}", facts.file);
    let problem = |found: String, advice: &str| {
        Finding::new(Group::Tls, Level::Problem, &looked_at, found).with_advice(advice)
    };
    let own = match &facts.read {
        Ok(own) => own,
        Err(why) => return vec![problem(why.clone(), "name PEM files that the bridge can read")],
    };
    let mut findings = vec![expiry(
        &own.certificate,
        &looked_at,
        now,
        "renew it, and restart the bridge: it reads the file when it starts",
    )];
    if !own.name_fits {
        findings.push(problem(
            format!("it is for {}, not for {}", names(&own.certificate), facts.host),
            "order one for the host of server.issuer; browsers refuse this one",
        ));
    }
    if !own.key_fits {
        findings.push(problem(
            "server.tls.key is not its private key".to_owned(),
            "name the key that the certificate was ordered with; the bridge does not start with this pair",
        ));
    }
    findings
}

fn expiry(certificate: &Certificate, looked_at: &str, now: Timestamp, advice: &str) -> Finding {
    let about = format!("for {}, issued by {}", names(certificate), certificate.issued_by);
    if certificate.not_after <= now {
        let ago = words::coarse(now.since(certificate.not_after));
        return Finding::new(Group::Tls, Level::Problem, looked_at, format!("expired {ago} ago ({about})"))
            .with_advice(advice);
    }
    if certificate.not_before > now {
        let ahead = words::coarse(certificate.not_before.since(now));
        return Finding::new(
            Group::Tls,
            Level::Problem,
            looked_at,
            format!("not valid for {ahead} yet ({about})"),
        )
        .with_advice("check this machine's clock, or wait");
    }
    let left = certificate.not_after.since(now);
    let found = format!("valid for {} ({about})", words::coarse(left));
    if left < SOON {
        Finding::new(Group::Tls, Level::Warning, looked_at, found).with_advice(advice)
    } else {
        Finding::new(Group::Tls, Level::Ok, looked_at, found)
    }
}

fn refused(looked_at: &str, why: Distrust, certificate: Option<&Certificate>, now: Timestamp) -> Finding {
    let about = certificate.map_or_else(String::new, |certificate| {
        format!(" (it is for {}, issued by {})", names(certificate), certificate.issued_by)
    });
    let (found, advice) = match why {
        Distrust::Expired => {
            let ago = certificate.map(|certificate| now.since(certificate.not_after));
            let ago = ago.map_or_else(String::new, |ago| format!(" {} ago", words::coarse(ago)));
            (format!("the certificate expired{ago}"), "renew it where TLS ends")
        }
        Distrust::NotYetValid => {
            ("the certificate is not valid yet".to_owned(), "check this machine's clock, or wait")
        }
        Distrust::OtherName => {
            ("the certificate is for another name".to_owned(), "order one for this host, or correct the URL")
        }
        Distrust::UnknownIssuer => (
            "nobody whom this machine trusts issued the certificate".to_owned(),
            "serve the whole chain; a private CA has to be among the machine's roots",
        ),
        Distrust::Otherwise => (
            "the certificate is not taken".to_owned(),
            "look at it with `openssl s_client -connect host:port -showcerts`",
        ),
    };
    Finding::new(Group::Tls, Level::Problem, looked_at, format!("{found}{about}")).with_advice(advice)
}

fn names(certificate: &Certificate) -> String {
    if certificate.names.is_empty() { "no name".to_owned() } else { certificate.names.join(", ") }
}

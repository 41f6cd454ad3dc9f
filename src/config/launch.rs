//! `[[launch]]`: targets that a link at the legacy site may start. The link names one; no address comes from it.

use serde::Deserialize;
use url::Url;

use super::client::Client;
use super::findings::Findings;
use super::reading::{element, key};
use crate::id::ClientId;

/// A checked element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// What the link names.
    pub name: String,
    /// Where it leads.
    pub target: Target,
}

/// Where a launch leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// To an app, which begins a sign-in.
    Client {
        /// The app.
        client: ClientId,
        /// Where in it.
        target_link_uri: Option<String>,
    },
    /// To an address.
    Url(String),
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    name: Option<String>,
    client: Option<String>,
    target_link_uri: Option<String>,
    url: Option<String>,
}

pub(super) fn check(written: Vec<Raw>, clients: &[Client], findings: &mut Findings) -> Vec<Launch> {
    let mut launches: Vec<Launch> = Vec::new();
    for (index, raw) in written.into_iter().enumerate() {
        let at = element("launch", index, raw.name.as_deref());
        if let Some(launch) = raw.check(&at, clients, findings) {
            if launches.iter().any(|known| known.name == launch.name) {
                findings.problem(key(&at, "name"), "there is a launch of this name already");
            }
            launches.push(launch);
        }
    }
    launches
}

impl Raw {
    fn check(self, at: &str, clients: &[Client], findings: &mut Findings) -> Option<Launch> {
        let name = self.name.unwrap_or_default();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        {
            findings.missing(
                key(at, "name"),
                "letters, digits, `-` and `_`: the last part of the link, as in /launch/shop",
            );
        }
        let target = match (self.client, self.url) {
            (Some(id), None) => {
                let client = clients.iter().find(|client| client.id.as_str() == id);
                match client {
                    None => findings.problem(key(at, "client"), "no [[client]] has this id"),
                    Some(client) if client.initiate_login_uri.is_none() => findings.problem(
                        key(at, "client"),
                        "this client has no initiate_login_uri, where a sign-in that others start begins",
                    ),
                    Some(_) => {}
                }
                web_uri(self.target_link_uri.as_deref(), &key(at, "target_link_uri"), findings);
                Target::Client { client: ClientId::from(id), target_link_uri: self.target_link_uri }
            }
            (None, Some(url)) => {
                web_uri(Some(&url), &key(at, "url"), findings);
                if self.target_link_uri.is_some() {
                    findings
                        .problem(key(at, "target_link_uri"), "belongs to `client`; `url` leads there itself");
                }
                Target::Url(url)
            }
            _ => {
                findings.missing(at, "one of `client` and `url` says where it leads");
                return None;
            }
        };
        Some(Launch { name, target })
    }
}

fn web_uri(text: Option<&str>, at: &str, findings: &mut Findings) {
    let fits = |text: &str| {
        Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    };
    if text.is_some_and(|text| !fits(text)) {
        findings.problem(at, "not an absolute http or https URL");
    }
}

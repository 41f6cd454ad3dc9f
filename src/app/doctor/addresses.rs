//! The addresses of an application: whether they can be found, and whether those answer that are called without anybody's doing.

use url::{Host, Url};

use super::looking::{Looking, resolves};
use crate::admin::doctor::facts::{AddressFacts, AddressKind, ClientFacts};
use crate::admin::lifetimes::ClientLifetimes;
use crate::config::loopback::loopback;
use crate::model::client::Client;

/// Whether an address is called, or only sent to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Called,
    SentTo,
}

/// What can be known of `client`.
pub(super) async fn client_facts(
    client: &Client,
    lifetimes: ClientLifetimes,
    looking: &Looking,
) -> ClientFacts {
    let mut addresses = Vec::new();
    for (key, uri, used) in written(client) {
        addresses.push(address(key, uri, used, looking).await);
    }
    ClientFacts { id: client.id.clone(), is_public: client.is_public(), addresses, lifetimes }
}

fn written(client: &Client) -> Vec<(&'static str, &str, Use)> {
    let redirects = client.redirect_uris.iter().map(|uri| ("redirect_uris", uri, Use::SentTo));
    let after = client.post_logout_redirect_uris.iter();
    let after = after.map(|uri| ("post_logout_redirect_uris", uri, Use::SentTo));
    let back = client.backchannel_logout_uri.iter().map(|uri| ("backchannel_logout_uri", uri, Use::Called));
    let front =
        client.frontchannel_logout_uri.iter().map(|uri| ("frontchannel_logout_uri", uri, Use::Called));
    let start = client.initiate_login_uri.iter().map(|uri| ("initiate_login_uri", uri, Use::SentTo));
    let all = redirects.chain(after).chain(back).chain(front).chain(start);
    all.map(|(key, uri, used)| (key, uri.as_str(), used)).collect()
}

async fn address(key: &'static str, uri: &str, used: Use, looking: &Looking) -> AddressFacts {
    let kind = kind(uri).await;
    let can_be_called = matches!(kind, AddressKind::Web { resolves: true, .. } | AddressKind::Loopback);
    let reached = if used == Use::Called && can_be_called { Some(looking.at(uri).await) } else { None };
    AddressFacts { key, uri: uri.to_owned(), kind, reached }
}

async fn kind(uri: &str) -> AddressKind {
    let Some(url) = Url::parse(uri).ok().filter(|url| matches!(url.scheme(), "http" | "https")) else {
        return AddressKind::PrivateUse;
    };
    let https = url.scheme() == "https";
    match url.host() {
        _ if loopback(&url).is_some() => AddressKind::Loopback,
        Some(Host::Domain(name)) => AddressKind::Web { https, resolves: resolves(name).await },
        Some(_) => AddressKind::Web { https, resolves: true },
        None => AddressKind::Web { https, resolves: false },
    }
}

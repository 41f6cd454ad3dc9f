//! Whether an address stays on this machine.

use url::{Host, Url};

/// How sure it is that whoever answers there is on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loopback {
    /// `127.0.0.1`, `[::1]` and their like.
    Address,
    /// `localhost` and names below it, which a resolver may send elsewhere (RFC 8252 §8.3).
    Name,
}

/// Where `url` leads on this machine; `None` when it leads away from it.
pub(crate) fn loopback(url: &Url) -> Option<Loopback> {
    match url.host()? {
        Host::Ipv4(address) => address.is_loopback().then_some(Loopback::Address),
        Host::Ipv6(address) => address.is_loopback().then_some(Loopback::Address),
        Host::Domain(name) => (name == "localhost" || name.ends_with(".localhost")).then_some(Loopback::Name),
    }
}

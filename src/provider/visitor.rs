//! What a request tells of the browser that it came from.

use std::net::IpAddr;

use crate::id::SessionId;
use crate::secret::{Digest, Secret};

/// A browser.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The session that its cookie names, live or not.
    pub session: Option<SessionId>,
    /// A random value that this browser alone holds: what travels through it sealed opens for it alone.
    pub binding: Secret,
    /// `User-Agent`, cut to a length: for the person's own list of sessions, nothing is decided by it.
    pub agent: Option<String>,
    /// Where it is, as far as trusted proxies tell.
    pub address: IpAddr,
}

impl Visitor {
    /// What a sealed form of the kind `label` is bound to.
    pub(super) fn bound(&self, label: &str) -> Vec<u8> {
        [label.as_bytes(), b"\0", Digest::of(self.binding.expose()).as_bytes()].concat()
    }
}

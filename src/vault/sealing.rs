//! Legacy tokens sealed for their place: a row of the vault, or a hand-over that waits for its browser. Nothing else opens them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::Duration;
use zeroize::Zeroizing;

use crate::id::{AccountId, ConnectorId, LegacyId};
use crate::keys::seal::{Purpose, Sealer};
use crate::legacy::identity::Identity;
use crate::legacy::tokens::{Arrival, LegacyTokens};
use crate::secret::{Chance, Digest, Secret};

/// Which of the two tokens a sealed value holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Access,
    Refresh,
}

/// Where a token of the vault belongs.
fn place(account: &AccountId, legacy_client: &str, kind: Kind) -> Vec<u8> {
    let kind: &[u8] = match kind {
        Kind::Access => b"access",
        Kind::Refresh => b"refresh",
    };
    // Account ids hold no zero byte, and the kind's length is told by its word.
    [kind, b"\0", account.as_str().as_bytes(), b"\0", legacy_client.as_bytes()].concat()
}

pub(super) fn seal(
    sealer: &Sealer,
    (account, legacy_client, kind): (&AccountId, &str, Kind),
    token: &Secret,
    chance: &Chance,
) -> Vec<u8> {
    let place = place(account, legacy_client, kind);
    sealer.seal(Purpose::LegacyToken, &place, token.expose().as_bytes(), chance)
}

pub(super) fn open(
    sealer: &Sealer,
    (account, legacy_client, kind): (&AccountId, &str, Kind),
    sealed: &[u8],
) -> Option<Secret> {
    let plain = sealer.open(Purpose::LegacyToken, &place(account, legacy_client, kind), sealed).ok()?;
    std::str::from_utf8(&plain).ok().map(Secret::from)
}

/// What waits for the browser that handed it over.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Who came, with their tokens.
    pub arrival: Arrival,
    /// Whether the hand-over came from the legacy site beyond doubt.
    pub from_site: bool,
    /// `state` of the return URL, when it came along.
    pub state: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    connector: ConnectorId,
    legacy_id: LegacyId,
    user_name: String,
    claims: Map<String, Value>,
    tokens: Option<WrittenTokens>,
    from_site: bool,
    state: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct WrittenTokens {
    legacy_client: String,
    access_token: Zeroizing<String>,
    refresh_token: Option<Zeroizing<String>>,
    lifetime: Option<u64>,
}

impl Waiting {
    /// Seals it for the handle whose digest is `handle`; `None` when claims have no JSON form, which none has that came as JSON.
    pub fn seal(&self, sealer: &Sealer, handle: &Digest, chance: &Chance) -> Option<Vec<u8>> {
        let Arrival { identity, tokens } = &self.arrival;
        let copied = |token: &Secret| Zeroizing::new(token.expose().to_owned());
        let written = Written {
            connector: identity.connector.clone(),
            legacy_id: identity.legacy_id.clone(),
            user_name: identity.user_name.clone(),
            claims: identity.claims.clone(),
            tokens: tokens.as_ref().map(|tokens| WrittenTokens {
                legacy_client: tokens.legacy_client.clone(),
                access_token: copied(&tokens.access_token),
                refresh_token: tokens.refresh_token.as_ref().map(copied),
                lifetime: tokens.lifetime.map(|lifetime| lifetime.as_secs()),
            }),
            from_site: self.from_site,
            state: self.state.clone(),
        };
        let plain = Zeroizing::new(serde_json::to_vec(&written).ok()?);
        Some(sealer.seal(Purpose::LegacyToken, &handover_place(handle), &plain, chance))
    }

    /// Opens what was sealed for the same handle.
    pub fn open(sealer: &Sealer, handle: &Digest, sealed: &[u8]) -> Option<Self> {
        let plain = sealer.open(Purpose::LegacyToken, &handover_place(handle), sealed).ok()?;
        let written: Written = serde_json::from_slice(&plain).ok()?;
        let secret = |token: Zeroizing<String>| Secret::from(token.as_str());
        Some(Self {
            arrival: Arrival {
                identity: Identity {
                    connector: written.connector,
                    legacy_id: written.legacy_id,
                    user_name: written.user_name,
                    claims: written.claims,
                },
                tokens: written.tokens.map(|tokens| LegacyTokens {
                    legacy_client: tokens.legacy_client,
                    access_token: secret(tokens.access_token),
                    refresh_token: tokens.refresh_token.map(secret),
                    lifetime: tokens.lifetime.map(Duration::from_secs),
                }),
            },
            from_site: written.from_site,
            state: written.state,
        })
    }
}

fn handover_place(handle: &Digest) -> Vec<u8> {
    [b"handover\0".as_slice(), handle.as_bytes()].concat()
}

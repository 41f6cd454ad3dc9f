//! What the legacy system gave for one person: tokens, and whose they are. They live in the vault; no error and no log line shows them.

use std::time::Duration;

use super::identity::Identity;
use super::steps::Known;
use crate::secret::Secret;

/// A person's tokens of the legacy system.
#[derive(Clone, Debug)]
pub struct LegacyTokens {
    /// The `client_id` that they were given to; empty where the legacy system knows no client.
    pub legacy_client: String,
    /// For its API.
    pub access_token: Secret,
    /// For new ones.
    pub refresh_token: Option<Secret>,
    /// How long the access token can be used, as far as it was told.
    pub lifetime: Option<Duration>,
}

/// Somebody whom the legacy system let in.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Who it is.
    pub identity: Identity,
    /// What was given for them; some systems give nothing.
    pub tokens: Option<LegacyTokens>,
}

/// What a refresh gave.
#[derive(Clone)]
pub struct Refreshed {
    /// The new tokens.
    pub tokens: LegacyTokens,
    /// What is known with them, for the question whose they are.
    pub(super) known: Known,
}

/// Whose tokens a refresh gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The person's whose token was refreshed.
    Same,
    /// Somebody else's.
    Another,
    /// The person's, who is out all the same: locked, disabled, or without any use of the token.
    Out,
    /// It could not be found out.
    Unknown,
}

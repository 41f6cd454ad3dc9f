//! Who calls: what a verified access token says, whoever issued it. Made by verifiers only, after everything about the token was checked
//! except what a route asks for: its audience, and what its rules want.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::id::{AccountId, ClientId, FamilyId, SessionId};
use crate::oauth::scope::Scope;
use crate::time::Timestamp;

/// Who is behind a request, and what they were granted.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    /// Who issued the token.
    pub issuer: Issuer,
    /// `aud`: the APIs that the token is for.
    pub audiences: Vec<String>,
    /// The person at our place whose legacy tokens the vault keeps; none for a machine.
    pub account: Option<AccountId>,
    /// The legacy service account that stands for the caller instead of a person, by a rule of the configuration.
    pub service_account: Option<String>,
    /// `client_id`, or what another issuer has for it.
    pub client: ClientId,
    /// `sub` as it stands in the token.
    pub subject: String,
    /// The name that the person signs in with at the legacy system.
    pub user_name: Option<String>,
    /// What the token was granted.
    pub scope: Scope,
    /// A person's roles by their claims, or a machine's by the configuration.
    pub roles: Vec<String>,
    /// `acr`: how the person signed in.
    pub acr: Option<String>,
    /// `auth_time`: when the person signed in.
    pub auth_time: Option<Timestamp>,
    /// When the token is over.
    pub expires_at: Timestamp,
    /// What it dies with before that.
    pub bonds: Bonds,
    /// Every claim as another issuer wrote it; those of the account for a token of ours.
    pub claims: Map<String, Value>,
}

/// Who issued a token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Issuer {
    /// This bridge.
    Ours,
    /// Another identity provider: its `iss`.
    Foreign(Arc<str>),
}

/// What a token is bound to. Whoever keeps a verdict asks whether one of these has ended since. A foreign token has none of ours: it
/// lives until it expires, or until its issuer is asked again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bonds {
    /// `sid`: the login that it came from. The token may outlive it.
    pub session: Option<SessionId>,
    /// Everything issued from the same authorization: it ends as one.
    pub family: Option<FamilyId>,
    /// The token itself, which can be revoked alone: `jti`, or the digest of an opaque one as text.
    pub token: Option<String>,
}

//! An authorization: what a person (or a client for itself) allowed a client to have. Every grant ends in one, and every token is made from one.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, Audience, ClientId, SessionId};
use crate::oauth::claims::ClaimsRequest;
use crate::oauth::scope::Scope;
use crate::time::Timestamp;

/// What was allowed, to whom, by whom. Stored as JSON beside the code and the family that carry it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Authorization {
    /// The client it was given to.
    pub client: ClientId,
    /// Who gave it; none when a client acts for itself.
    pub person: Option<Authenticated>,
    /// What was granted.
    pub scope: Scope,
    /// For which APIs; never empty once the defaults are filled in, unless the client has none.
    pub audiences: Vec<Audience>,
    /// Single claims that were asked for by name.
    #[serde(default, skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
}

/// Who signed in, when and how (OpenID Connect Core §2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authenticated {
    /// The account.
    pub account: AccountId,
    /// The session in which it happened: `sid`.
    pub session: SessionId,
    /// `auth_time`.
    pub auth_time: Timestamp,
    /// `acr`.
    pub acr: String,
    /// `amr` (RFC 8176).
    pub amr: Vec<String>,
}

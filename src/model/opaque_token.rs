//! An opaque access token: a random string that means what this record says.

use crate::id::{AccountId, Audience, ClientId, FamilyId};
use crate::model::authorization::Authorization;
use crate::secret::Digest;
use crate::time::Timestamp;

/// An opaque access token as we keep it.
#[derive(Clone, Debug, PartialEq)]
pub struct OpaqueToken {
    /// SHA-256 of the token: its key.
    pub digest: Digest,
    /// What it stands for.
    pub authorization: Authorization,
    /// The family it belongs to; none when a client acts for itself.
    pub family: Option<FamilyId>,
    /// The family's generation that it was handed out with.
    pub generation: i64,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl OpaqueToken {
    /// The client that holds it.
    pub fn client(&self) -> &ClientId {
        &self.authorization.client
    }

    /// The APIs that may take it.
    pub fn audiences(&self) -> &[Audience] {
        &self.authorization.audiences
    }

    /// The person it speaks for.
    pub fn account(&self) -> Option<&AccountId> {
        self.authorization.person.as_ref().map(|person| &person.account)
    }
}
